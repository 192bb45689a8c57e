import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import { ObservableModel } from './observable';

/** What the user can set, with the defaults of the schema until it is read. */
export class SettingsModel extends ObservableModel {
  /** Side of the panel. */
  get area(): 'left' | 'right' {
    return this._settings?.composite.area === 'left' ? 'left' : 'right';
  }

  /** Whether the list draws small curves. */
  get showSparklines(): boolean {
    return this._settings?.composite.showSparklines !== false;
  }

  /** Whether cells show how often they were executed, and what they came to. */
  get showCellMarks(): boolean {
    return this._settings?.composite.showCellMarks !== false;
  }

  /** Whether a card with live curves is shown below a cell that trains. */
  get showProgress(): boolean {
    return this._settings?.composite.showProgress !== false;
  }

  /** Follow these settings. */
  connect(settings: ISettingRegistry.ISettings): void {
    this._settings = settings;
    settings.changed.connect(this.touch, this);
    this.touch();
  }

  private _settings: ISettingRegistry.ISettings | null = null;
}
