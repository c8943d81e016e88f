/** Runs page code in a document: in a sandbox of ours beside a site's code, in the default realm of a blank page. */
import { PspError } from '@psp/protocol';
import type { Connection } from './connection.js';

/** One sandbox in each document, whichever call makes it. */
const SANDBOX = 'psp';

type Evaluation =
  | { readonly type: 'success'; readonly result: { readonly type: string; readonly value?: unknown } }
  | { readonly type: 'exception'; readonly exceptionDetails: { readonly exception?: { readonly type?: string } } };

export interface PageCall {
  readonly context: string;
  readonly source: string;
  readonly argument: string;
  /**
   * In a sandbox the page's objects are seen as the browser made them, whatever its scripts did to them. Firefox shows Map, boxed values
   * and `__proto__` keys of a database wrongly there, so blank pages are read and written in their own realm.
   */
  readonly isSandboxed: boolean;
  readonly timeoutMs: number;
}

/** Gives the string that the function returns. Throws UNSUPPORTED when it fails, BROWSER_GONE or TIMEOUT. */
export async function callPage(connection: Connection, call: PageCall): Promise<string> {
  const { context, source, argument, isSandboxed, timeoutMs } = call;
  const params = {
    functionDeclaration: source,
    arguments: [{ type: 'string', value: argument }],
    target: isSandboxed ? { context, sandbox: SANDBOX } : { context },
    awaitPromise: true,
    resultOwnership: 'none',
  };
  const answer = await connection.send<Evaluation>('script.callFunction', params, timeoutMs);
  if (answer.type === 'success' && typeof answer.result.value === 'string') return answer.result.value;
  // Its class only: messages of errors may quote data.
  const failure =
    answer.type === 'success' ? 'it gave no text' : (answer.exceptionDetails.exception?.type ?? 'an error');
  throw new PspError('UNSUPPORTED', `The page code failed: ${failure}.`);
}
