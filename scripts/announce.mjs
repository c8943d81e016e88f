/**
 * Before the tests: says which browsers and servers they use. In CI a missing one ends the run, since what needs it would prove
 * nothing.
 */
import { find, missing, WANTED } from '../matrix/browsers/available.mjs';
import { findChromium } from '../packages/core/dist/browser/find.js';
import { SERVERS } from '../servers/index.mjs';
import { describeServer } from '../servers/programs.mjs';

export default async function announce() {
  const rows = [['chromium', await findChromium(), 'none found. Run `npm run setup`, or name one with PSP_BROWSER.']];
  for (const name of WANTED) rows.push(rowOf(name, missing(name), () => find(name)));
  for (const kind of SERVERS) rows.push(rowOf(kind.name, kind.missing(), () => describeServer(kind)));
  const isCi = process.env.CI === 'true';
  for (const [name, found, reason] of rows) {
    const consequence = name === 'chromium' || isCi ? '' : '. Its tests are skipped';
    console.log(`${name}: ${found ?? `${reason}${consequence}`}`);
  }
  if (process.env.PSP_TESTS !== 'all') console.log('left out: *.long.test.ts, which run with PSP_TESTS=all');
  const absent = rows.filter(([, found]) => found === undefined).map(([name]) => name);
  if (isCi && absent.length > 0) throw new Error(`missing in CI: ${absent.join(', ')}`);
}

/** @returns {[string, string | undefined, string | undefined]} */
function rowOf(name, reason, describe) {
  return [name, reason === undefined ? describe() : undefined, reason];
}
