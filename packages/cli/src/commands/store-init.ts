/** psp store init: makes what a store needs before its first use. */
import type { Command } from '../command.js';
import { storeUrls, URL_NOTE } from '../store-url.js';

export const storeInit: Command = {
  name: 'store init',
  summary: 'make the table or bucket of a store',
  description:
    'Makes what a store needs before its first use: a table, a bucket, a container. Where it is there, nothing changes. Folders and Redis need nothing.',
  arguments: [{ name: '[url]', description: `${URL_NOTE} (default: the store in use)` }],
  options: [],
  examples: ['psp store init postgres://localhost/psp', 'psp store init s3://my-bucket/psp'],
  async run(run, given) {
    const [url] = await storeUrls(given);
    const store = await run.openStore(url);
    try {
      await store.init?.();
      await store.probe();
      run.output.result({ url: store.url, ready: true }, () => run.output.line(`${store.url} is ready`));
    } finally {
      await store.close();
    }
  },
};
