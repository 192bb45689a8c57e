import { useEffect, useId, useRef, useState } from 'react';

/** Not more than can be taken in. */
const SHOWN = 8;

/** Something to choose: its text, or more about it. */
export interface IOption {
  /** What the field has when it is chosen. */
  readonly value: string;
  /** What the list shows; else the value. */
  readonly label?: string;
  readonly detail?: string;
  /** Where one goes on writing; else at the end. */
  readonly caret?: number;
}

/** A part of the text, in UTF-16 units. */
export interface ISpan {
  readonly start: number;
  readonly end: number;
}

/** A text field with completion: arrows choose, Tab or Enter takes, Escape leaves. */
export function ComboBox(props: {
  label: string;
  value: string;
  onChange: (value: string, caret: number) => void;
  /** Called when the cursor has moved. */
  onCaret?: (caret: number) => void;
  /** Called with what was entered or chosen. */
  onAccept?: (value: string) => void;
  onCancel?: () => void;
  options: readonly (string | IOption)[];
  placeholder?: string;
  autoFocus?: boolean;
  invalid?: boolean;
  /** Id of what says why it is invalid. */
  describedBy?: string;
  /** What is wrong is underlined. */
  wrong?: ISpan | null;
  className?: string;
  inputRef?: React.RefObject<HTMLInputElement>;
}): JSX.Element {
  const [open, setOpen] = useState(false);
  const [active, setActive] = useState(-1);
  const id = useId();
  const ownRef = useRef<HTMLInputElement>(null);
  const ref = props.inputRef ?? ownRef;
  const options: IOption[] = open
    ? props.options
        .slice(0, SHOWN)
        .map(each => (typeof each === 'string' ? { value: each } : each))
    : [];

  useEffect(() => {
    if (props.autoFocus) {
      ref.current?.focus();
    }
  }, [props.autoFocus, ref]);

  const take = ({ value, caret = value.length }: IOption) => {
    props.onChange(value, caret);
    setActive(-1);
    setOpen(caret !== value.length || /\s$/.test(value));
    // The field has its new text only after it was drawn again.
    requestAnimationFrame(() => ref.current?.setSelectionRange(caret, caret));
  };

  const move = (step: number) => {
    setOpen(true);
    const count = Math.min(SHOWN, props.options.length);
    setActive(
      count === 0
        ? -1
        : (active + step + count + (active < 0 && step < 0 ? 1 : 0)) % count
    );
  };

  const onKeyDown = (event: React.KeyboardEvent) => {
    const chosen = active >= 0 ? options[active] : undefined;
    switch (event.key) {
      case 'ArrowDown':
        move(1);
        break;
      case 'ArrowUp':
        move(-1);
        break;
      case 'Tab':
        if (chosen === undefined) {
          return;
        }
        take(chosen);
        break;
      case 'Enter':
        if (chosen !== undefined) {
          take(chosen);
        } else {
          setOpen(false);
          props.onAccept?.(props.value);
        }
        break;
      case 'Escape':
        if (open && options.length > 0) {
          setOpen(false);
          setActive(-1);
        } else {
          props.onCancel?.();
        }
        break;
      default:
        return;
    }
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <div className={`jp-MLOps-combo ${props.className ?? ''}`}>
      <input
        ref={ref}
        type="text"
        role="combobox"
        className="jp-MLOps-input"
        aria-label={props.label}
        aria-autocomplete="list"
        aria-expanded={options.length > 0}
        aria-controls={`${id}-list`}
        aria-activedescendant={
          active >= 0 && options.length > 0 ? `${id}-${active}` : undefined
        }
        aria-invalid={props.invalid}
        aria-describedby={props.describedBy}
        placeholder={props.placeholder}
        spellCheck={false}
        autoComplete="off"
        value={props.value}
        onChange={event => {
          const { value, selectionStart } = event.target;
          props.onChange(value, selectionStart ?? value.length);
          setOpen(true);
          setActive(-1);
        }}
        onSelect={event =>
          props.onCaret?.(event.currentTarget.selectionStart ?? 0)
        }
        onKeyDown={onKeyDown}
        onFocus={() => setOpen(true)}
        onBlur={() => setOpen(false)}
      />
      {props.wrong && (
        <Underline text={props.value} wrong={props.wrong} field={ref} />
      )}
      <ul
        id={`${id}-list`}
        role="listbox"
        className="jp-MLOps-combo-list"
        aria-label={props.label}
        hidden={options.length === 0}
      >
        {options.map((option, index) => (
          <li
            key={option.value}
            id={`${id}-${index}`}
            role="option"
            aria-selected={index === active}
            // The field must not lose the focus before the click is heard.
            onMouseDown={event => event.preventDefault()}
            onClick={() => take(option)}
          >
            <span className="jp-MLOps-combo-label">
              {option.label ?? option.value}
            </span>
            {option.detail && (
              <span className="jp-MLOps-hint">{option.detail}</span>
            )}
          </li>
        ))}
      </ul>
    </div>
  );
}

/** Lies over the field and underlines what is wrong in it; a screen reader is told in words. */
function Underline(props: {
  text: string;
  wrong: ISpan;
  field: React.RefObject<HTMLInputElement>;
}): JSX.Element {
  const { text, field } = props;
  const { start, end } = props.wrong;
  const ref = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const input = field.current;
    const follow = () => {
      if (ref.current && input) {
        ref.current.scrollLeft = input.scrollLeft;
      }
    };
    follow();
    input?.addEventListener('scroll', follow);
    return () => input?.removeEventListener('scroll', follow);
  }, [field, text]);
  return (
    <div ref={ref} className="jp-MLOps-combo-marks" aria-hidden="true">
      {text.slice(0, start)}
      {/* What lacks at the end has no letter to be underlined. */}
      <span>{text.slice(start, end) || '\u2007\u2007'}</span>
      {text.slice(Math.max(start, end))}
    </div>
  );
}
