import { Notification } from '@jupyterlab/apputils';

/** Do what the user asked for; say it when it did not work. */
export async function attempt<T>(task: () => Promise<T>): Promise<T | null> {
  try {
    return await task();
  } catch (error) {
    Notification.error((error as Error).message);
    return null;
  }
}
