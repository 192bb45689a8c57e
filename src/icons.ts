import { LabIcon } from '@jupyterlab/ui-components';

/** An icon of one colour, that of the theme's other icons. */
function icon(name: string, shapes: string): LabIcon {
  return new LabIcon({
    name: `jupyterlab-mlops:${name}`,
    svgstr: `<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24"><g class="jp-icon3" fill="#616161">${shapes}</g></svg>`
  });
}

/** The extension's mark: a curve that ends in a recorded point. */
export const mlopsIcon = icon(
  'mark',
  `<path d="M4 4v16h16v-2H6V4z"/>
  <path d="M8.2 16.2 6.8 14.8l4.5-5 3 3 2.6-3.6 1.6 1.2-4 5.6-3.3-3.3z"/>
  <circle cx="18.6" cy="6.6" r="2.9"/>`
);

/** Something goes from here to a registry. */
export const pushIcon = icon(
  'push',
  '<path d="M5 18v2h14v-2zM11 16V7.8L7.4 11.4 6 10l6-6 6 6-1.4 1.4L13 7.8V16z"/>'
);

/** Two things beside each other. */
export const compareIcon = icon(
  'compare',
  `<path d="M4 5h7v2H6v10h5v2H4z"/><path d="M13 5h7v14h-7v-2h5V7h-5z"/>
  <path d="M11.25 3h1.5v18h-1.5z"/>`
);

/** Rows and columns. */
export const tableIcon = icon(
  'table',
  '<path d="M3 4h18v16H3zm2 5v3h4V9zm6 0v3h8V9zm-6 5v4h4v-4zm6 0v4h8v-4z" fill-rule="evenodd"/>'
);

/** Time goes back, and a page is there again. */
export const restoreIcon = icon(
  'restore',
  `<path d="M13 3a9 9 0 0 0-9 9H1l4 4 4-4H6a7 7 0 1 1 2.05 4.95l-1.42 1.42A9 9 0 1 0 13 3z"/>
  <path d="M10 8h4l2 2v6h-6zm1.2 1.2v5.6h3.6v-4.2h-1.4V9.2z" fill-rule="evenodd"/>`
);

/** Curves over their axes. */
export const chartIcon = icon(
  'chart',
  `<path d="M4 4v16h16v-2H6V4z"/>
  <path d="m8.9 15.8-1.5-1.2 4.2-5.2 3 2.7 4-5.3 1.6 1.2-5.3 7-3.1-2.7z"/>`
);

/** Kept from being seen, or from being changed. */
export const lockIcon = icon(
  'lock',
  `<path fill-rule="evenodd" d="M6 10V8a6 6 0 0 1 12 0v2h1v11H5V10zm2 0h8V8a4 4 0 0 0-8 0zm3
  4v3.5h2V14z"/>`
);

/** It is recorded. */
export const recordIcon = icon(
  'record',
  '<path fill-rule="evenodd" d="M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zm0 2a7 7 0 1 1 0 14 7 7 0 0 1 0-14z"/><circle cx="12" cy="12" r="4.5"/>'
);

/** It is not recorded. */
export const unrecordedIcon = icon(
  'unrecorded',
  '<path fill-rule="evenodd" d="M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zm0 2a7 7 0 0 1 5.5 11.2L7.8 6.5A7 7 0 0 1 12 5zM6.4 7.9l9.7 9.7A7 7 0 0 1 6.4 7.9z"/>'
);

/** A label on a string. */
export const tagIcon = icon(
  'tag',
  `<path fill-rule="evenodd" d="M3 4.5V12l9 9 8.5-8.5-9-9H4A1 1 0 0 0 3 4.5zM7.5 6A1.5
  1.5 0 1 1 7.4 9 1.5 1.5 0 0 1 7.5 6z"/>`
);

/** A page with something written on it. */
export const noteIcon = icon(
  'note',
  `<path fill-rule="evenodd" d="M5 3h10l4 4v14H5zm2 2v14h10V8h-3V5z"/>
  <path d="M9 10h6v1.5H9zm0 3.2h6v1.5H9zm0 3.2h4v1.5H9z"/>`
);

/** To where the user came from. */
export const backIcon = icon(
  'back',
  '<path d="M20 11H7.8l5.6-5.6L12 4l-8 8 8 8 1.4-1.4L7.8 13H20z"/>'
);

/** It went well. */
export const goodIcon = icon(
  'good',
  '<path d="M9 16.2 4.8 12l-1.4 1.4L9 19 21 7l-1.4-1.4z"/>'
);

/** It went wrong. */
export const badIcon = icon(
  'bad',
  '<path d="M19 6.4 17.6 5 12 10.6 6.4 5 5 6.4l5.6 5.6L5 17.6 6.4 19l5.6-5.6 5.6 5.6 1.4-1.4-5.6-5.6z"/>'
);

/** It goes on. */
export const runningIcon = icon('running', '<circle cx="12" cy="12" r="8"/>');

/** It waits, or was stopped. */
export const quietIcon = icon(
  'quiet',
  '<path d="M6 6h12v12H6zm2 2v8h8V8z" fill-rule="evenodd"/>'
);

/** Something to know before one relies on it. */
export const warnIcon = icon(
  'warn',
  '<path d="M2 20 12 3l10 17zm9-3v2h2v-2zm0-7v5h2v-5z" fill-rule="evenodd"/>'
);

/** A box that things are put into. */
export const archiveIcon = icon(
  'archive',
  `<path d="M3 4h18v5H3zm2 1.8v1.4h14V5.8z" fill-rule="evenodd"/>
  <path d="M4.5 10h15v10h-15zm6.6 1.5v3.4H8.6L12 18.3l3.4-3.4h-2.5v-3.4z" fill-rule="evenodd"/>`
);

/** The box, and something that comes out of it. */
export const unarchiveIcon = icon(
  'unarchive',
  `<path d="M3 4h18v5H3zm2 1.8v1.4h14V5.8z" fill-rule="evenodd"/>
  <path d="M4.5 10h15v10h-15zm6.6 8.3v-3.4H8.6l3.4-3.4 3.4 3.4h-2.5v3.4z" fill-rule="evenodd"/>`
);
