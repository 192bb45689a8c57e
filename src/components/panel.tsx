import { useRef } from 'react';
import type { PanelRoute } from '../model/route';
import { RecordingBar } from './light';
import { RunList } from './runs/runlist';
import { SearchBar } from './runs/search';
import { SelectionBar } from './runs/selection';
import { useModel } from './services';

/** The side panel. */
export function PanelView(props: { route: PanelRoute }): JSX.Element {
  const { route } = useModel(props.route);
  return (
    <>
      <RecordingBar />
      {route.view === 'list' && <ListView />}
    </>
  );
}

/** Runs above, models below. */
function ListView(): JSX.Element {
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
      <SearchBar inputRef={search} />
      <div className="jp-MLOps-scroll">
        <RunList />
      </div>
      <SelectionBar />
    </div>
  );
}
