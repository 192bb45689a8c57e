import { useState } from 'react';
import type { ReadonlyJSONObject } from '@lumino/coreutils';
import { downloadIcon, editIcon } from '@jupyterlab/ui-components';
import { CommandIDs } from '../../tokens';
import { IconButton, TextButton } from '../basics';
import { useServices } from '../services';
import { NoteField } from './notefield';
import { NoteText } from './notetext';

/** What stands in a new block of curves where no metric is known. */
const USUAL_METRIC = 'loss';

/** What a user has to say, in Markdown, with tables and curves of runs. */
export function Note(props: {
  note: string;
  /** Id of the experiment that it is about. */
  experiment: string;
  metric: string | null;
  /** Of what it is the report, for the command that saves one. */
  report: ReadonlyJSONObject;
  onSave: (note: string) => Promise<void>;
}): JSX.Element {
  const { commands, trans } = useServices();
  const [editing, setEditing] = useState(false);
  const { note, experiment, metric, onSave } = props;
  if (editing) {
    return (
      <NoteField
        note={note}
        metric={metric ?? USUAL_METRIC}
        onSave={onSave}
        onClose={() => setEditing(false)}
      />
    );
  }
  if (!note) {
    return (
      <TextButton icon={editIcon} onClick={() => setEditing(true)}>
        {trans.__('Write a note')}
      </TextButton>
    );
  }
  return (
    <div className="jp-MLOps-note">
      <NoteText text={note} experiment={experiment} />
      <IconButton
        icon={editIcon}
        label={trans.__('Edit the note')}
        onClick={() => setEditing(true)}
      />
      <IconButton
        icon={downloadIcon}
        label={trans.__('Save the note as an HTML page')}
        onClick={() =>
          void commands.execute(CommandIDs.exportNote, props.report)
        }
      />
    </div>
  );
}
