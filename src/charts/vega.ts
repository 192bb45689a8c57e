import { IRenderMimeRegistry, MimeModel } from '@jupyterlab/rendermime';
import type { PartialJSONObject } from '@lumino/coreutils';
import { themeColor } from './palette';

/** A chart in Vega-Lite's words. Names of users stand in values and titles only, never as fields. */
export type Spec = PartialJSONObject;

/** What Lab draws Vega-Lite with. */
export const VEGA_MIME = 'application/vnd.vegalite.v5+json';

const SCHEMA = 'https://vega.github.io/schema/vega-lite/v5.json';

const NO_VEGA =
  '@jupyterlab/vega5-extension, which Jupyter brings along, is switched off.';

/** A chart of these values. */
export function makeSpec(
  values: readonly PartialJSONObject[],
  body: Spec
): Spec {
  return { $schema: SCHEMA, data: { values: [...values] }, ...body };
}

/** The chart in the colours of the theme. */
export function themed(spec: Spec): Spec {
  const text = themeColor('--jp-ui-font-color1');
  const quiet = themeColor('--jp-ui-font-color2');
  const line = themeColor('--jp-border-color2');
  const font = themeColor('--jp-ui-font-family') || 'sans-serif';
  return {
    ...spec,
    background: themeColor('--jp-layout-color1'),
    config: {
      aria: false,
      font,
      view: { stroke: null },
      axis: {
        labelColor: quiet,
        titleColor: text,
        titleFontWeight: 500,
        gridColor: line,
        domainColor: line,
        tickColor: line,
        labelLimit: 160
      },
      legend: { labelColor: text, titleColor: text, labelLimit: 200 },
      title: { color: text },
      text: { color: text }
    }
  };
}

/** A chart that is drawn, or will be. */
export interface IEmbedded {
  readonly node: HTMLElement;
  /** Resolves when it is drawn. */
  readonly ready: Promise<void>;
  dispose(): void;
}

/** Let Lab's Vega draw: it is loaded with the first chart, and is none of our bundle. */
export function embed(rendermime: IRenderMimeRegistry, spec: Spec): IEmbedded {
  if (!rendermime.getFactory(VEGA_MIME)) {
    throw new Error(NO_VEGA);
  }
  const renderer = rendermime.createRenderer(VEGA_MIME);
  const model = new MimeModel({
    // A picture that is there already need not be made.
    data: { [VEGA_MIME]: spec, 'image/png': 'none' },
    metadata: {
      [VEGA_MIME]: { embed_options: { renderer: 'svg', actions: false } }
    }
  });
  return {
    node: renderer.node,
    ready: renderer.renderModel(model),
    dispose: () => renderer.dispose()
  };
}

/** The chart as SVG text. */
export async function toSvg(
  rendermime: IRenderMimeRegistry,
  spec: Spec
): Promise<string> {
  const drawn = embed(rendermime, spec);
  try {
    await drawn.ready;
    const svg = drawn.node.querySelector('svg');
    if (!svg) {
      throw new Error('The chart has no picture.');
    }
    svg.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
    return new XMLSerializer().serializeToString(svg);
  } finally {
    drawn.dispose();
  }
}

/** The picture as PNG, finer than the screen. */
export async function toPng(svg: string, scale = 2): Promise<Blob> {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await image.decode();
  const canvas = document.createElement('canvas');
  canvas.width = image.naturalWidth * scale;
  canvas.height = image.naturalHeight * scale;
  const context = canvas.getContext('2d');
  context?.scale(scale, scale);
  context?.drawImage(image, 0, 0);
  return new Promise((resolve, reject) =>
    canvas.toBlob(blob =>
      blob ? resolve(blob) : reject(new Error('The picture is too large.'))
    )
  );
}
