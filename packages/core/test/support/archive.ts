/** Archives for tests: on any store, with one key, with clocks that the test sets, over stores that fail as it says. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PspError } from '@psp/protocol';
import { afterAll, expect } from 'vitest';
import { Archive, type ArchiveOptions } from '../../src/archive.js';
import { openKeySource } from '../../src/seal/key-file.js';
import type { Store } from '../../src/store/store.js';
import { collectBatches } from './session-state.js';

/** A folder for the tests of one file, and archives whose key stands in it. */
export function archives(): { folder: string; archiveOn(store: Store, options?: ArchiveOptions): Archive } {
  const folder = mkdtempSync(join(tmpdir(), 'psp-archives-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const keyFile = join(folder, 'key.json');
  return { folder, archiveOn: (store, options) => new Archive(store, openKeySource({ keyFile }), options) };
}

export async function errorOf(operation: Promise<unknown>): Promise<PspError> {
  const error: unknown = await operation.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(PspError);
  return error as PspError;
}

/** What `makeState({ secret })` put into a version. */
export async function secretOf(archive: Archive, id: string, version?: number): Promise<string> {
  const { state } = await archive.open(id, version === undefined ? {} : { version });
  await collectBatches(state);
  return state.document.cookies[0]!.value;
}

export async function keysOf(store: Store, prefix = ''): Promise<string[]> {
  return (await store.list(prefix, { limit: 1000 })).items.map(({ key }) => key);
}

/** A store of which some operations are other ones. */
export function changed(store: Store, changes: Partial<Store>): Store {
  return {
    url: store.url,
    features: store.features,
    get: (key) => store.get(key),
    put: (key, body, condition) => store.put(key, body, condition),
    list: (prefix, options) => store.list(prefix, options),
    remove: (key) => store.remove(key),
    probe: () => store.probe(),
    close: () => store.close(),
    ...changes,
  };
}

/** A store whose puts to some keys are done, and then not confirmed, as long as `on` says so. */
export function losesReplies(store: Store, on: (key: string) => boolean): Store {
  return changed(store, {
    put: async (key, body, condition) => {
      const etag = await store.put(key, body, condition);
      if (on(key)) throw new Error('the connection was cut');
      return etag;
    },
  });
}
