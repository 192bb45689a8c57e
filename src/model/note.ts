import type { MLOpsClient } from '../api/client';
import type { NoteBlock } from '../api/types';
import type { ChangeStream, IChanges } from './changes';
import { Coalescer } from './coalesce';
import { ObservableModel } from './observable';

/** A part of a note: Markdown, or a block that stands for runs. */
export interface INotePiece {
  readonly kind: 'markdown' | 'block';
  readonly text: string;
}

const FENCE = /^```mlops[ \t]*\r?\n([^]*?)^```[ \t]*\r?$/m;

/** Cut a note into its parts, as the server does for a report. */
export function notePieces(note: string): INotePiece[] {
  return note
    .split(new RegExp(FENCE, 'gm'))
    .map((text, place) => ({
      kind: place % 2 ? ('block' as const) : ('markdown' as const),
      text
    }))
    .filter(({ kind, text }) => kind === 'block' || text.trim() !== '');
}

/** What a new block says. */
export function newBlock(line: string): string {
  return `\n\`\`\`mlops\n${line}\n\`\`\`\n`;
}

/** What a block of a note shows; live. */
export class NoteBlockModel extends ObservableModel {
  constructor(private readonly _options: NoteBlockModel.IOptions) {
    super();
    const { changed, reconnected } = _options.changes;
    changed.connect(this._onChanged, this);
    reconnected.connect(this.refresh, this);
    void this.refresh();
  }

  /** Null until the first answer. */
  get block(): NoteBlock | null {
    return this._block;
  }

  /** Why there is none: mostly a word of the block that is not understood. */
  get error(): string | null {
    return this._error;
  }

  refresh(): Promise<void> {
    return this._refresh.request();
  }

  private async _fetch(): Promise<void> {
    if (this.isDisposed) {
      return;
    }
    const { client, text, experiment } = this._options;
    try {
      this._block = await client.get('/note-block', {
        query: { text, experiment },
        background: true
      });
      this._error = null;
    } catch (error) {
      this._error = (error as Error).message;
    }
    this.touch();
  }

  private _onChanged(_: unknown, changes: IChanges): void {
    if (changes.runs.length > 0) {
      void this.refresh();
    }
  }

  private readonly _refresh = new Coalescer(() => this._fetch());
  private _block: NoteBlock | null = null;
  private _error: string | null = null;
}

export namespace NoteBlockModel {
  /** What the model of a block is made from. */
  export interface IOptions {
    readonly client: MLOpsClient;
    readonly changes: ChangeStream;
    /** What stands between the fences. */
    readonly text: string;
    /** Id or name of the experiment that the note is about. */
    readonly experiment: string;
  }
}
