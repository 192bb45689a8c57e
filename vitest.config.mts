import { readFile } from 'node:fs/promises';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: { mainFields: ['module', 'main'] },
  plugins: [
    {
      // JupyterLab imports its icons as text.
      name: 'svg-as-text',
      enforce: 'pre',
      async load(id) {
        if (id.endsWith('.svg')) {
          const svg = await readFile(id, 'utf8');
          return `export default ${JSON.stringify(svg)};`;
        }
      }
    },
    {
      // Only the page of Notebook 7 has it.
      name: 'no-notebook-7',
      enforce: 'pre',
      resolveId: id => (id === '@jupyter-notebook/tree' ? `\0${id}` : null),
      load: id => (id === '\0@jupyter-notebook/tree' ? 'export {};' : null)
    }
  ],
  test: {
    environment: 'jsdom',
    setupFiles: ['src/__tests__/setup.ts'],
    include: ['src/**/__tests__/**/*.spec.{ts,tsx}'],
    css: false,
    server: {
      // JupyterLab's packages are ES modules that only a bundler can load.
      deps: { inline: [/@jupyterlab\//, /@jupyter\//, /@lumino\//] }
    }
  }
});
