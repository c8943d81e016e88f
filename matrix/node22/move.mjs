/**
 * Moves a login from one browser to another by a framework of this folder: `node move.mjs FRAMEWORK OPTIONS`, where OPTIONS is JSON:
 * `{ adapter, url, seed, describe }`, the last two source text of expressions. Prints what was seen as one line of JSON.
 */
import { FRAMEWORKS, versionHere } from './frameworks.mjs';

/** What npm calls each. */
const PACKAGE = {
  puppeteer: 'puppeteer-core',
  selenium: 'selenium-webdriver',
  stagehand: '@browserbasehq/stagehand',
};

const [framework = '', options = '{}'] = process.argv.slice(2);
const { adapter: adapterOptions, url, seed, describe } = JSON.parse(options);

const captured = await withBrowser(async ({ adapter, page, goto, evaluate, tabs }) => {
  const session = await adapter.createSession(page, { name: 'moved' });
  await goto(url);
  await evaluate(seed);
  const { losses, counts } = await session.capture();
  await session.close();
  return { losses, counts, tabs: await tabs(), after: await evaluate(describe) };
});
const restored = await withBrowser(async ({ adapter, page, goto, evaluate, tabs }) => {
  const session = await adapter.loadSession('moved');
  const { losses, notDone } = await session.restore(page);
  await session.close();
  await goto(url);
  return { losses, notDone, tabs: await tabs(), after: await evaluate(describe) };
});
const versions = { node: process.versions.node, framework: versionHere(PACKAGE[framework]) };
process.stdout.write(`${JSON.stringify({ versions, captured, restored })}\n`);

/** @template T @param {(opened: import('./frameworks.mjs').Opened) => Promise<T>} use @returns {Promise<T>} */
async function withBrowser(use) {
  const opened = await FRAMEWORKS[framework](adapterOptions);
  try {
    return await use(opened);
  } finally {
    await opened.close();
  }
}
