import type { ReactNode } from 'react';
import { Fragment, useId, useState } from 'react';
import {
  LabIcon,
  caretDownIcon,
  caretRightIcon
} from '@jupyterlab/ui-components';
import { formatAgo, formatTime, numberParts } from '../model/format';
import { useNow } from './now';

/**
 * An icon that comes in hundreds: Lab's own component watches whether a theme changes the icon, and
 * is taken out and in again with every row.
 */
export function Glyph(props: { icon: LabIcon }): JSX.Element {
  return (
    <span
      aria-hidden="true"
      dangerouslySetInnerHTML={{ __html: props.icon.svgstr }}
    />
  );
}

/** A button with an icon only; its label is what a screen reader says and a pointer shows. */
export function IconButton(props: {
  icon: LabIcon;
  label: string;
  onClick: (event: React.MouseEvent) => void;
  disabled?: boolean;
  pressed?: boolean;
  tabIndex?: number;
  className?: string;
}): JSX.Element {
  return (
    <button
      type="button"
      className={`jp-MLOps-iconButton ${props.className ?? ''}`}
      aria-label={props.label}
      aria-pressed={props.pressed}
      title={props.label}
      disabled={props.disabled}
      tabIndex={props.tabIndex}
      onClick={props.onClick}
    >
      <props.icon.react tag="span" />
    </button>
  );
}

/** Where one types what a long list is narrowed to; `label` stands in it while it is empty. */
export function SearchField(props: {
  label: string;
  value: string;
  onChange: (value: string) => void;
}): JSX.Element {
  return (
    <input
      type="search"
      className="jp-MLOps-input"
      aria-label={props.label}
      placeholder={props.label}
      value={props.value}
      onChange={({ target }) => props.onChange(target.value)}
    />
  );
}

/** A button that says what it does. */
export function TextButton(props: {
  children: ReactNode;
  onClick?: (event: React.MouseEvent) => void;
  /** Sends the form that it is in. */
  submit?: boolean;
  icon?: LabIcon;
  /** What most users want to do here. */
  accept?: boolean;
  disabled?: boolean;
  title?: string;
  /** For a button that shows and hides something. */
  expanded?: boolean;
}): JSX.Element {
  return (
    <button
      type={props.submit ? 'submit' : 'button'}
      aria-expanded={props.expanded}
      className={`jp-MLOps-button ${props.accept ? 'jp-mod-styled jp-mod-accept' : ''}`}
      title={props.title}
      disabled={props.disabled}
      onClick={props.onClick}
    >
      {props.icon && <props.icon.react tag="span" />}
      <span>{props.children}</span>
    </button>
  );
}

/** On or off. */
export function Switch(props: {
  label: string;
  checked: boolean;
  onChange: (checked: boolean) => void;
  disabled?: boolean;
}): JSX.Element {
  return (
    <button
      type="button"
      role="switch"
      className="jp-MLOps-switch"
      aria-checked={props.checked}
      aria-label={props.label}
      title={props.label}
      disabled={props.disabled}
      onClick={() => props.onChange(!props.checked)}
    >
      <span className="jp-MLOps-switch-knob" />
    </button>
  );
}

/** A part with a heading that folds it away. */
export function Section(props: {
  title: string;
  count?: number | string;
  children: ReactNode;
  actions?: ReactNode;
  folded?: boolean;
  className?: string;
}): JSX.Element {
  const [open, setOpen] = useState(!props.folded);
  const id = useId();
  const Caret = open ? caretDownIcon : caretRightIcon;
  return (
    <section
      className={`jp-MLOps-section ${props.className ?? ''}`}
      aria-labelledby={id}
    >
      <div className="jp-MLOps-section-bar">
        <h3 className="jp-MLOps-section-title" id={id}>
          <button
            type="button"
            aria-expanded={open}
            onClick={() => setOpen(!open)}
          >
            <Caret.react tag="span" className="jp-MLOps-caret" />
            {props.title}
            {props.count !== undefined && (
              <span className="jp-MLOps-count">{props.count}</span>
            )}
          </button>
        </h3>
        {props.actions}
      </div>
      {open && <div className="jp-MLOps-section-body">{props.children}</div>}
    </section>
  );
}

/** A number aligned at its decimal point, with the full value on hover. */
export function Value(props: {
  value: number | null | undefined;
  className?: string;
}): JSX.Element {
  const { text, title, room } = numberParts(props.value);
  return (
    <span
      className={`jp-MLOps-number ${props.className ?? ''}`}
      title={title || undefined}
      style={{ paddingInlineEnd: `${room}ch` }}
    >
      {text}
    </span>
  );
}

/** What a param or a metric is called; broken where its words end, and not in the middle of one. */
export function Key(props: { name: string }): JSX.Element {
  const words = props.name.split(/(?<=[_./])(?=[^_./])/);
  return (
    <bdi title={props.name}>
      {words.map((word, place) => (
        <Fragment key={place}>
          {place > 0 && <wbr />}
          {word}
        </Fragment>
      ))}
    </bdi>
  );
}

/** How long ago; the exact time on hover. */
export function Ago(props: { time: number }): JSX.Element {
  const now = useNow(10_000);
  return (
    <time
      dateTime={new Date(props.time).toISOString()}
      title={formatTime(props.time)}
    >
      {formatAgo(props.time, now)}
    </time>
  );
}

/** What went wrong, said where it happened. */
export function Problem(props: {
  children: ReactNode;
  id?: string;
}): JSX.Element {
  return (
    <div className="jp-MLOps-problem" role="alert" id={props.id}>
      {props.children}
    </div>
  );
}

/** Nothing to show, and why. */
export function Nothing(props: { children: ReactNode }): JSX.Element {
  return <div className="jp-MLOps-nothing">{props.children}</div>;
}
