import { lazy, Suspense } from 'react';
import { notePieces } from '../../model/note';
import { Markdown } from '../hosted';

// Most notes have no block: its charts are loaded for those that do.
const Block = lazy(async () => ({ default: (await import('./block')).Block }));

/** A note: its Markdown, and in it tables and charts of runs. */
export function NoteText(props: {
  text: string;
  /** Id of the experiment that it is about. */
  experiment: string;
}): JSX.Element {
  return (
    <div className="jp-MLOps-noteText">
      {notePieces(props.text).map(({ kind, text }, place) =>
        kind === 'markdown' ? (
          <Markdown key={place} text={text} />
        ) : (
          <Suspense key={`${place} ${text}`}>
            <Block text={text} experiment={props.experiment} />
          </Suspense>
        )
      )}
    </div>
  );
}
