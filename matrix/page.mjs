/** Writes docs/compatibility.md from the results of a run. Knows only results, and starts nothing. */
import { itemOf, LETTERS } from './app/items.mjs';

/** @typedef {import('./judge.mjs').Loss} Loss */
/** @typedef {Pick<import('./endpoints/drive.mjs').Endpoint, 'name' | 'label' | 'engine' | 'through' | 'framework'>} Described */

/**
 * @typedef {object} Results
 * @property {Described[]} endpoints all that there are, in order
 * @property {{ name: string, reason: string }[]} absent those that could not run here
 * @property {import('./run.mjs').Captured[]} sources
 * @property {import('./run.mjs').Pair[]} pairs
 * @property {{ name: string, reason: string }[]} never what is not among the endpoints, and why
 * @property {Record<string, string>} urls of the application in this run
 * @property {string} node version
 */

/** @param {Results} results @returns {string} Markdown */
export function compatibilityPage(results) {
  const ran = results.endpoints.filter(({ name }) => !results.absent.some((it) => it.name === name));
  const good = results.pairs.filter((pair) => pair.good).length;
  const text = [
    '# Compatibility',
    '',
    '<!-- Written by `npm run matrix` from a real run. Do not edit. -->',
    '',
    'Each row is a browser in which a user logged in and PSP captured the session, each column a fresh browser into which that session',
    'was restored. The login application runs on https with two origins of one site and a third party in a frame. A cell is good when',
    'its server sees the user logged in in the restored browser, and every kind of state is as it was or is named in a loss.',
    '',
    `**${good} of ${results.pairs.length} pairs are good.**`,
    '',
    ...section('Legend', legend()),
    ...section('Who takes part', participants(ran, results)),
    ...section('The matrix', matrix(ran, results)),
    ...section('Pairs that are not good', bad(results, ran)),
    ...section('What a browser does not hold by itself', absences(results, ran)),
    ...section('Lost at capture, by source', atCapture(results, ran)),
    ...section('Lost at restore, by target', atRestore(results, ran)),
    ...section('Not run', notRun(results)),
  ].join('\n');
  // The port is another one in each run.
  return Object.values(results.urls).reduce(
    (page, url) => page.replaceAll(url, url.replace(/:\d+$/, '')),
    `${text.trimEnd()}\n`,
  );
}

const section = (title, lines) => [`## ${title}`, '', ...(lines.length === 0 ? ['None.'] : lines), ''];

const row = (cells) => `| ${cells.join(' | ')} |`;

function legend() {
  const kinds = Object.entries(LETTERS).map(([letter, means]) => row([`\`${letter}\``, means]));
  return [
    'A cell lists the kinds of state that came through, in this order; `V45` counts 45 values. What is not listed is lost by name: see the',
    'lists below. A cell that begins with ✗ is not good.',
    '',
    row(['letter', 'state']),
    row(['---', '---']),
    ...kinds,
  ];
}

function participants(ran, { sources, node }) {
  const browsers = new Map(sources.map(({ endpoint, browser }) => [endpoint, browser]));
  const rows = ran.map(({ name, label, through, framework }, at) =>
    row([String(at + 1), label, `\`${through}\``, framework ?? 'none', browsers.get(name) ?? '']),
  );
  return [
    row(['', 'endpoint', 'PSP', 'framework', 'browser']),
    row(['---', '---', '---', '---', '---']),
    ...rows,
    '',
    `Node.js ${node}.`,
  ];
}

function matrix(ran, { sources, pairs }) {
  const rows = ran.map((source, at) => {
    const captured = sources.find(({ endpoint }) => endpoint === source.name);
    const expected = captured?.expected ?? [];
    const cells = ran.map((target) => {
      const pair = pairs.find((it) => it.source === source.name && it.target === target.name);
      if (pair === undefined) return '';
      return `${pair.good ? '' : '✗ '}${kinds(pair.equal)}`;
    });
    return row([`${at + 1} ${source.label}`, kinds(expected), ...cells]);
  });
  const numbers = ran.map((_, at) => String(at + 1));
  return [
    'Numbers are those of the table above; "itself" is what the source was seen to hold before it was captured.',
    '',
    row(['source', 'itself', ...numbers]),
    row(['---', '---', ...numbers.map(() => '---')]),
    ...rows,
  ];
}

