import { LabIcon } from '@jupyterlab/ui-components';

/** The extension's mark: a curve that ends in a recorded point. */
export const mlopsIcon = new LabIcon({
  name: 'jupyterlab-mlops:mark',
  svgstr: `<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24">
  <g class="jp-icon3" fill="#616161">
    <path d="M4 4v16h16v-2H6V4z"/>
    <path d="M8.2 16.2 6.8 14.8l4.5-5 3 3 2.6-3.6 1.6 1.2-4 5.6-3.3-3.3z"/>
    <circle cx="18.6" cy="6.6" r="2.9"/>
  </g>
</svg>`
});

/** Something goes from here to a registry. */
export const pushIcon = new LabIcon({
  name: 'jupyterlab-mlops:push',
  svgstr: `<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24">
  <path class="jp-icon3" fill="#616161" d="M5 18v2h14v-2zM11 16V7.8L7.4 11.4 6 10l6-6 6 6-1.4 1.4L13 7.8V16z"/>
</svg>`
});

/** Two things beside each other. */
export const compareIcon = new LabIcon({
  name: 'jupyterlab-mlops:compare',
  svgstr: `<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24">
  <g class="jp-icon3" fill="#616161">
    <path d="M4 5h7v2H6v10h5v2H4z"/>
    <path d="M13 5h7v14h-7v-2h5V7h-5z"/>
    <path d="M11.25 3h1.5v18h-1.5z"/>
  </g>
</svg>`
});
