import { useRef, useState } from 'react';
import { chartIcon, tableIcon } from '../../icons';
import { newBlock } from '../../model/note';
import { Problem, TextButton } from '../basics';
import { useServices } from '../services';

/** Where a note is written: Markdown, and blocks of runs. */
export function NoteField(props: {
  note: string;
  /** A metric that the runs have, for a new block. */
  metric: string;
  onSave: (note: string) => Promise<void>;
  onClose: () => void;
}): JSX.Element {
  const { trans } = useServices();
  const [text, setText] = useState(props.note);
  const [problem, setProblem] = useState<string | null>(null);
  const field = useRef<HTMLTextAreaElement>(null);

  const save = async () => {
    try {
      await props.onSave(text);
      props.onClose();
    } catch (error) {
      setProblem((error as Error).message);
    }
  };
  const insert = (line: string) => {
    const place = field.current?.selectionEnd ?? text.length;
    const before = text.slice(0, place).replace(/([^\n])$/, '$1\n');
    setText(before + newBlock(line) + text.slice(place));
    field.current?.focus();
  };

  return (
    <div
      className="jp-MLOps-noteField"
      onKeyDown={event => {
        if (event.key === 'Escape') {
          props.onClose();
        } else if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
          void save();
        }
      }}
    >
      <textarea
        ref={field}
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
        <TextButton
          icon={tableIcon}
          title={trans.__('A table of runs that follows the record')}
          onClick={() => insert('limit: 10')}
        >
          {trans.__('Table')}
        </TextButton>
        <TextButton
          icon={chartIcon}
          title={trans.__('Curves of runs that follow the record')}
          onClick={() => insert(`charts: metrics.\`${props.metric}\``)}
        >
          {trans.__('Chart')}
        </TextButton>
      </div>
    </div>
  );
}
