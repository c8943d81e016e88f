/** psp tag: adds tags to a session and takes others away. */
import { ID_ARGUMENT, type Command } from '../command.js';
import { usageError } from '../failure.js';
import { findSession } from '../sessions.js';

export const tag: Command<{ add?: string[]; remove?: string[] }> = {
  name: 'tag',
  summary: 'add tags to a session, or remove them',
  arguments: [ID_ARGUMENT],
  options: [
    { flags: '--add <tag>', description: 'a tag to add (again for several)', repeated: true },
    { flags: '--remove <tag>', description: 'a tag to remove (again for several)', repeated: true },
  ],
  examples: ['psp tag my-session --add staging --add admin', 'psp tag my-session --remove staging'],
  async run(run, [given = ''], { add = [], remove = [] }) {
    if (add.length + remove.length === 0) throw usageError('tag: expected --add or --remove, found neither');
    const archive = await run.archive();
    const id = await findSession(archive, given);
    const { metadata } = await archive.metadata(id);
    const kept = metadata.tags.filter((one) => !remove.includes(one));
    const { metadata: updated } = await archive.update(id, { tags: [...new Set([...kept, ...add])] });
    run.output.result(updated, () => {
      run.output.line(updated.tags.length === 0 ? `${id} has no tags` : `${id} has the tags ${updated.tags.join(' ')}`);
    });
  },
};
