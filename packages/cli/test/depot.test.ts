/** `psp show` and `psp diff` of a session with caches, private files, a worker and a bucket. */
import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Home } from './psp.js';

const VECTOR = new URL('../../../spec/vectors/valid/caches-files.json', import.meta.url);

let home: Home;
beforeAll(async () => {
  home = await Home.make();
  const { document } = JSON.parse(await readFile(VECTOR, 'utf8')) as { document: object };
  await writeFile(home.path('full.json'), JSON.stringify(document));
  await home.json(['import', 'full.json']);
});
afterAll(() => home.remove());

test('show names caches, files, workers and buckets with their sizes', async () => {
  const { origins } = await home.json<{ origins: unknown[] }>(['show', 'example']);
  expect(origins).toMatchObject([
    {
      origin: 'https://app.example',
      caches: [
        { name: 'pages', entries: 2 },
        { name: expect.any(String), entries: 0 },
      ],
      files: { count: 3 },
      serviceWorkers: ['https://app.example/'],
      persisted: true,
    },
    { origin: 'https://app.example', bucket: 'drafts', caches: [], files: { count: 1 } },
  ]);
  const human = (await home.psp(['show', 'example'])).stdout;
  for (const shown of ['pages', 'private files', 'service worker', 'https://app.example, buck'])
    expect(human).toContain(shown);
});
