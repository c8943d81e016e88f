// @ts-check
/**
 * Azurite, Microsoft's own stand-in for Azure Blob Storage (npm). It keeps what it acknowledged in memory for a while: killed, it loses
 * its newest blobs, so it is of no use where a server is killed.
 */
import { randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import { dataFolder, freePort, listens, startServer, testServer } from './process.mjs';
import { elsewhere } from './programs.mjs';
import { foreignStore, makeStore } from './made.mjs';

const require = createRequire(import.meta.url);

/** @type {import('./server.js').ServerKind} */
export const azurite = {
  name: 'azurite',
  variable: 'PSP_TEST_AZURE_URL',
  programs: [],
  debian: [],
  missing: () => undefined,
  async start() {
    const given = elsewhere(azurite.variable);
    if (given !== undefined) return foreignStore(given);
    const folder = await dataFolder('azurite');
    const port = await freePort();
    const key = randomBytes(64).toString('base64');
    const program = require.resolve('azurite/dist/src/blob/main.js');
    const options = [
      ...['--blobHost', '127.0.0.1', '--blobPort', String(port), '-l', folder.path, '--silent', '--disableTelemetry'],
      // It knows older versions of the API than the client library asks for.
      '--skipApiVersionCheck',
    ];
    const launch = () =>
      startServer(process.execPath, [program, ...options], {
        folder,
        answers: () => listens(port),
        env: { AZURITE_ACCOUNTS: `psptest:${key}` },
      });
    const url = `azure://psptest:${encodeURIComponent(key)}@psp-test/sessions?endpoint=http://127.0.0.1:${port}/psptest`;
    return makeStore(await testServer({ url, folder, launch }));
  },
};
