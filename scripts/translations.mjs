// Texts of the front-end and their translations: `make translations`.
//
// Collects every text that goes through Jupyter's translation, and says which of them a language lacks, has
// no more, or has with other placeholders. Also finds what is shown but goes through no translation.
//
//   node scripts/translations.mjs            says what is wrong, and fails if anything is
//   node scripts/translations.mjs --write    takes new texts into each language (empty), and old ones out
//   node scripts/translations.mjs --write fr_FR   begins a language

import fs from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

const ROOT = path.dirname(import.meta.dirname);
const LOCALES = path.join(ROOT, 'jupyterlab_mlops', 'locale');
const DOMAIN = 'jupyterlab_mlops';

/** Methods of a translation bundle: how many of their first arguments are texts. */
const METHODS = { __: 1, _n: 2 };

/** Attributes whose text a person sees or hears. */
const SHOWN = new Set([
  'alt',
  'aria-description',
  'aria-label',
  'label',
  'placeholder',
  'title'
]);

/** Texts of settings; the panel's plugin translates what the server does not. */
const OF_SETTINGS = new Set(['title', 'description']);

const faults = [];

/** @returns {Map<string, number>} each text with its number of forms: 1, or 2 for a plural */
function collect() {
  const found = new Map();
  for (const file of sources(path.join(ROOT, 'src'))) {
    const text = fs.readFileSync(file, 'utf8');
    const tree = ts.createSourceFile(
      file,
      text,
      ts.ScriptTarget.Latest,
      true,
      file.endsWith('x') ? ts.ScriptKind.TSX : ts.ScriptKind.TS
    );
    visit(tree, node => {
      takeCall(node, found);
      reportLiteral(node);
    });
  }
  const schema = JSON.parse(
    fs.readFileSync(path.join(ROOT, 'schema', 'panel.json'), 'utf8')
  );
  takeSettings(schema, found);
  return found;
}

function* sources(folder) {
  for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory() && entry.name !== '__tests__') {
      yield* sources(file);
    } else if (/\.tsx?$/.test(entry.name)) {
      yield file;
    }
  }
}

function visit(node, look) {
  look(node);
  ts.forEachChild(node, child => visit(child, look));
}

/** Take the texts of `trans.__('…')` and the like. */
function takeCall(node, found) {
  if (
    !ts.isCallExpression(node) ||
    !ts.isPropertyAccessExpression(node.expression) ||
    !Object.hasOwn(METHODS, node.expression.name.text)
  ) {
    return;
  }
  const forms = METHODS[node.expression.name.text];
  for (const argument of node.arguments.slice(0, forms)) {
    if (!ts.isStringLiteralLike(argument)) {
      report(argument, 'a text that is translated must stand there as it is');
    }
  }
  const text = node.arguments[0]?.text;
  if (text !== undefined) {
    found.set(text, Math.max(forms, found.get(text) ?? 0));
  }
}

/** Words between tags, or in an attribute that is seen, that nobody translates. */
function reportLiteral(node) {
  if (ts.isJsxText(node) && /\p{L}{2}/u.test(node.text)) {
    report(node, `not translated: ${node.text.trim()}`);
  }
  if (
    ts.isJsxAttribute(node) &&
    SHOWN.has(node.name.getText()) &&
    node.initializer &&
    ts.isStringLiteral(node.initializer)
  ) {
    report(node, `not translated: ${node.initializer.text}`);
  }
}

function takeSettings(value, found) {
  for (const [key, each] of Object.entries(value)) {
    if (OF_SETTINGS.has(key) && typeof each === 'string') {
      found.set(each, 1);
    } else if (each && typeof each === 'object') {
      takeSettings(each, found);
    }
  }
}

function report(node, fault) {
  const tree = node.getSourceFile();
  const { line } = tree.getLineAndCharacterOfPosition(node.getStart());
  faults.push(`${path.relative(ROOT, tree.fileName)}:${line + 1}: ${fault}`);
}

function fileOf(locale) {
  return path.join(LOCALES, locale, 'LC_MESSAGES', `${DOMAIN}.json`);
}

function read(locale) {
  const file = fileOf(locale);
  return fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, 'utf8')) : {};
}

/** Take new texts in and old ones out. */
function write(locale, found) {
  const known = read(locale);
  const head = known[''] ?? {
    domain: DOMAIN,
    language: locale.replace('_', '-'),
    plural_forms: 'nplurals=2; plural=(n != 1);'
  };
  const version = JSON.parse(
    fs.readFileSync(path.join(ROOT, 'package.json'), 'utf8')
  ).version;
  const texts = [...found].sort(([a], [b]) => (a < b ? -1 : 1));
  const all = {
    '': { ...head, version },
    ...Object.fromEntries(
      texts.map(([text, forms]) => [text, known[text] ?? Array(forms).fill('')])
    )
  };
  fs.mkdirSync(path.dirname(fileOf(locale)), { recursive: true });
  fs.writeFileSync(fileOf(locale), `${JSON.stringify(all, null, 2)}\n`);
}

/** Say what is wrong with a language. */
function check(locale, found) {
  const known = read(locale);
  const fault = (text, what) =>
    faults.push(`${locale}: ${what}: ${JSON.stringify(text)}`);
  for (const [text, forms] of found) {
    const translated = known[text];
    if (!translated || translated.some(form => !form)) {
      fault(text, 'not translated');
    } else if (translated.length !== (forms === 1 ? 1 : pluralsOf(known))) {
      fault(text, 'wrong number of forms');
    } else if (translated.some(form => !samePlaces(text, form))) {
      fault(text, 'other placeholders');
    }
  }
  for (const text of Object.keys(known)) {
    if (text !== '' && !found.has(text)) {
      fault(text, 'no longer used');
    }
  }
}

function pluralsOf(known) {
  return Number(/nplurals=(\d)/.exec(known['']?.plural_forms ?? '')?.[1]);
}

function samePlaces(text, translated) {
  const places = each => [...new Set(each.match(/%\d/g))].sort().join();
  return places(text) === places(translated);
}

const found = collect();
const [option, begun] = process.argv.slice(2);
const locales = fs.existsSync(LOCALES) ? fs.readdirSync(LOCALES) : [];
const wanted =
  begun && !locales.includes(begun) ? [...locales, begun] : locales;
for (const locale of wanted) {
  if (option === '--write') {
    write(locale, found);
  }
  check(locale, found);
}
for (const fault of faults) {
  console.error(fault);
}
console.log(
  `translations: ${found.size} texts, ${wanted.join(', ') || 'no language'}`
);
process.exit(faults.length > 0 ? 1 : 0);
