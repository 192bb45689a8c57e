import type { LoggedModel, ModelVersion } from '../api/types';
import { ObservableModel } from './observable';
import type { RegistryModel } from './registry';

/** Something that is filled in and sent. It stays open until the server has accepted it. */
export abstract class FormModel extends ObservableModel {
  /** Why it was not accepted. */
  get problem(): string | null {
    return this._problem;
  }

  /** Send it; false when it was not accepted. */
  async submit(): Promise<boolean> {
    if (this._busy) {
      return false;
    }
    this._busy = true;
    this._problem = null;
    try {
      await this.send();
      return true;
    } catch (error) {
      this._problem = (error as Error).message;
      return false;
    } finally {
      this._busy = false;
      this.touch();
    }
  }

  protected abstract send(): Promise<void>;

  private _busy = false;
  private _problem: string | null = null;
}

/** Makes a version of a registered model. */
export class RegisterFormModel extends FormModel {
  constructor(
    private readonly _registry: RegistryModel,
    private readonly _runId: string,
    /** The run's models. */
    readonly models: readonly LoggedModel[],
    modelId: string | null
  ) {
    super();
    // The last model is what the run led to.
    this._fields.modelId =
      modelId ?? models[models.length - 1]?.model_id ?? null;
  }

  get fields(): Readonly<RegisterFormModel.IFields> {
    return this._fields;
  }

  /** What came of it. */
  get version(): ModelVersion | null {
    return this._version;
  }

  set(fields: Partial<RegisterFormModel.IFields>): void {
    this._fields = { ...this._fields, ...fields };
    this.touch();
  }

  /** Names that are in use. */
  get names(): string[] {
    return this._registry.models.map(model => model.name);
  }

  /** Number that the version will have under this name; null for a new name. */
  get nextVersion(): number | null {
    const name = this._fields.name.trim();
    const model = this._registry.models.find(each => each.name === name);
    return model ? (model.versions[0]?.version ?? 0) + 1 : null;
  }

  protected async send(): Promise<void> {
    const { name, modelId, description, alias } = this._fields;
    this._version = await this._registry.register({
      name: name.trim(),
      runId: this._runId,
      modelId,
      description,
      aliases: alias.trim() ? [alias.trim()] : []
    });
  }

  private _fields: RegisterFormModel.IFields = {
    name: '',
    modelId: null,
    description: '',
    alias: ''
  };
  private _version: ModelVersion | null = null;
}

export namespace RegisterFormModel {
  /** What is filled in. */
  export interface IFields {
    name: string;
    modelId: string | null;
    description: string;
    alias: string;
  }
}

/** Hands a version to the outbox. */
export class PushFormModel extends FormModel {
  constructor(
    private readonly _registry: RegistryModel,
    readonly version: ModelVersion,
    /** Targets that are set up. */
    readonly targets: readonly string[]
  ) {
    super();
    this._target = targets[0] ?? '';
  }

  get target(): string {
    return this._target;
  }

  setTarget(target: string): void {
    this._target = target;
    this.touch();
  }

  /** Whether the aliases of the version go with it. */
  get withAliases(): boolean {
    return this._withAliases;
  }

  setWithAliases(withAliases: boolean): void {
    this._withAliases = withAliases;
    this.touch();
  }

  protected async send(): Promise<void> {
    await this._registry.push(
      this.version.name,
      this.version.version,
      this._target.trim() || null,
      this._withAliases ? this.version.aliases : []
    );
  }

  private _target: string;
  private _withAliases = true;
}

/** Asks for one line of text. */
export class TextFormModel extends FormModel {
  constructor(private readonly _accept: (text: string) => Promise<void>) {
    super();
  }

  get text(): string {
    return this._text;
  }

  setText(text: string): void {
    this._text = text;
    this.touch();
  }

  protected async send(): Promise<void> {
    await this._accept(this._text.trim());
  }

  private _text = '';
}
