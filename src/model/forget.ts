import type { MLOpsClient } from '../api/client';
import type { ForgetAnswer } from '../api/types';
import { cellExecutions } from './cells';
import { FormModel } from './forms';

/** By what something is forgotten. */
export type ForgetBy = 'minutes' | 'cell' | 'run' | 'secret';

/** Erases cells, a run or a secret for good; says first what that takes. */
export class ForgetFormModel extends FormModel {
  constructor(
    private readonly _client: MLOpsClient,
    readonly subject: ForgetFormModel.ISubject
  ) {
    super();
    this._fields = {
      by: subject.runIds.length ? 'run' : subject.cellId ? 'cell' : 'minutes',
      minutes: '10',
      secret: ''
    };
    void this.look();
  }

  get fields(): Readonly<ForgetFormModel.IFields> {
    return this._fields;
  }

  /** What it would take; null before it was asked for these fields. */
  get preview(): ForgetAnswer | null {
    return this._preview;
  }

  /** What it has taken. */
  get answer(): ForgetAnswer | null {
    return this._answer;
  }

  /** Why nobody can say what it would take. */
  get trouble(): string | null {
    return this._trouble;
  }

  set(fields: Partial<ForgetFormModel.IFields>): void {
    this._fields = { ...this._fields, ...fields };
    this._preview = null;
    this._trouble = null;
    this.touch();
    // A secret is looked up when it is whole: what is half of it stands in more places.
    if (this._fields.by !== 'secret') {
      void this.look();
    }
  }

  /** Ask what it would take. */
  async look(): Promise<void> {
    const fields = this._fields;
    if (fields.by === 'secret' && !fields.secret) {
      return;
    }
    let preview: ForgetAnswer | null = null;
    let trouble: string | null = null;
    try {
      preview = await this._ask(true);
    } catch (error) {
      trouble = (error as Error).message;
    }
    if (fields === this._fields) {
      this._preview = preview;
      this._trouble = trouble;
      this.touch();
    }
  }

  /** Nothing is erased before it was said what. */
  override async submit(): Promise<boolean> {
    if (!this._preview) {
      await this.look();
      return false;
    }
    return super.submit();
  }

  protected async send(): Promise<void> {
    this._answer = await this._ask(false);
  }

  private async _ask(dryRun: boolean): Promise<ForgetAnswer> {
    const { by, minutes, secret } = this._fields;
    const { cellId, runIds } = this.subject;
    const ids =
      by === 'cell' && cellId ? await cellExecutions(this._client, cellId) : [];
    return this._client.post('/forget', {
      body: {
        execution_ids: ids.map(each => each.execution_id),
        run_ids: by === 'run' ? [...runIds] : [],
        since:
          by === 'minutes' ? Math.round(Date.now() - +minutes * 60_000) : null,
        secret: by === 'secret' ? secret : null,
        dry_run: dryRun
      }
    });
  }

  private _fields: ForgetFormModel.IFields;
  private _preview: ForgetAnswer | null = null;
  private _answer: ForgetAnswer | null = null;
  private _trouble: string | null = null;
}

export namespace ForgetFormModel {
  /** What lies at hand to be forgotten. */
  export interface ISubject {
    readonly cellId: string | null;
    readonly runIds: readonly string[];
    /** Names of the runs. */
    readonly names: readonly string[];
  }

  /** What is filled in. */
  export interface IFields {
    by: ForgetBy;
    minutes: string;
    secret: string;
  }
}
