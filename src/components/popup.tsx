import {
  createContext,
  useCallback,
  useContext,
  useEffect,
  useId,
  useLayoutEffect,
  useRef,
  useState
} from 'react';
import { caretDownIcon } from '@jupyterlab/ui-components';
import { isRightToLeft } from '../model/direction';

/** Room between a popup and the edge of its view. */
const MARGIN = 4;

const PopupContext = createContext<() => void>(() => {});

/** Closes the popup that a view stands in. */
export function useClosePopup(): () => void {
  return useContext(PopupContext);
}

/**
 * A button that opens something below itself. It closes on Escape and when the keyboard leaves it,
 * and gives the keyboard back.
 */
export function Popup(props: {
  /** What the button says. */
  label: React.ReactNode;
  /** What is opened, for a screen reader. */
  title: string;
  children: React.ReactNode;
  className?: string;
  /** Whether something is chosen in it. */
  chosen?: boolean;
}): JSX.Element {
  const [open, setOpen] = useState(false);
  const id = useId();
  const root = useRef<HTMLDivElement>(null);
  const close = useCallback(() => {
    setOpen(false);
    root.current?.querySelector('button')?.focus();
  }, []);
  const leave = useCallback(() => setOpen(false), []);
  const onKeyDown = (event: React.KeyboardEvent) => {
    if (open && event.key === 'Escape' && !event.defaultPrevented) {
      close();
      event.preventDefault();
      event.stopPropagation();
    }
  };
  return (
    <div
      ref={root}
      className="jp-MLOps-popup"
      onKeyDown={onKeyDown}
      onBlur={event => {
        const { relatedTarget } = event;
        // A click on plain text moves the focus nowhere: that is no leaving.
        if (relatedTarget && !event.currentTarget.contains(relatedTarget)) {
          setOpen(false);
        }
      }}
    >
      <button
        type="button"
        className={`jp-MLOps-button ${props.className ?? ''}`}
        aria-expanded={open}
        aria-controls={open ? id : undefined}
        data-chosen={props.chosen}
        onClick={() => setOpen(!open)}
      >
        {props.label}
        <caretDownIcon.react tag="span" className="jp-MLOps-caret" />
      </button>
      {open && (
        <Pane id={id} title={props.title} onLeave={leave}>
          <PopupContext.Provider value={close}>
            {props.children}
          </PopupContext.Provider>
        </Pane>
      )}
    </div>
  );
}

function Pane(props: {
  id: string;
  title: string;
  onLeave: () => void;
  children: React.ReactNode;
}): JSX.Element {
  const ref = useRef<HTMLDivElement>(null);
  const { onLeave } = props;
  useLayoutEffect(() => {
    const pane = ref.current;
    const view = pane?.closest('.jp-MLOps');
    if (pane && view) {
      const own = pane.getBoundingClientRect();
      const room = view.getBoundingClientRect();
      const over = isRightToLeft()
        ? room.left - own.left
        : own.right - room.right;
      pane.style.insetInlineStart = `${-Math.max(0, over + MARGIN)}px`;
      pane.querySelector<HTMLElement>('input, button, select')?.focus();
    }
  }, []);
  useEffect(() => {
    const onPointer = (event: Event) => {
      const owner = ref.current?.parentElement;
      if (!owner?.contains(event.target as Node)) {
        onLeave();
      }
    };
    document.addEventListener('pointerdown', onPointer);
    return () => document.removeEventListener('pointerdown', onPointer);
  }, [onLeave]);
  return (
    <div
      ref={ref}
      id={props.id}
      role="group"
      aria-label={props.title}
      className="jp-MLOps-popup-pane"
    >
      {props.children}
    </div>
  );
}
