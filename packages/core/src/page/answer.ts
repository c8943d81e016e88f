/** One request in, one reply out (contract.ts), whatever is asked. */
import type { Addressed, PageFailure, PageRequest } from './contract.js';
import { keyPolicy } from './codec/key-policy.js';
import { WireError } from './codec/wire.js';
import { enterBucket } from './depot/buckets.js';
import { describe } from './loss.js';

export interface Reply {
  readonly header: object;
  readonly lines: readonly string[];
}

/** What a bundle can do, by the `do` of a request. */
export type Actions = Readonly<Partial<Record<PageRequest['do'], (request: never) => Promise<Reply>>>>;

export const withHeader = async (header: Promise<object> | object): Promise<Reply> => ({
  header: await header,
  lines: [],
});

const ELSEWHERE: PageFailure = { error: 'the document is of another origin', elsewhere: true };

/** Never rejects: a failure is a reply `{"error": ...}`. */
export async function answer(actions: Actions, text: string): Promise<string> {
  try {
    const request = JSON.parse(text) as PageRequest & Addressed;
    const action = Object.hasOwn(actions, request.do) ? actions[request.do] : undefined;
    if (action === undefined) throw new WireError(`expected do: ${Object.keys(actions).join(', ')}`);
    if (request.origin !== self.origin) return JSON.stringify(ELSEWHERE);
    keyPolicy.exportable = request.keys === 'exportable';
    if (request.bucket !== undefined && request.do !== 'load') await enterBucket(request.bucket);
    const { header, lines } = await action(request as never);
    return [JSON.stringify(header), ...lines].join('\n');
  } catch (error) {
    return JSON.stringify({ error: describe(error) });
  }
}
