/** psp rollback: an older version of a session becomes its newest. */
import { ID_ARGUMENT, type Command } from '../command.js';
import { findSession } from '../sessions.js';
import { versionNumber } from '../version-of.js';

export const rollback: Command = {
  name: 'rollback',
  summary: 'make an older version of a session the newest',
  description:
    'Saves the content of an older version as the next one. What was saved since stays as a version, so a rollback can be rolled back. Name and tags stay as they are.',
  arguments: [ID_ARGUMENT, { name: '<version>', description: 'its number, as psp versions shows it' }],
  options: [],
  examples: ['psp rollback my-session 3', 'psp rollback 01890a5d-ac96 1 --json'],
  async run(run, [given = '', number = '']) {
    const version = versionNumber(number);
    const archive = await run.archive();
    const { metadata } = await archive.rollback(await findSession(archive, given), version);
    run.output.result(metadata, () =>
      run.output.line(`"${metadata.name}" has version ${metadata.version} now, with the content of version ${version}`),
    );
  },
};
