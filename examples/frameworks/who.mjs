/** What the demo's application says: it alone decides who is logged in. */
import { setTimeout as sleep } from 'node:timers/promises';

const PATIENCE_MS = 30_000;
const POLL_MS = 50;

/**
 * Does something that ends on the dashboard, and gives the name of whom the server saw there.
 *
 * @param {import('@psp-examples/demo/app.d.mts').DemoApp} app
 * @param {() => Promise<unknown>} work
 * @returns {Promise<string>}
 */
export async function whoIsSeen(app, work) {
  const before = app.whoami.length;
  await work();
  const until = performance.now() + PATIENCE_MS;
  while (app.whoami.length === before) {
    if (performance.now() > until) throw new Error('nobody came to the dashboard');
    await sleep(POLL_MS);
  }
  const { name, missing } = app.whoami.at(-1);
  if (name === undefined) throw new Error(`the server sees nobody: no valid ${missing}`);
  return name;
}
