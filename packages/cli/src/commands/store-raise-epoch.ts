/** psp store raise-epoch: after a backup was put back by other means than `store copy`, so that no fencing token is given twice. */
import { raiseEpoch, readEpoch, type Store } from '@psp/core';
import { PspError } from '@psp/protocol';
import type { Command } from '../command.js';
import { usageError } from '../failure.js';
import { storeUrls, URL_NOTE } from '../store-url.js';

interface Options {
  above?: string;
}

export const storeRaiseEpoch: Command<Options> = {
  name: 'store raise-epoch',
  summary: 'keep old leases out of a backup that was put back',
  description: [
    'Raises the epoch of a store that was put back from a backup by other means than `psp store copy`, before programs take leases there. Fencing tokens',
    'from then on are higher than all that were given before, and leases from before are refused.',
  ].join(' '),
  arguments: [{ name: '[url]', description: `${URL_NOTE} (default: the store in use)` }],
  options: [
    { flags: '--above <epoch>', description: 'at least one more than this: the last epoch, where it is known' },
  ],
  examples: ['psp store raise-epoch postgres://localhost/psp', 'psp store raise-epoch --above 7900'],
  async run(run, given, { above }) {
    const options = above === undefined ? {} : { above: epochOf(above) };
    const [url] = await storeUrls(given);
    const store = await run.openStore(url);
    try {
      await requireContent(store);
      const before = await readEpoch(store);
      const epoch = await raiseEpoch(store, options);
      run.output.result({ url: store.url, before, epoch }, () =>
        run.output.line(`${store.url}: the epoch is ${epoch}, and was ${before}`),
      );
    } finally {
      await store.close();
    }
  },
};

/** A wrong URL would otherwise look as if the store that was put back were safe. */
async function requireContent(store: Store): Promise<void> {
  const { items } = await store.list('', { limit: 1 });
  if (items.length === 0)
    throw new PspError('NOT_FOUND', `${store.url} is empty: expected the store that was put back`);
}

function epochOf(given: string): number {
  if (/^\d{1,15}$/.test(given)) return Number(given);
  throw usageError(`--above: expected an epoch, found ${JSON.stringify(given.slice(0, 20))}`);
}
