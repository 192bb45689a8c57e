import type { ISignal } from '@lumino/signaling';
import { Token } from '@lumino/coreutils';
import type { MLOpsClient } from './api/client';
import type { IServices } from './components/services';
import type { ChangeStream } from './model/changes';
import type { CurrentNotebook } from './model/notebook';
import type { RegistryModel } from './model/registry';
import type { RunsModel } from './model/runs';
import type { StatusModel } from './model/status';

/** The name under which plugins, commands and translations of this extension are known. */
export const EXTENSION_ID = 'jupyterlab-mlops';

/** Domain of the translations: the name of the Python package. */
export const TRANSLATION_DOMAIN = 'jupyterlab_mlops';

/** Everything that the views look at. There is one per application. */
export interface IMLOps {
  /** The server's door; only models use it. */
  readonly client: MLOpsClient;
  /** What changed on the server. */
  readonly changes: ChangeStream;
  /** What the light shows. */
  readonly status: StatusModel;
  /** The list of runs, with its search and its selection. */
  readonly runs: RunsModel;
  /** Registered models, their versions and pushes. */
  readonly registry: RegistryModel;
  /** The notebook that the user looks at. */
  readonly notebook: CurrentNotebook;
}

/** Lets other extensions read the record and react to it. */
export const IMLOps = new Token<IMLOps>(
  `${EXTENSION_ID}:IMLOps`,
  'Recorded runs, executions and models, and what changes in them.'
);

/** Where the side panel can be told what to show. */
export interface IMLOpsPanel {
  /** Show the list of runs. */
  showList(): void;
  /** Show one run. */
  showRun(runId: string): void;
  /** Show what was executed in a session. */
  showSession(sessionId: string): void;
  /** Show what a cell has been. */
  showHistory(cell: ICellAddress): void;
  /** Emitted when the panel shows something else. */
  readonly routeChanged: ISignal<unknown, void>;
}

/** Lets other plugins open runs in the side panel. */
export const IMLOpsPanel = new Token<IMLOpsPanel>(
  `${EXTENSION_ID}:IMLOpsPanel`,
  'The side panel with recording light, runs and models.'
);

/** Which cell is meant. */
export interface ICellAddress {
  readonly cellId: string;
  readonly notebook: string;
}

/** Every command of the extension. */
export namespace CommandIDs {
  export const openPanel = 'mlops:open-panel';
  export const openRun = 'mlops:open-run';
  export const openRunTab = 'mlops:open-run-tab';
  export const openTable = 'mlops:open-table';
  export const openCharts = 'mlops:open-charts';
  export const followChartsLink = 'mlops:follow-charts-link';
  export const openView = 'mlops:open-view';
  export const compareRuns = 'mlops:compare-runs';
  export const tagRun = 'mlops:tag-run';
  export const renameRun = 'mlops:rename-run';
  export const archiveRuns = 'mlops:archive-runs';
  export const unarchiveRuns = 'mlops:unarchive-runs';
  export const deleteRuns = 'mlops:delete-runs';
  export const restoreRuns = 'mlops:restore-runs';
  export const eraseRuns = 'mlops:erase-runs';
  export const copyRunId = 'mlops:copy-run-id';
  export const startRun = 'mlops:start-run';
  export const endRun = 'mlops:end-run';
  export const toggleRecording = 'mlops:toggle-recording';
  export const toggleAllRecording = 'mlops:toggle-all-recording';
  export const forget = 'mlops:forget';
  export const keepNotebookOut = 'mlops:keep-notebook-out';
  export const importRuns = 'mlops:import-runs';
  export const exportRuns = 'mlops:export-runs';
  export const registerModel = 'mlops:register-model';
  export const pushVersion = 'mlops:push-version';
  export const downloadVersion = 'mlops:download-version';
  export const tagCellRun = 'mlops:tag-cell-run';
  export const showCellHistory = 'mlops:show-cell-history';
  export const restoreSource = 'mlops:restore-source';
  export const insertSource = 'mlops:insert-source';
  export const restoreNotebook = 'mlops:restore-notebook';
  export const openNote = 'mlops:open-note';
  export const exportNote = 'mlops:export-note';
  export const exportComparison = 'mlops:export-comparison';
  export const copyComparisonLink = 'mlops:copy-comparison-link';
}

/** What the views of this extension are built upon. */
export type IViewServices = IServices;

/** Gives it to the plugins that host views. */
export const IViewServices = new Token<IServices>(
  `${EXTENSION_ID}:IViewServices`,
  'What the views of jupyterlab-mlops share: models, translator, renderer.'
);
