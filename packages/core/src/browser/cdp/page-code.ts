/** Page code by CDP: the world that it runs in, and a call there. */
import { PspError } from '@psp/protocol';
import type { Target } from './target.js';

/** Gives the execution context of a world of our own, beside the page's. */
export async function isolatedWorld(target: Target, frameId: string, timeoutMs: number): Promise<number> {
  const { executionContextId } = await target.send(
    'Page.createIsolatedWorld',
    { frameId, worldName: 'psp' },
    timeoutMs,
  );
  return executionContextId;
}

/** Calls the page function, a function expression, with one string. Throws UNSUPPORTED when it fails or gives no string. */
export async function callIn(
  target: Target,
  executionContextId: number,
  source: string,
  argument: string,
  timeoutMs: number,
): Promise<string> {
  const call = { functionDeclaration: source, executionContextId, awaitPromise: true, returnByValue: true };
  const withArgument = { ...call, arguments: [{ value: argument }] };
  const { result, exceptionDetails } = await target.send('Runtime.callFunctionOn', withArgument, timeoutMs);
  if (exceptionDetails !== undefined || typeof result.value !== 'string') {
    // Its class only: messages of errors may quote data.
    const failure = exceptionDetails === undefined ? 'it gave no text' : exceptionDetails.exception?.className;
    throw new PspError('UNSUPPORTED', `The page code failed: ${failure ?? 'an unknown error'}.`);
  }
  return result.value;
}
