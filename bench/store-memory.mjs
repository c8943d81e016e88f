/** One save and one load of a large session in a process of its own: `store-memory.mjs BYTES`, with PSP_STORE and PSP_KEY_FILE. Prints peaks as JSON. */
import { Archive, openKeySource, openStore } from '@psp/core';
import { digestOf, stateOf } from './store-states.mjs';

const SAMPLE_MS = 5;
const bytes = Number(process.argv[2]);
const archive = new Archive(await openStore(), openKeySource());
const small = await archive.save(stateOf(10_000));
await digestOf((await archive.open(small.metadata.id)).state);

const saved = await peakOver(() => archive.save(stateOf(bytes)));
const { id } = saved.value.metadata;
const loaded = await peakOver(async () => digestOf((await archive.open(id)).state));
console.log(JSON.stringify({ save: saved.peak, load: loaded.peak }));
await archive.close();

async function peakOver(work) {
  globalThis.gc?.();
  const before = process.memoryUsage.rss();
  let peak = before;
  const timer = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), SAMPLE_MS);
  try {
    const value = await work();
    return { value, peak: Math.max(peak, process.memoryUsage.rss()) - before };
  } finally {
    clearInterval(timer);
  }
}
