/** psp store check: what a store guarantees, and whether it keeps the promises that PSP needs. */
import { checkStore } from '@psp/core';
import type { Command } from '../command.js';
import { storeUrls, URL_NOTE } from '../store-url.js';

export const storeCheck: Command = {
  name: 'store check',
  summary: 'try what a store guarantees',
  description:
    'Opens a store, tries each promise that PSP needs on scratch values, which it removes, and tells what the back end says of itself.',
  arguments: [{ name: '[url]', description: `${URL_NOTE} (default: the store in use)` }],
  options: [],
  examples: ['psp store check', 'psp store check postgres://localhost/psp', 'psp store check file:/backup/psp --json'],
  async run(run, given) {
    const [url] = await storeUrls(given);
    const store = await run.openStore(url);
    try {
      run.output.progress(`checking ${store.url} ...`);
      const check = await checkStore(store);
      const { output } = run;
      output.result({ ...check, promises: check.promises.map((promise) => ({ promise, ok: true })) }, () => {
        output.line(check.url);
        output.heading('Guarantees');
        const { persistent, watch } = check.features;
        for (const [name, value] of [
          ...check.facts.map((fact) => [fact.name, fact.value]),
          ['persistent', persistent ? 'yes: values outlive the process' : 'no: values end with the process'],
          ['watch', watch ? 'yes: tells of changes by other processes' : 'no: changes are found by looking again'],
        ])
          output.line(`${name?.padEnd(13)}${value}`);
        output.heading('Tried');
        for (const promise of check.promises) output.marked('green', 'ok', promise);
      });
    } finally {
      await store.close();
    }
  },
};
