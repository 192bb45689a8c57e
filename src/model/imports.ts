import type { Contents } from '@jupyterlab/services';
import { Debouncer } from '@lumino/polling';
import { ISignal, Signal } from '@lumino/signaling';
import type { MLOpsClient } from '../api/client';
import type { ImportJob } from '../api/types';
import type { ChangeStream, IChanges } from './changes';
import { FormModel } from './forms';

/** Time without a key after which one looks at what was written. */
const PAUSE = 250;

/** Starts imports and follows them; the server goes on when nobody looks. */
export class ImportsModel {
  constructor(
    private readonly _client: MLOpsClient,
    changes: ChangeStream
  ) {
    changes.changed.connect(this._onChanged, this);
    changes.reconnected.connect(this._onReconnected, this);
  }

  /** Emitted when an import has moved on. */
  get changed(): ISignal<this, ImportJob> {
    return this._changed;
  }

  /** Which tool wrote what lies at a path; an error says why it is none. */
  async kindOf(source: string): Promise<string> {
    const query = { source };
    return (await this._client.get('/import-source', { query })).kind;
  }

  async start(source: string, files: boolean): Promise<ImportJob> {
    const job = await this._client.post('/imports', {
      body: { source, files }
    });
    this._running.add(job.import_id);
    // It may have ended before this answer came.
    void this._fetch(job.import_id);
    return job;
  }

  async cancel(importId: string): Promise<void> {
    await this._client.post('/imports/{import_id}/cancel', {
      path: { import_id: importId }
    });
  }

  private _onChanged(_: unknown, changes: IChanges): void {
    changes.imports
      .filter(id => this._running.has(id))
      .forEach(id => void this._fetch(id));
  }

  private _onReconnected(): void {
    this._running.forEach(id => void this._fetch(id));
  }

  private async _fetch(importId: string): Promise<void> {
    try {
      const job = await this._client.get('/imports/{import_id}', {
        path: { import_id: importId }
      });
      if (this._running.has(importId)) {
        if (job.state !== 'running') {
          this._running.delete(importId);
        }
        this._changed.emit(job);
      }
    } catch {
      // The server is away; when it is back, one asks again.
    }
  }

  private readonly _running = new Set<string>();
  private readonly _changed = new Signal<this, ImportJob>(this);
}

/** Asks what is to be imported. */
export class ImportFormModel extends FormModel {
  constructor(
    private readonly _imports: ImportsModel,
    private readonly _contents: Contents.IManager,
    /** Servers that are set up. */
    readonly servers: readonly string[],
    source: string
  ) {
    super();
    this._look = new Debouncer(() => this._lookNow(), PAUSE);
    this.setSource(source);
  }

  get source(): string {
    return this._source;
  }

  /** Paths below the folder that was written, and servers. */
  get suggestions(): readonly string[] {
    return [...this._paths, ...this.servers].filter(
      each => each !== this._source && each.startsWith(this._source)
    );
  }

  /** Of which tool it is; null while that is not known. */
  get kind(): string | null {
    return this._kind;
  }

  /** Why it cannot be imported. */
  get hindrance(): string | null {
    return this._hindrance;
  }

  get files(): boolean {
    return this._files;
  }

  /** What came of it. */
  get job(): ImportJob | null {
    return this._job;
  }

  setSource(source: string): void {
    this._source = source;
    this._kind = null;
    this._hindrance = null;
    this.touch();
    void this._look.invoke();
  }

  setFiles(files: boolean): void {
    this._files = files;
    this.touch();
  }

  override dispose(): void {
    this._look.dispose();
    super.dispose();
  }

  protected async send(): Promise<void> {
    this._job = await this._imports.start(this._source.trim(), this._files);
  }

  private async _lookNow(): Promise<void> {
    const source = this._source;
    await Promise.all([this._list(source), this._recognise(source.trim())]);
    if (!this.isDisposed) {
      this.touch();
    }
  }

  private async _recognise(source: string): Promise<void> {
    let kind: string | null = null;
    let hindrance: string | null = null;
    try {
      kind = source ? await this._imports.kindOf(source) : null;
    } catch (error) {
      hindrance = (error as Error).message;
    }
    if (source === this._source.trim()) {
      this._kind = kind;
      this._hindrance = hindrance;
    }
  }

  private async _list(source: string): Promise<void> {
    const folder = source.slice(0, source.lastIndexOf('/') + 1);
    if (folder.includes('://') || folder === this._folder) {
      return;
    }
    this._folder = folder;
    try {
      const found = await this._contents.get(folder.replace(/\/$/, ''));
      const listed = found.content as Contents.IModel[];
      this._paths = listed.map(
        ({ name, type }) => folder + name + (type === 'directory' ? '/' : '')
      );
    } catch {
      // What is written so far is no folder: then there is nothing to suggest.
      this._paths = [];
    }
  }

  private readonly _look: Debouncer;
  private _source = '';
  private _folder: string | null = null;
  private _paths: readonly string[] = [];
  private _kind: string | null = null;
  private _hindrance: string | null = null;
  private _files = true;
  private _job: ImportJob | null = null;
}
