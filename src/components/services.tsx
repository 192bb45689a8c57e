import {
  createContext,
  useCallback,
  useContext,
  useEffect,
  useMemo,
  useState,
  useSyncExternalStore
} from 'react';
import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';
import type { ISignal } from '@lumino/signaling';
import type { IMLOps } from '../tokens';
import type { ObservableModel } from '../model/observable';
import type { SettingsModel } from '../model/settings';
import type { IStage } from '../widgets/stage';

/** What every view may use. Views hold no state that matters and never speak HTTP. */
export interface IServices {
  readonly mlops: IMLOps;
  readonly trans: TranslationBundle;
  readonly commands: CommandRegistry;
  /** Renders what was captured: nothing in it is trusted. */
  readonly rendermime: IRenderMimeRegistry;
  /** Emitted when colours change; null where the application has one theme only. */
  readonly themeChanged: ISignal<unknown, unknown> | null;
  /** Where views stand that need more room than the panel has. */
  readonly stage: IStage;
  readonly settings: SettingsModel;
  /** Fills the element with source code in the colours of the theme. */
  readonly highlight: (
    source: string,
    language: string,
    host: HTMLElement
  ) => Promise<void>;
}

const ServicesContext = createContext<IServices | null>(null);

export const ServicesProvider = ServicesContext.Provider;

/** What the host of this view gave to it. */
export function useServices(): IServices {
  const services = useContext(ServicesContext);
  if (!services) {
    throw new Error('A view of jupyterlab-mlops stands outside of its host.');
  }
  return services;
}

/** Make a model for this view, and dispose of it with the view. `key` says when another is needed. */
export function useOwned<T extends ObservableModel>(
  key: string,
  make: () => T
): T {
  // eslint-disable-next-line react-hooks/exhaustive-deps
  const model = useMemo(() => make(), [key]);
  useEffect(() => () => model.dispose(), [model]);
  return useModel(model);
}

/** Render again whenever the model changes. */
export function useModel<T extends ObservableModel>(model: T): T {
  const subscribe = useCallback(
    (listener: () => void) => {
      model.stateChanged.connect(listener);
      return () => {
        model.stateChanged.disconnect(listener);
      };
    },
    [model]
  );
  useSyncExternalStore(subscribe, () => model.revision);
  return model;
}

/** The outcome of something that is fetched. */
export interface IFetched<T> {
  readonly value: T | null;
  readonly error: string | null;
}

/** Fetch when `key` changes; keeps the old value until the new one is there. */
export function useFetched<T>(
  key: string,
  fetch: () => Promise<T>
): IFetched<T> {
  const [fetched, setFetched] = useState<IFetched<T>>({
    value: null,
    error: null
  });
  useEffect(() => {
    let current = true;
    fetch().then(
      value => current && setFetched({ value, error: null }),
      (error: Error) =>
        current && setFetched({ value: null, error: error.message })
    );
    return () => {
      current = false;
    };
    // The key stands for everything that `fetch` closes over.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [key]);
  return fetched;
}
