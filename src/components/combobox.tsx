import { useEffect, useId, useRef, useState } from 'react';

/** Not more than can be taken in. */
const SHOWN = 8;

/** A text field with completion: arrows choose, Tab or Enter takes, Escape leaves. */
export function ComboBox(props: {
  label: string;
  value: string;
  onChange: (value: string) => void;
  /** Called with what was entered or chosen. */
  onAccept?: (value: string) => void;
  onCancel?: () => void;
  options: readonly string[];
  placeholder?: string;
  autoFocus?: boolean;
  invalid?: boolean;
  className?: string;
  inputRef?: React.RefObject<HTMLInputElement>;
}): JSX.Element {
  const [open, setOpen] = useState(false);
  const [active, setActive] = useState(-1);
  const id = useId();
  const ownRef = useRef<HTMLInputElement>(null);
  const ref = props.inputRef ?? ownRef;
  const options = open ? props.options.slice(0, SHOWN) : [];

  useEffect(() => {
    if (props.autoFocus) {
      ref.current?.focus();
    }
  }, [props.autoFocus, ref]);

  const take = (option: string) => {
    props.onChange(option);
    setActive(-1);
    setOpen(false);
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
        placeholder={props.placeholder}
        spellCheck={false}
        autoComplete="off"
        value={props.value}
        onChange={event => {
          props.onChange(event.target.value);
          setOpen(true);
          setActive(-1);
        }}
        onKeyDown={onKeyDown}
        onFocus={() => setOpen(true)}
        onBlur={() => setOpen(false)}
      />
      <ul
        id={`${id}-list`}
        role="listbox"
        className="jp-MLOps-combo-list"
        aria-label={props.label}
        hidden={options.length === 0}
      >
        {options.map((option, index) => (
          <li
            key={option}
            id={`${id}-${index}`}
            role="option"
            aria-selected={index === active}
            // The field must not lose the focus before the click is heard.
            onMouseDown={event => event.preventDefault()}
            onClick={() => take(option)}
          >
            {option}
          </li>
        ))}
      </ul>
    </div>
  );
}