/** `shdipLlt V45 K5` @param {readonly string[]} ids */
function kinds(ids) {
  const letters = ids.map((id) => itemOf(id).letter);
  const one = Object.keys(LETTERS).filter((letter) => letter !== 'V' && letter !== 'K' && letters.includes(letter));
  const many = ['V', 'K'].map((letter) => ({ letter, count: letters.filter((it) => it === letter).length }));
  return (
    [one.join(''), ...many.filter(({ count }) => count > 0).map(({ letter, count }) => `${letter}${count}`)].join(
      ' ',
    ) || 'nothing'
  );
}

function bad({ pairs }, ran) {
  return pairs
    .filter((pair) => !pair.good)
    .map((pair) => `- ${nameOf(ran, pair.source)} → ${nameOf(ran, pair.target)}: ${pair.reason}`);
}

/** What no tool could move, since the browser's own page does not get it back from its own storage. */
function absences({ sources }, ran) {
  const lines = ran.flatMap(({ name, label }) => {
    const own = sources.find(({ endpoint }) => endpoint === name)?.absent ?? {};
    const words = Object.entries(own).map(([id, found]) => `${itemOf(id).label} (${found})`);
    return words.length === 0 ? [] : [`- ${label}: ${words.join('; ')}`];
  });
  if (lines.length === 0) return [];
  return ['Measured without PSP, by a login in the browser itself and a look at it right after.', '', ...lines];
}

function atCapture({ sources }, ran) {
  return lossSections(ran, (name) => sources.find(({ endpoint }) => endpoint === name)?.losses ?? []);
}

function atRestore({ pairs }, ran) {
  return lossSections(ran, (name) => pairs.filter((pair) => pair.target === name).flatMap((pair) => pair.losses));
}

/** Endpoints that lose the same share one list. */
function lossSections(ran, lossesOf) {
  /** @type {Map<string, string[]>} */
  const groups = new Map();
  for (const { name, label } of ran) {
    const lines = lossLines(lossesOf(name)).join('\n');
    groups.set(lines, [...(groups.get(lines) ?? []), label]);
  }
  return [...groups].flatMap(([lines, names]) => (lines === '' ? [] : [`### ${names.join('; ')}`, '', lines, '']));
}

/** One line for each reason, with all that it names. @param {readonly Loss[]} losses */
function lossLines(losses) {
  /** @type {Map<string, { loss: Loss, items: Set<string> }>} */
  const groups = new Map();
  for (const loss of losses) {
    const key = JSON.stringify([loss.code, loss.kind, loss.origin, loss.detail]);
    const group = groups.get(key) ?? { loss, items: new Set() };
    groups.set(key, group);
    if (loss.item !== undefined) group.items.add(`\`${loss.item}\``);
  }
  return [...groups.values()].map(({ loss, items }) => {
    const place = [
      loss.kind,
      ...(items.size === 0 ? [] : [[...items].join(', ')]),
      ...(loss.origin === undefined ? [] : [`of ${loss.origin}`]),
    ];
    const detail = loss.detail === undefined ? '' : ` ${loss.detail}.`;
    return `- \`${loss.code}\`: ${place.join(' ')}.${detail} ${loss.advice ?? ''}`.trimEnd().replace('..', '.');
  });
}

function notRun({ absent, never }) {
  return [...absent, ...never].map(({ name, reason }) => `- ${name}: ${reason}`);
}

const nameOf = (ran, name) => ran.find((endpoint) => endpoint.name === name)?.label ?? name;
