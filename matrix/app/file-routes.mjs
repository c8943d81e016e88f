/** The scripts of the pages, and the quiet resource that a browser without interception loads. */
import { readFile } from 'node:fs/promises';
import { script } from './replies.mjs';

const SCRIPTS = ['login', 'welcome', 'check', 'check-id', 'checked', 'common', 'databases', 'depot', 'structure'];

/** @param {string} kit the script with the kinds of values @returns {import('./replies.mjs').Routes} */
export function fileRoutes(kit) {
  const scripts = SCRIPTS.map((name) => [
    `any GET /${name}.mjs`,
    async () => script(await readFile(new URL(`page/${name}.mjs`, import.meta.url))),
  ]);
  return {
    ...Object.fromEntries(scripts),
    'any GET /kit.js': () => script(kit),
    'any GET /robots.txt': () => ({ headers: { 'content-type': 'text/plain' }, body: 'User-agent: *\n' }),
  };
}
