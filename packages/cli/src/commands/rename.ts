/** psp rename: gives a session another name. */
import { ID_ARGUMENT, type Command } from '../command.js';
import { usageError } from '../failure.js';
import { findSession } from '../sessions.js';

export const rename: Command = {
  name: 'rename',
  summary: 'give a session another name',
  arguments: [ID_ARGUMENT, { name: '<name>', description: 'the new name, of 1 to 200 characters' }],
  options: [],
  examples: ['psp rename my-session staging-admin', 'psp rename 01890a5d-ac96 "Shop, as buyer"'],
  async run(run, [given = '', name = '']) {
    if (name.trim() === '') throw usageError('name: expected 1 to 200 characters, found none');
    const archive = await run.archive();
    const id = await findSession(archive, given);
    const { metadata } = await archive.update(id, { name });
    run.output.result(metadata, () => run.output.line(`renamed ${id} to "${metadata.name}"`));
  },
};
