/** psp diff: what changed from one session to another. */
import { inlineRecords, type Archive } from '@psp/core';
import { diffSessions, type DiffItem, type SessionDocument } from '@psp/protocol';
import type { Command } from '../command.js';
import { findSession } from '../sessions.js';

export const diff: Command = {
  name: 'diff',
  summary: 'show what differs between two sessions, without values',
  arguments: [
    {
      name: '<a>',
      description: 'the earlier session: its id, its name, or the beginning of its id as psp list shows it',
    },
    { name: '<b>', description: 'the later session' },
  ],
  options: [],
  examples: ['psp diff before-login after-login', 'psp diff 01890a5d-ac96 01890b77-03fe --json'],
  async run(run, [a = '', b = '']) {
    const archive = await run.archive();
    const [before, after] = [await documentOf(archive, a), await documentOf(archive, b)];
    const { added, removed, changed } = diffSessions(before, after);
    const { output } = run;
    output.result({ a: before.id, b: after.id, added, removed, changed }, () => {
      for (const item of removed) output.line(lineOf('-', item));
      for (const item of added) output.line(lineOf('+', item));
      for (const item of changed) output.line(lineOf('~', item));
      output.line(`${added.length} added, ${removed.length} removed, ${changed.length} changed`);
    });
  },
};

async function documentOf(archive: Archive, given: string): Promise<SessionDocument> {
  const { state } = await archive.open(await findSession(archive, given));
  return inlineRecords(state);
}

function lineOf(sign: string, { kind, origin, item }: DiffItem): string {
  return [sign, kind, item, ...(origin === undefined ? [] : ['of', origin])].join(' ');
}
