/** Loading a client library that the user installs beside PSP. Knows nothing of what the library does. */
import { PspError } from '@psp/protocol';

/**
 * What `load` imports: `loadPeer('pg', () => import('pg'))`. Throws PEER_MISSING with the command that installs it where it is not
 * there, and the library's own error where it is there and broken.
 */
export async function loadPeer<T>(name: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    if (!isAbsent(error, name)) throw error;
    throw new PspError('PEER_MISSING', `this store needs the package ${name}. Run: npm install ${name}`, {
      cause: error,
    });
  }
}

/** A package that lacks one of its own parts is not absent: installing it again may be no help. */
export function isAbsent(error: unknown, name: string): boolean {
  const { code, message } = error as { code?: unknown; message?: unknown };
  return code === 'ERR_MODULE_NOT_FOUND' && String(message).includes(`'${name}'`);
}
