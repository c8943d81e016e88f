/** psp delete: removes a session from the store, after asking. */
import { ID_ARGUMENT, type Command } from '../command.js';
import { EXIT, usageError } from '../failure.js';
import { findSession } from '../sessions.js';
import { confirm } from '../prompt.js';

export const remove: Command<{ yes?: boolean }> = {
  name: 'delete',
  summary: 'delete a session, after asking',
  description: 'Deletes a session with all its versions. Its site is not told: log out there to end the login itself.',
  arguments: [ID_ARGUMENT],
  options: [{ flags: '--yes', description: 'do not ask' }],
  examples: ['psp delete my-session', 'psp delete 01890a5d-ac96 --yes'],
  async run(run, [given = ''], { yes = false }) {
    const archive = await run.archive();
    const id = await findSession(archive, given);
    if (!yes) {
      if (process.stdin.isTTY !== true) throw usageError('delete: expected --yes where there is no terminal to ask at');
      if (!(await confirm(`Delete ${await titleOf()}?`))) {
        run.output.note('kept');
        return EXIT.unexpected;
      }
    }
    await archive.remove(id);
    run.output.result({ id, deleted: true }, () => run.output.line(`deleted ${id}`));
    return EXIT.ok;

    /** A damaged session has no name to show and can still be deleted. */
    async function titleOf(): Promise<string> {
      try {
        return `"${(await archive.metadata(id)).metadata.name}" (${id})`;
      } catch {
        return `the damaged session ${id}`;
      }
    }
  },
};
