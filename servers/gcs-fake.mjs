// @ts-check
/**
 * A fake of Google Cloud Storage, for there is no server of it to run: it shows that the driver keeps to what Google documents, not
 * that Google does. What it acknowledged outlives its process. `PSP_TEST_GCS_URL=gs://bucket/prefix` names a real bucket, with the credentials
 * that Google's library finds.
 */
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { dataFolder, freePort, startServer, testServer } from './process.mjs';
import { elsewhere } from './programs.mjs';
import { foreignStore, makeStore } from './made.mjs';

const PROGRAM = fileURLToPath(new URL('gcs-fake/main.mjs', import.meta.url));

/** @type {import('./server.js').ServerKind} */
export const gcsFake = {
  name: 'gcs-fake',
  variable: 'PSP_TEST_GCS_URL',
  programs: [],
  debian: [],
  missing: () => undefined,
  async start() {
    const given = elsewhere(gcsFake.variable);
    if (given !== undefined) return foreignStore(given);
    const folder = await dataFolder('gcs-fake');
    const port = await freePort();
    const data = `${folder.path}/objects`;
    await mkdir(data);
    const answers = () => fetch(`http://127.0.0.1:${port}/`);
    const launch = () => startServer(process.execPath, [PROGRAM, String(port), data], { folder, answers });
    const url = `gs://psp-test/sessions?endpoint=http://127.0.0.1:${port}`;
    return makeStore(await testServer({ url, folder, launch, endSignal: 'SIGKILL' }));
  },
};
