/** Questions to the person at the terminal. Asked on standard error, so that standard output stays a result. */
import { createInterface } from 'node:readline';
import { plainText } from './plain-text.js';

/** True only for a clear yes. The end of the input is a no. */
export async function confirm(question: string): Promise<boolean> {
  process.stderr.write(`${plainText(question)} [y/N] `);
  const answer = await firstLine(new AbortController().signal);
  return /^\s*y(es)?\s*$/i.test(answer ?? '');
}

/** Resolves at the next Enter. The end of the input is none: it never resolves then, nor once the signal aborts. */
export async function enterPressed(signal: AbortSignal): Promise<void> {
  if ((await firstLine(signal)) === undefined) await new Promise(() => undefined);
}

function firstLine(signal: AbortSignal): Promise<string | undefined> {
  const lines = createInterface({ input: process.stdin });
  return new Promise((resolve) => {
    const end = (line: string | undefined): void => {
      resolve(line);
      lines.close();
      process.stdin.unref?.();
    };
    lines.once('line', end);
    lines.once('close', () => end(undefined));
    signal.addEventListener('abort', () => end(undefined), { once: true });
  });
}
