/** `ID@3`: a session and one of its versions, as a person writes them. */
import type { Archive, OpenedSession } from '@psp/core';
import { isSessionId, PspError } from '@psp/protocol';
import { findSession } from './sessions.js';
import type { ArgumentRow } from './command.js';
import { usageError } from './failure.js';

export const VERSION_ARGUMENT: ArgumentRow = {
  name: '<id>',
  description:
    'the session: its id, its name, or the beginning of its id as psp list shows it; an older version as ID@3',
};

export interface VersionOf {
  readonly id: string;
  /** The newest where none was named. */
  readonly version?: number;
}

/** A name may hold an @ itself: what fits as a whole is a session, and only else a version of one. Throws as `findSession` does. */
async function findVersion(archive: Archive, given: string): Promise<VersionOf> {
  const [, base = '', number = ''] = /^(.+)@(\d{1,15})$/s.exec(given) ?? [];
  if (base === '') return { id: await findSession(archive, given) };
  if (!isSessionId(base)) {
    try {
      return { id: await findSession(archive, given) };
    } catch (error) {
      if (!(error instanceof PspError) || error.code !== 'NOT_FOUND') throw error;
    }
  }
  return { id: await findSession(archive, base), version: versionNumber(number) };
}

export async function openVersion(archive: Archive, given: string): Promise<OpenedSession> {
  const { id, version } = await findVersion(archive, given);
  return archive.open(id, version === undefined ? {} : { version });
}

/** Throws INVALID_INPUT unless it is a whole number of 1 or more. */
export function versionNumber(given: string): number {
  if (/^[1-9]\d{0,14}$/.test(given)) return Number(given);
  throw usageError(
    `version: expected a number of 1 or more, as psp versions shows it, found ${JSON.stringify(given.slice(0, 20))}`,
  );
}
