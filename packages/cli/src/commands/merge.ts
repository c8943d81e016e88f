/** psp merge: several sessions become one new one. */
import { inlineRecords, splitRecords, type Archive } from '@psp/core';
import { mergeSessions, newSessionId, type MergeConflict, type SessionDocument } from '@psp/protocol';
import type { Command } from '../command.js';
import { usageError } from '../failure.js';
import type { Run } from '../run.js';
import { reportSaved } from '../saved.js';
import { findSession } from '../sessions.js';
import { plural, relativeTime } from '../units.js';

const BATCH_BYTES = 4 * 1024 * 1024;

interface Options {
  name: string;
  base?: string;
  tag?: string[];
}

export const merge: Command<Options> = {
  name: 'merge',
  summary: 'make one session of several',
  description: [
    'Stores a new session; those that were merged stay as they are. Without --base the new one holds what any of them holds, and where they differ what was captured last.',
    'With --base, the session from which all of them come, it takes what each of them changed since, and what one deleted is deleted.',
    'Tabs are those of the session that was captured last.',
  ].join(' '),
  arguments: [
    { name: '<a>', description: 'a session' },
    { name: '<b...>', description: 'one or more others' },
  ],
  options: [
    { flags: '--name <name>', description: 'name of the new session', required: true },
    { flags: '--base <id>', description: 'the session from which all of them come' },
    { flags: '--tag <tag>', description: 'a tag for it (again for several)', repeated: true },
  ],
  examples: ['psp merge shop bank --name both', 'psp merge worker-1 worker-2 --base start --name merged'],
  async run(run, given, { name, base: ancestor, tag = [] }) {
    const archive = await run.archive();
    const ids = await Promise.all(given.map((one) => findSession(archive, one)));
    if (new Set(ids).size < ids.length) throw usageError('expected different sessions, found one of them twice');
    const base = ancestor === undefined ? undefined : await opened(archive, await findSession(archive, ancestor));
    const sessions = await Promise.all(ids.map((id) => opened(archive, id)));
    const { document, conflicts } = mergeSessions({ sessions, ...(base === undefined ? {} : { base }) });
    const merged: SessionDocument = { ...document, id: newSessionId(), name, tags: tag };
    const { metadata } = await run.save(splitRecords(merged, { maxBytes: BATCH_BYTES }));
    const tell = (): void => tellConflicts(run, conflicts);
    reportSaved(run, 'merged into', metadata, { ...merged, more: { json: { conflicts }, tell } });
  },
};

const SHOWN = 20;

function tellConflicts({ output }: Run, conflicts: readonly MergeConflict[]): void {
  if (conflicts.length === 0) return;
  output.note(`differed in ${plural(conflicts.length, 'part')}:`);
  for (const conflict of conflicts.slice(0, SHOWN)) output.note(`  - ${wordsOf(conflict)}`);
  if (conflicts.length > SHOWN) output.note(`  - and ${conflicts.length - SHOWN} more, which --json lists`);
}

async function opened(archive: Archive, id: string): Promise<SessionDocument> {
  return inlineRecords((await archive.open(id)).state);
}

function wordsOf({ kind, origin, item, kept, deleted }: MergeConflict): string {
  const what = item === '' ? `storage of ${origin}` : `${kind} ${item} of ${origin}`;
  return `${what}: ${deleted === true ? 'deleted' : 'taken'} as in the session captured ${relativeTime(kept)}`;
}
