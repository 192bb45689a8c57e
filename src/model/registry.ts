import type { MLOpsClient } from '../api/client';
import type {
  AliasEvent,
  ModelVersion,
  Push,
  RegisteredModel
} from '../api/types';
import type { ChangeStream, IChanges } from './changes';
import { Coalescer } from './coalesce';
import { ObservableModel } from './observable';

/** What the user fills in to register a model. */
export interface IRegistration {
  readonly name: string;
  readonly runId: string;
  /** Null: the run's last model. */
  readonly modelId: string | null;
  readonly description: string;
  readonly aliases: string[];
}

/** Registered models, their versions, aliases and pushes; live. */
export class RegistryModel extends ObservableModel {
  constructor(options: RegistryModel.IOptions) {
    super();
    this._client = options.client;
    this._refresh = new Coalescer(() => this._fetch());
    options.changes.changed.connect(this._onChanged, this);
    options.changes.reconnected.connect(this.refresh, this);
    void this.refresh();
  }

  get models(): readonly RegisteredModel[] {
    return this._models;
  }

  /** False until the first answer. */
  get isReady(): boolean {
    return this._isReady;
  }

  get error(): string | null {
    return this._error;
  }

  refresh(): Promise<void> {
    return this._refresh.request();
  }

  find(name: string, version: number): ModelVersion | undefined {
    return this._models
      .find(model => model.name === name)
      ?.versions.find(each => each.version === version);
  }

  async register(registration: IRegistration): Promise<ModelVersion> {
    const version = await this._client.post('/models', {
      body: {
        name: registration.name,
        ...(registration.modelId
          ? { model_id: registration.modelId }
          : { run_id: registration.runId }),
        description: registration.description || null,
        aliases: registration.aliases,
        tags: {}
      }
    });
    await this.refresh();
    return version;
  }

  /** Put the version into the outbox; how it goes on arrives by events. */
  async push(
    name: string,
    version: number,
    target: string | null,
    aliases: readonly string[]
  ): Promise<Push> {
    const push = await this._client.post(
      '/models/{name}/versions/{version}/push',
      {
        path: { name, version: String(version) },
        body: { target, aliases: [...aliases] }
      }
    );
    await this.refresh();
    return push;
  }

  async retry(pushId: number): Promise<void> {
    await this._client.post('/pushes/{push_id}/retry', {
      path: { push_id: pushId }
    });
    await this.refresh();
  }

  async cancel(pushId: number): Promise<void> {
    await this._client.post('/pushes/{push_id}/cancel', {
      path: { push_id: pushId }
    });
    await this.refresh();
  }

  /** Move an alias to a version; null removes it. */
  async setAlias(
    name: string,
    alias: string,
    version: number | null
  ): Promise<void> {
    await this._client.put('/models/{name}/aliases/{alias}', {
      path: { name, alias },
      body: { version }
    });
    await this.refresh();
  }

  async describe(
    name: string,
    version: number,
    description: string
  ): Promise<void> {
    await this._client.patch('/models/{name}/versions/{version}', {
      path: { name, version: String(version) },
      body: { description }
    });
    await this.refresh();
  }

  async removeVersion(name: string, version: number): Promise<void> {
    await this._client.delete('/models/{name}/versions/{version}', {
      path: { name, version: String(version) }
    });
    await this.refresh();
  }

  /** How the aliases of a model moved, newest first. */
  history(name: string): Promise<AliasEvent[]> {
    return this._client.get('/models/{name}/history', { path: { name } });
  }

  /** The version as a zip file of an MLflow model directory. */
  download(name: string, version: number): Promise<Blob> {
    return this._client.blob('/models/{name}/versions/{version}/download', {
      path: { name, version: String(version) }
    });
  }

  private async _fetch(): Promise<void> {
    try {
      this._models = await this._client.get('/models', { background: true });
      this._error = null;
    } catch (error) {
      this._error = (error as Error).message;
    }
    this._isReady = true;
    this.touch();
  }

  private _onChanged(_: unknown, changes: IChanges): void {
    if (changes.models.length > 0 || changes.pushes.length > 0) {
      void this.refresh();
    }
  }

  private readonly _client: MLOpsClient;
  private readonly _refresh: Coalescer;
  private _models: readonly RegisteredModel[] = [];
  private _isReady = false;
  private _error: string | null = null;
}

export namespace RegistryModel {
  /** What the registry is made from. */
  export interface IOptions {
    readonly client: MLOpsClient;
    readonly changes: ChangeStream;
  }
}
