/** psp versions: what is kept of a session's past. */
import { ID_ARGUMENT, type Command } from '../command.js';
import { findSession } from '../sessions.js';
import { byteSize, fullTime } from '../units.js';

export const versions: Command = {
  name: 'versions',
  summary: 'list the versions of a session',
  description:
    'Lists the versions of a session that are kept, the newest first: each capture makes one. psp show ID@3 shows an older one, psp restore ID@3 restores it into a browser, and psp rollback ID 3 makes it the newest.',
  arguments: [ID_ARGUMENT],
  options: [],
  examples: ['psp versions my-session', 'psp versions 01890a5d-ac96 --json'],
  async run(run, [given = '']) {
    const archive = await run.archive();
    const id = await findSession(archive, given);
    const found = await archive.versions(id);
    run.output.result({ id, versions: found }, () => {
      const columns = [
        { title: 'VERSION', right: true, whole: true },
        { title: 'CAPTURED', whole: true },
        { title: 'SIZE', right: true, whole: true },
      ];
      const rows = found.map(({ version, capturedAt, bytes }) => [
        String(version),
        fullTime(capturedAt),
        byteSize(bytes),
      ]);
      run.output.table(columns, rows);
    });
  },
};
