import { useRef } from 'react';
import { chartIcon, noteIcon, tableIcon } from '../icons';
import type { PanelRoute } from '../model/route';
import { CommandIDs } from '../tokens';
import { IconButton } from './basics';
import { HistoryView } from './history';
import { RecordingBar } from './light';
import { ModelsSection } from './models/modelssection';
import { RunView } from './run/runview';
import { RunList } from './runs/runlist';
import { Experiments, SearchBar } from './runs/search';
import { SelectionBar } from './runs/selection';
import { SessionView } from './sessionview';
import { useModel, useServices } from './services';

/** The side panel. */
export function PanelView(props: { route: PanelRoute }): JSX.Element {
  const { route } = useModel(props.route);
  return (
    <>
      <RecordingBar route={props.route} />
      {route.view === 'list' && <ListView />}
      {route.view === 'run' && (
        <RunView runId={route.runId} onBack={() => props.route.back()} />
      )}
      {route.view === 'session' && (
        <SessionView
          sessionId={route.sessionId}
          onBack={() => props.route.back()}
        />
      )}
      {route.view === 'history' && (
        <HistoryView cell={route.cell} onBack={() => props.route.back()} />
      )}
    </>
  );
}

/** Runs above, models below. */
function ListView(): JSX.Element {
  const { commands, mlops, trans } = useServices();
  const search = useRef<HTMLInputElement>(null);
  const onKeyDown = (event: React.KeyboardEvent) => {
    const typing = event.target instanceof HTMLInputElement;
    if (event.key === '/' && !typing) {
      search.current?.focus();
      event.preventDefault();
    }
  };
  return (
    <div className="jp-MLOps-list" onKeyDown={onKeyDown}>
      <SearchBar
        model={mlops.runs}
        inputRef={search}
        below={<Experiments model={mlops.runs} />}
      >
        <IconButton
          icon={chartIcon}
          label={trans.__('Charts of the newest runs')}
          onClick={() =>
            void commands.execute(CommandIDs.openCharts, { runIds: [] })
          }
        />
        <IconButton
          icon={noteIcon}
          label={trans.__('Note of the experiment')}
          onClick={() => void commands.execute(CommandIDs.openNote)}
        />
        <IconButton
          icon={tableIcon}
          label={trans.__('Open as a table')}
          onClick={() => void commands.execute(CommandIDs.openTable)}
        />
      </SearchBar>
      <div className="jp-MLOps-scroll">
        <RunList />
      </div>
      <SelectionBar />
      <ModelsSection />
    </div>
  );
}
