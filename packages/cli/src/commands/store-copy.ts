/** psp store copy: moves sessions from one store to another. */
import { Archive, copyStore, type CopyReport, type Store } from '@psp/core';
import { ERROR_KINDS, isSessionId } from '@psp/protocol';
import type { Command } from '../command.js';
import { EXIT } from '../failure.js';
import type { Run } from '../run.js';
import { findSession } from '../sessions.js';
import { storeUrls, URL_NOTE } from '../store-url.js';
import { byteSize, plural } from '../units.js';

interface Options {
  session?: string[];
  dryRun?: boolean;
}

export const storeCopy: Command<Options> = {
  name: 'store copy',
  summary: 'copy sessions to another store',
  description: [
    'Copies sessions with their versions, and what was deleted, sealed as they are: no key is needed. What is there already is skipped, so a copy that was',
    'interrupted goes on when it is run again. A session of the target is replaced only by a later state of itself; anything else that differs is a conflict,',
    'stays as it is, and makes the command end with 5. The source is not changed.',
  ].join(' '),
  arguments: [
    { name: '<from>', description: URL_NOTE },
    { name: '<to>', description: 'the store that gets the sessions, likewise' },
  ],
  options: [
    { flags: '--session <id>', description: 'only this session (again for several)', repeated: true },
    { flags: '--dry-run', description: 'tell what would be done, and write nothing' },
  ],
  examples: [
    'psp store copy local postgres://localhost/psp',
    'psp store copy s3://bucket/psp file:/backup/psp --dry-run',
    'psp store copy local file:/backup/psp --session my-session',
  ],
  async run(run, given, { session = [], dryRun = false }) {
    const [fromUrl = '', toUrl = ''] = await storeUrls(given);
    const from = await run.openStore(fromUrl);
    const to = await run.openStore(toUrl);
    try {
      const sessions = session.length === 0 ? {} : { sessions: await idsOf(run, from, session) };
      const report = await copyStore(from, to, {
        ...sessions,
        dryRun,
        onProgress: ({ done, total }) => run.output.progress(`copying ${done} of ${total} ...`),
      });
      tell(run, report, { from: from.url, to: to.url, dryRun });
      return exitOf(report);
    } finally {
      await Promise.all([from.close(), to.close()]);
    }
  },
};

/** An id needs no key, a name does: it is sealed. */
async function idsOf(run: Run, from: Store, given: readonly string[]): Promise<string[]> {
  const archive = new Archive(from, run.openKeys());
  const ids = await Promise.all(given.map(async (one) => (isSessionId(one) ? one : findSession(archive, one))));
  return [...new Set(ids)];
}

function tell({ output }: Run, report: CopyReport, where: { from: string; to: string; dryRun: boolean }): void {
  output.result({ ...where, ...report }, () => {
    const { counts, total, values, bytes } = report;
    for (const { id, status, reason } of report.notices) output.note(`${id}: ${status}: ${reason}`);
    const parts = Object.entries(counts).flatMap(([status, count]) => (count === 0 ? [] : [`${count} ${status}`]));
    const what = where.dryRun ? 'would be copied' : 'copied and compared';
    output.line(`${plural(total, 'session')}${total === 0 ? '' : `: ${parts.join(', ')}`}`);
    output.line(`${plural(values, 'value')} (${byteSize(bytes)}) ${what} from ${where.from} to ${where.to}`);
  });
}

/** What a script must not take for a whole copy. */
function exitOf({ counts }: CopyReport): number {
  if (counts.damaged > 0) return ERROR_KINDS.CORRUPT.exit;
  return counts.conflict > 0 ? ERROR_KINDS.CONFLICT.exit : EXIT.ok;
}
