/** What one case of the store suites is, and what the cases share. Knows no case. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { PspError } from '@psp/protocol';
import type { ListedItem, Store } from '../store/store.js';

export interface StoreCase {
  readonly name: string;
  /** Throws when the store breaks the promise. */
  run(store: Store): Promise<void>;
}

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
export const scratch = (): string => `suite/${randomUUID()}`;
export const create = { absent: true } as const;

/** The code of the error of an operation, or `done`. */
export async function code(operation: Promise<unknown>): Promise<string> {
  return operation.then(
    () => 'done',
    (error: unknown) => (error instanceof PspError ? error.code : `not a PspError: ${String(error)}`),
  );
}

/** All pages. `between` is done after each. */
export async function itemsOf(
  store: Store,
  prefix: string,
  limit: number,
  between?: () => Promise<void>,
): Promise<ListedItem[]> {
  const items: ListedItem[] = [];
  let after: string | undefined;
  do {
    const page = await store.list(prefix, after === undefined ? { limit } : { after, limit });
    assert.ok(page.items.length <= limit, `a page of ${page.items.length} items for the limit ${limit}`);
    items.push(...page.items);
    after = page.next;
    await between?.();
  } while (after !== undefined);
  return items;
}

export async function listAll(...list: Parameters<typeof itemsOf>): Promise<string[]> {
  return (await itemsOf(...list)).map(({ key }) => key);
}

export async function replace(store: Store, key: string, text: string): Promise<string> {
  const found = await store.get(key);
  return store.put(key, bytes(text), { etag: found?.etag ?? 'none' });
}
