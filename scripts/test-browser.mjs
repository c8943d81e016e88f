/** Before the tests: says which browsers they use. In CI a missing one ends the run, since what needs it would prove nothing. */
import { find, missing, WANTED } from '../matrix/browsers/available.mjs';
import { findChromium } from '../packages/core/dist/browser/find.js';

export default async function announceBrowsers() {
  const rows = [['chromium', await findChromium(), 'none found. Run `npm run setup`, or name one with PSP_BROWSER.']];
  for (const name of WANTED) rows.push([name, missing(name) === undefined ? find(name) : undefined, missing(name)]);
  const isCi = process.env.CI === 'true';
  for (const [name, path, reason] of rows) {
    const consequence = name === 'chromium' || isCi ? '' : '. Its tests are skipped';
    console.log(`${name}: ${path ?? `${reason}${consequence}`}`);
  }
  if (process.env.PSP_TESTS !== 'all') console.log('left out: *.long.test.ts, which run with PSP_TESTS=all');
  const absent = rows.filter(([, path]) => path === undefined).map(([name]) => name);
  if (isCi && absent.length > 0) throw new Error(`missing in CI: ${absent.join(', ')}`);
}
