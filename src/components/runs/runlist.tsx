import { useEffect, useRef, useState } from 'react';
import { CommandIDs } from '../../tokens';
import { forward } from '../../model/direction';
import type { IRunRow } from '../../model/runs';
import { Nothing } from '../basics';
import { EmptyRecord } from './empty';
import { RunLine } from './runrow';
import { useModel, useServices } from '../services';

/** Runs, newest first; children fold out below their parent. */
export function RunList(): JSX.Element {
  const { mlops, trans, commands, settings } = useServices();
  const { showSparklines } = useModel(settings);
  const runs = useModel(mlops.runs);
  const sparklines = useModel(runs.sparklines);
  const [activeId, setActiveId] = useState<string | null>(null);
  const [taggingId, setTaggingId] = useState<string | null>(null);
  const grid = useRef<HTMLDivElement>(null);
  const rows = runs.rows;
  const severalExperiments =
    runs.experiments.filter(each => each.run_count > 0).length > 1;
  const active = Math.max(
    0,
    rows.findIndex(row => row.run.run_id === activeId)
  );

  const focus = (index: number) => {
    const row = rows[Math.max(0, Math.min(rows.length - 1, index))];
    if (row) {
      setActiveId(row.run.run_id);
      focusRow(grid.current, row.run.run_id);
    }
  };

  // When the tag field closes, the keyboard goes back to where it came from.
  const wasTagging = useRef<string | null>(null);
  useEffect(() => {
    if (
      wasTagging.current &&
      !taggingId &&
      document.activeElement === document.body
    ) {
      focusRow(grid.current, wasTagging.current);
    }
    wasTagging.current = taggingId;
  }, [taggingId]);

  const act = (row: IRunRow, key: string): boolean => {
    const { run } = row;
    const chosen = runs.selection.has(run.run_id);
    switch (key) {
      case 'ArrowDown':
        focus(active + 1);
        return true;
      case 'ArrowUp':
        focus(active - 1);
        return true;
      case 'Home':
        focus(0);
        return true;
      case 'End':
        focus(rows.length - 1);
        return true;
      case 'ArrowRight':
      case 'ArrowLeft':
        if (run.child_count > 0) {
          void runs.expand(run.run_id, key === 'ArrowRight');
        }
        return true;
      case ' ':
        runs.select(run.run_id, !chosen);
        return true;
      case 'Enter':
        void commands.execute(CommandIDs.openRun, { runId: run.run_id });
        return true;
      case 'Delete':
        focus(active + 1);
        void commands.execute(CommandIDs.deleteRuns, {
          runIds: chosen ? [...runs.selection] : [run.run_id]
        });
        return true;
      case 'e':
        focus(active + 1);
        void commands.execute(CommandIDs.archiveRuns, {
          runIds: chosen ? [...runs.selection] : [run.run_id]
        });
        return true;
      case 't':
        setTaggingId(run.run_id);
        return true;
      default:
        return false;
    }
  };

  const onKeyDown = (event: React.KeyboardEvent) => {
    const onRow = (event.target as HTMLElement).getAttribute('role') === 'row';
    const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
    const row = rows[active];
    if (onRow && plain && row && act(row, forward(event.key))) {
      event.preventDefault();
      event.stopPropagation();
    }
  };

  if (!runs.isReady) {
    return <Nothing>{trans.__('Reading the record …')}</Nothing>;
  }
  if (rows.length === 0) {
    return runs.query.search || runs.query.experiment ? (
      <Nothing>{!runs.error && trans.__('No run matches.')}</Nothing>
    ) : (
      <EmptyRecord />
    );
  }
  return (
    <>
      <div
        ref={grid}
        role="treegrid"
        className="jp-MLOps-runs"
        aria-label={trans.__('Runs')}
        aria-multiselectable
        onKeyDown={onKeyDown}
      >
        {rows.map((row, index) => (
          <RunLine
            key={row.run.run_id}
            row={row}
            selected={runs.selection.has(row.run.run_id)}
            active={index === active}
            curve={showSparklines ? sparklines.get(row.run) : undefined}
            showExperiment={
              severalExperiments && runs.query.experiment === null
            }
            tagging={taggingId === row.run.run_id}
            onTagging={on => setTaggingId(on ? row.run.run_id : null)}
            onActivate={() => setActiveId(row.run.run_id)}
            onSelect={on => runs.select(row.run.run_id, on)}
            onExpand={on => void runs.expand(row.run.run_id, on)}
          />
        ))}
      </div>
      {runs.hasMore && (
        <button
          type="button"
          className="jp-MLOps-more"
          onClick={() => void runs.loadMore()}
        >
          {runs.totalIsExact
            ? trans.__('Show more (%1 of %2)', runs.runs.length, runs.total)
            : trans.__('Show more (%1 so far)', runs.runs.length)}
        </button>
      )}
    </>
  );
}

function focusRow(grid: HTMLElement | null, runId: string): void {
  grid
    ?.querySelector<HTMLElement>(`[data-run-id="${CSS.escape(runId)}"]`)
    ?.focus();
}
