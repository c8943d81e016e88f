/** psp diff: what changed from one session to another. */
import { inlineRecords, type OpenedSession } from '@psp/core';
import { diffSessions, type DiffItem } from '@psp/protocol';
import type { Command } from '../command.js';
import { openVersion, VERSION_ARGUMENT } from '../version-of.js';

export const diff: Command = {
  name: 'diff',
  summary: 'show what differs between two sessions or versions, without values',
  arguments: [
    { name: '<a>', description: VERSION_ARGUMENT.description.replace('the session', 'the earlier session') },
    { name: '<b>', description: 'the later one, likewise' },
  ],
  options: [],
  examples: ['psp diff before-login after-login', 'psp diff my-session@2 my-session@3 --json'],
  async run(run, [a = '', b = '']) {
    const archive = await run.archive();
    const [before, after] = [await openVersion(archive, a), await openVersion(archive, b)];
    const { added, removed, changed } = diffSessions(await documentOf(before), await documentOf(after));
    const { output } = run;
    const versions = { aVersion: before.metadata.version, bVersion: after.metadata.version };
    output.result({ a: before.metadata.id, b: after.metadata.id, ...versions, added, removed, changed }, () => {
      for (const item of removed) output.line(lineOf('-', item));
      for (const item of added) output.line(lineOf('+', item));
      for (const item of changed) output.line(lineOf('~', item));
      output.line(`${added.length} added, ${removed.length} removed, ${changed.length} changed`);
    });
  },
};

const documentOf = ({ state }: OpenedSession) => inlineRecords(state);

function lineOf(sign: string, { kind, origin, item }: DiffItem): string {
  return [sign, kind, item, ...(origin === undefined ? [] : ['of', origin])].join(' ');
}
