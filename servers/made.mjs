// @ts-check
/** Makes the bucket or container in a server that is up. Loads PSP itself, which the set-up reads these files without. */
import { foreignServer } from './process.mjs';

/** @typedef {import('./server.js').TestServer} TestServer */

/** A server that cannot be used is ended. @param {TestServer} server */
export async function makeStore(server) {
  const { openStore } = await import('../packages/core/dist/store/open.js');
  try {
    const store = await openStore(server.url);
    await store.init?.();
    await store.close();
  } catch (error) {
    await server.stop();
    throw error;
  }
  return server;
}

/** One of somebody else's. @param {string} url */
export const foreignStore = (url) => makeStore(foreignServer(url));
