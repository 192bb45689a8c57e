import { useEffect, useState } from 'react';
import { addIcon, closeIcon } from '@jupyterlab/ui-components';
import type { Author } from '../api/types';
import { formatTag, isForPeople, parseTag, visibleTags } from '../model/format';
import { attempt } from '../report';
import { Glyph, IconButton, Problem } from './basics';
import { ComboBox } from './combobox';
import { useServices } from './services';
import { useWho } from './who';

/** Who wrote each tag, by its key. */
export type Authors = Readonly<Record<string, Author>>;

/** Sets tags, or takes those off that are null. */
export type SetTags = (tags: Record<string, string | null>) => Promise<void>;

/** Tags of one run, with a way to add and to take off. */
export function Tags(props: {
  tags: Readonly<Record<string, string>>;
  authors?: Authors;
  onSet: SetTags;
}): JSX.Element {
  const [adding, setAdding] = useState(false);
  return (
    <span className="jp-MLOps-tags">
      <TagChips tags={props.tags} authors={props.authors} onSet={props.onSet} />
      {adding ? (
        <TagField onSet={props.onSet} onClose={() => setAdding(false)} />
      ) : (
        <AddTag onAdding={() => setAdding(true)} />
      )}
    </span>
  );
}

/** Tags of one run, each with a button that takes it off. */
export function TagChips(props: {
  tags: Readonly<Record<string, string>>;
  authors?: Authors;
  onSet: SetTags;
  tabIndex?: number;
}): JSX.Element {
  const { trans } = useServices();
  const who = useWho();
  const title = (key: string, value: string) => {
    const author = who(props.authors?.[key]?.user);
    return [`${key}: ${value}`, ...(author ? [author] : [])].join('\n');
  };
  return (
    <>
      {visibleTags(props.tags).map(([key, value]) => (
        <span className="jp-MLOps-tag" key={key} title={title(key, value)}>
          <span className="jp-MLOps-tag-text">{formatTag(key, value)}</span>
          <button
            type="button"
            className="jp-MLOps-iconButton jp-MLOps-tag-remove"
            aria-label={trans.__('Remove tag %1', key)}
            title={trans.__('Remove tag %1', key)}
            tabIndex={props.tabIndex}
            onClick={event => {
              event.stopPropagation();
              void attempt(() => props.onSet({ [key]: null }));
            }}
          >
            <Glyph icon={closeIcon} />
          </button>
        </span>
      ))}
    </>
  );
}

/** Opens the field for a new tag. */
export function AddTag(props: {
  onAdding: () => void;
  tabIndex?: number;
}): JSX.Element {
  const { trans } = useServices();
  return (
    <IconButton
      className="jp-MLOps-tag-add"
      icon={addIcon}
      label={trans.__('Add tag')}
      tabIndex={props.tabIndex}
      onClick={event => {
        event.stopPropagation();
        props.onAdding();
      }}
    />
  );
}

/** A field for `key` or `key=value`, completed from tags in use. */
export function TagField(props: {
  onSet: SetTags;
  onClose: () => void;
}): JSX.Element {
  const { trans } = useServices();
  const [text, setText] = useState('');
  const [problem, setProblem] = useState<string | null>(null);
  const options = useTagWords(text);

  const accept = async (value: string) => {
    const tag = parseTag(value);
    if (!tag) {
      props.onClose();
      return;
    }
    try {
      await props.onSet({ [tag.key]: tag.value });
      props.onClose();
    } catch (error) {
      setProblem((error as Error).message);
    }
  };

  return (
    <span
      className="jp-MLOps-tag-field"
      onClick={event => event.stopPropagation()}
      onDoubleClick={event => event.stopPropagation()}
      onBlur={event => {
        if (!event.currentTarget.contains(event.relatedTarget)) {
          props.onClose();
        }
      }}
    >
      <ComboBox
        label={trans.__('New tag: key or key=value')}
        placeholder={trans.__('key or key=value')}
        value={text}
        onChange={setText}
        onAccept={value => void accept(value)}
        onCancel={props.onClose}
        options={options}
        invalid={problem !== null}
        autoFocus
      />
      {problem && <Problem>{problem}</Problem>}
    </span>
  );
}

/** Keys in use, or the values of the key that stands before `=`. */
export function useTagWords(text: string): string[] {
  const { mlops } = useServices();
  const [words, setWords] = useState<string[]>([]);
  const key = /^([^=]+)=/.exec(text)?.[1]?.trim() ?? null;

  useEffect(() => {
    let current = true;
    const asked =
      key === null
        ? mlops.runs.tagKeys()
        : mlops.runs
            .tagValues(key)
            .then(values => values.map(value => `${key}=${value}`));
    asked.then(
      found => current && setWords(found),
      // Without completion the field still works.
      () => current && setWords([])
    );
    return () => {
      current = false;
    };
  }, [key, mlops]);

  const start = text.toLowerCase();
  return words.filter(
    word =>
      word.toLowerCase().startsWith(start) && word !== text && isForPeople(word)
  );
}
