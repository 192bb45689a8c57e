import type { Author, Run } from '../../api/types';
import { Note } from '../notes/note';
import { useServices } from '../services';
import { By } from '../who';

/** What the user has to say about the run. */
export function RunNote(props: {
  run: Run;
  author: Author | null;
}): JSX.Element {
  const { mlops } = useServices();
  const { author } = props;
  const { run_id, note, experiment_id, key_metric } = props.run;
  return (
    <>
      <Note
        note={note}
        experiment={experiment_id}
        metric={key_metric}
        report={{ runId: run_id }}
        onSave={text => mlops.runs.setNote(run_id, text)}
      />
      {note && author && <By author={author} />}
    </>
  );
}
