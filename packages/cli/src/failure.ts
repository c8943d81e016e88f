/** How a failure ends `psp`: one line, one line of advice, and the exit code of the error's row. No stack for a user's mistake. */
import { ERROR_KINDS, PspError, type Loss } from '@psp/protocol';
import { plainJson, plainText, withoutQueries } from './plain-text.js';

/** The codes beside those of ERROR_KINDS. */
export const EXIT = { ok: 0, unexpected: 1, usage: 2, interrupted: 130 } as const;

interface Failure {
  readonly code: string;
  readonly message: string;
  readonly advice: string;
  readonly exit: number;
  readonly report?: unknown;
}

/** Writes the failure to standard error, and gives the exit code. */
export function reportFailure(error: unknown, json: boolean): number {
  const { exit, ...failure } = failureOf(error);
  if (json) process.stderr.write(`${plainJson(JSON.stringify({ error: failure }, undefined, 2))}\n`);
  else
    process.stderr.write(
      `psp: ${plainText(failure.message)}\n${plainText(failure.advice)}\n${reportLines(failure.report)}`,
    );
  // PSP_DEBUG is for whoever looks for a bug of PSP.
  if (process.env['PSP_DEBUG'] === '1') process.stderr.write(`${plainLines(stackOf(error))}\n`);
  return exit;
}

/** A mistake in the command line itself. */
export function usageError(message: string): PspError {
  return new PspError('INVALID_INPUT', message);
}

function failureOf(error: unknown): Failure {
  if (error instanceof PspError) {
    const { advice, exit } = ERROR_KINDS[error.code];
    const report = error.report === undefined ? {} : { report: publicReport(error.report) };
    return { code: error.code, message: withoutQueries(error.message), advice, exit, ...report };
  }
  return {
    code: 'UNEXPECTED',
    message: `unexpected error: ${withoutQueries(error instanceof Error ? error.message : String(error))}`,
    advice: 'This is a fault of PSP. Run it again with PSP_DEBUG=1 and report what it prints.',
    exit: EXIT.unexpected,
  };
}

/** Reports name tabs by their addresses. */
function publicReport(report: unknown): unknown {
  return JSON.parse(withoutQueries(JSON.stringify(report)));
}

/** What a restore did and did not do. */
function reportLines(report: unknown): string {
  const { done, notDone, losses } = Object(report) as { done?: unknown; notDone?: unknown; losses?: unknown };
  const line = (title: string, items: unknown): string =>
    Array.isArray(items) && items.length > 0
      ? `${title}: ${items.map((item) => plainText(String(item))).join(', ')}\n`
      : '';
  const { lost = losses } = Object(report) as { lost?: unknown };
  return line('done', done) + line('not done', notDone) + lossLines(lost);
}

/** What was lost, one line each, with what to do. */
function lossLines(losses: unknown): string {
  if (!Array.isArray(losses)) return '';
  return (losses as Loss[])
    .map(({ code, origin, item, detail, advice }) => {
      const where = [item, origin].filter((part) => part !== undefined).join(' of ');
      return `lost: ${plainText([code, where, detail, advice].filter((part) => part !== undefined && part !== '').join(' - '))}\n`;
    })
    .join('');
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  const cause = error.cause === undefined ? '' : `\ncaused by ${stackOf(error.cause)}`;
  return withoutQueries(error.stack ?? error.message) + cause;
}

function plainLines(text: string): string {
  return text.split('\n').map(plainText).join('\n');
}
