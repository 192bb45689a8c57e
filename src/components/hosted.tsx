import { useEffect, useLayoutEffect, useRef, useState } from 'react';
import type { IOutput } from '@jupyterlab/nbformat';
import { OutputAreaModel, SimplifiedOutputArea } from '@jupyterlab/outputarea';
import { MimeModel } from '@jupyterlab/rendermime';
import { Widget } from '@lumino/widgets';
import { useServices } from './services';

/** Puts a Lumino widget into a view; `key` the component to make the widget anew. */
function LuminoHost(props: {
  create: () => Widget;
  className?: string;
  /** For what scrolls: the keyboard can reach it, and a screen reader says this. */
  label?: string;
}): JSX.Element {
  const ref = useRef<HTMLDivElement>(null);
  const { create } = props;
  // The widget has to go while its place is still in the page: that is before other effects end.
  useLayoutEffect(() => {
    if (!ref.current) {
      return;
    }
    const widget = create();
    Widget.attach(widget, ref.current);
    return () => widget.dispose();
    // The key says when there is something new to make.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, []);
  const reached = props.label && {
    role: 'group',
    tabIndex: 0,
    'aria-label': props.label
  };
  // A button in a captured form must not send the browser elsewhere.
  const stay = (event: React.FormEvent) => event.preventDefault();
  return (
    <div ref={ref} className={props.className} onSubmit={stay} {...reached} />
  );
}

/** Outputs of an execution as a notebook shows them, but never trusted. */
export function Outputs(props: {
  outputs: readonly Record<string, unknown>[];
}): JSX.Element {
  const { rendermime, trans } = useServices();
  const create = () => {
    const model = new OutputAreaModel({
      values: props.outputs as unknown as IOutput[],
      trusted: false
    });
    const area = new SimplifiedOutputArea({ model, rendermime });
    const observer = nameImages(area.node, trans.__('Picture in the output'));
    area.disposed.connect(() => {
      observer.disconnect();
      model.dispose();
    });
    return area;
  };
  return (
    <LuminoHost
      key={JSON.stringify(props.outputs).length}
      className="jp-MLOps-outputs"
      label={trans.__('Outputs')}
      create={create}
    />
  );
}

/** Images of outputs come without a word, some of them late: each is given one. */
function nameImages(node: HTMLElement, name: string): MutationObserver {
  const nameAll = () =>
    node.querySelectorAll('img:not([alt])').forEach(image => {
      image.setAttribute('alt', name);
    });
  nameAll();
  const observer = new MutationObserver(nameAll);
  observer.observe(node, { childList: true, subtree: true });
  return observer;
}

/** Text in Markdown, sanitised. */
export function Markdown(props: { text: string }): JSX.Element {
  const { rendermime } = useServices();
  const create = () => {
    const renderer = rendermime.createRenderer('text/markdown');
    const model = new MimeModel({ data: { 'text/markdown': props.text } });
    void renderer.renderModel(model);
    return renderer;
  };
  return (
    <LuminoHost
      key={props.text}
      className="jp-MLOps-markdown"
      create={create}
    />
  );
}

/** Source code in the colours of the theme. */
export function Code(props: {
  source: string;
  language?: string | null;
}): JSX.Element {
  const { highlight } = useServices();
  const ref = useRef<HTMLElement>(null);
  const { source } = props;
  const language = props.language ?? 'python';
  useEffect(() => {
    const node = ref.current;
    if (node) {
      void highlight(source, language, node);
    }
  }, [highlight, source, language]);
  return (
    // A region that scrolls must be reachable by keyboard.
    <pre className="jp-MLOps-code jp-RenderedHTMLCommon" tabIndex={0}>
      {/* React leaves the node alone: the highlighter fills it. */}
      <code key={`${language}\n${source}`} ref={ref} />
    </pre>
  );
}

/** What is expensive waits until it scrolls into view. */
export function WhenVisible(props: {
  /** Pixels that are kept free for it, so that nothing moves when it comes. */
  height?: number;
  children: () => React.ReactNode;
}): JSX.Element {
  const ref = useRef<HTMLDivElement>(null);
  const [visible, setVisible] = useState(false);
  useEffect(() => {
    const node = ref.current;
    if (!node || visible) {
      return;
    }
    const observer = new IntersectionObserver(
      entries => setVisible(entries.some(entry => entry.isIntersecting)),
      { rootMargin: '200px' }
    );
    observer.observe(node);
    return () => observer.disconnect();
  }, [visible]);
  return (
    // Nothing that has no height is ever seen at the end of what scrolls.
    <div ref={ref} style={{ minHeight: props.height ?? (visible ? 0 : 1) }}>
      {visible && props.children()}
    </div>
  );
}
