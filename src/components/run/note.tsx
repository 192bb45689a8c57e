import { useState } from 'react';
import { editIcon } from '@jupyterlab/ui-components';
import { IconButton, Problem, TextButton } from '../basics';
import { Markdown } from '../hosted';
import { useServices } from '../services';

/** What the user has to say about the run, in Markdown. */
export function Note(props: { runId: string; note: string }): JSX.Element {
  const { trans } = useServices();
  const [editing, setEditing] = useState(false);
  if (editing) {
    return <NoteField {...props} onClose={() => setEditing(false)} />;
  }
  if (!props.note) {
    return (
      <TextButton icon={editIcon} onClick={() => setEditing(true)}>
        {trans.__('Write a note')}
      </TextButton>
    );
  }
  return (
    <div className="jp-MLOps-note">
      <Markdown text={props.note} />
      <IconButton
        icon={editIcon}
        label={trans.__('Edit the note')}
        onClick={() => setEditing(true)}
      />
    </div>
  );
}

function NoteField(props: {
  runId: string;
  note: string;
  onClose: () => void;
}): JSX.Element {
  const { mlops, trans } = useServices();
  const [text, setText] = useState(props.note);
  const [problem, setProblem] = useState<string | null>(null);

  const save = async () => {
    try {
      await mlops.runs.setNote(props.runId, text);
      props.onClose();
    } catch (error) {
      setProblem((error as Error).message);
    }
  };

  return (
    <div
      onKeyDown={event => {
        if (event.key === 'Escape') {
          props.onClose();
        } else if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
          void save();
        }
      }}
    >
      <textarea
        className="jp-MLOps-textarea"
        aria-label={trans.__('Note in Markdown')}
        value={text}
        // The user has just asked for this field.
        autoFocus
        onChange={event => setText(event.target.value)}
      />
      {problem && <Problem>{problem}</Problem>}
      <div className="jp-MLOps-actions">
        <TextButton accept onClick={() => void save()}>
          {trans.__('Save')}
        </TextButton>
        <TextButton onClick={props.onClose}>{trans.__('Cancel')}</TextButton>
      </div>
    </div>
  );
}
