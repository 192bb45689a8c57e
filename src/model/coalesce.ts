/**
 * Runs a task at most once at a time. A request that comes while it runs makes it run once more, so
 * what is shown is never older than the last request.
 */
export class Coalescer {
  constructor(task: () => Promise<void>) {
    this._task = task;
  }

  /** Ask for one more run; resolves when the state is as new as this request. */
  request(): Promise<void> {
    if (!this._running) {
      this._running = this._run().finally(() => {
        this._running = null;
      });
      return this._running;
    }
    this._again = true;
    return this._running;
  }

  private async _run(): Promise<void> {
    do {
      this._again = false;
      await this._task();
    } while (this._again);
  }

  private readonly _task: () => Promise<void>;
  private _running: Promise<void> | null = null;
  private _again = false;
}
