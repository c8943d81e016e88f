/** Several statements as one, and what is known of them when it fails. Knows nothing of what they say. */
import { PspError } from '@psp/protocol';
import type { SqlConnection } from './database.js';
import { codeOf } from './failure.js';

/**
 * Commits when `work` gives true, else rolls back. Until the commit is sent nothing was changed, so a connection that breaks before
 * is STORE_UNAVAILABLE; one that breaks in it leaves the outcome open, and the client's own error comes through. After a
 * throw the connection must be given up, for the transaction may still be open on it.
 */
export async function inTransaction(
  connection: SqlConnection,
  url: string,
  work: () => Promise<boolean>,
): Promise<boolean> {
  let done: boolean;
  try {
    await connection.change('BEGIN', []);
    done = await work();
    if (!done) await connection.change('ROLLBACK', []);
  } catch (error) {
    if (error instanceof PspError) throw error;
    const words = `the connection failed before the commit (${codeOf(error)})`;
    throw new PspError('STORE_UNAVAILABLE', `${url}: ${words}`, { cause: error });
  }
  if (done) await connection.change('COMMIT', []);
  return done;
}
