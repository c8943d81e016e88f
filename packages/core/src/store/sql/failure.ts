/** What an error of a SQL server means to a caller, by tables of the drivers. Knows no server. */
import { PspError, type ErrorCode } from '@psp/protocol';

/** By the server's own code. Only codes with which the server says that the statement was not done: what is missing here leaves it open. */
export type FailureTable = Readonly<Record<string, readonly [code: ErrorCode, words: string]>>;

/** The PspError for an error of a client; undefined where the table does not know it. */
export function knownFailure(
  table: FailureTable,
  url: string,
  error: unknown,
  found = codeOf(error),
): PspError | undefined {
  if (error instanceof PspError) return error;
  const row = Object.hasOwn(table, found) ? table[found] : undefined;
  if (row === undefined) return undefined;
  const [code, words] = row;
  const advice = code === 'STORE_MISSING' ? `. Run: psp store init ${url}` : '';
  return new PspError(code, `${url}: ${words} (${found})${advice}`, { cause: error });
}

/** For an error before anything was sent. */
export function connectFailure(table: FailureTable, url: string, error: unknown): PspError {
  const words = `no connection to the server (${codeOf(error)}). Check that it runs, and the host and port`;
  return knownFailure(table, url, error) ?? new PspError('STORE_UNAVAILABLE', `${url}: ${words}`, { cause: error });
}

/** Not the message: a server's words may hold a user's name or a value. */
export function codeOf(error: unknown): string {
  const { code, name } = error as { code?: unknown; name?: unknown };
  return String(code ?? name ?? typeof error);
}
