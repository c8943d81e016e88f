/** psp list: the sessions of the store. */
import type { Command } from '../command.js';
import type { Run } from '../run.js';
import { allSessions, damagedViews, refuseForeignKey, shortIds, type Sessions } from '../sessions.js';
import { plural, relativeTime } from '../units.js';

export const list: Command<{ tag?: string[] }> = {
  name: 'list',
  summary: 'list the sessions of the store',
  arguments: [],
  options: [
    { flags: '--tag <tag>', description: 'only sessions that have this tag (again for several)', repeated: true },
  ],
  examples: ['psp list', 'psp list --tag staging', "psp list --json | jq -r '.sessions[].id'"],
  async run(run, _args, { tag = [] }) {
    const archive = await run.archive();
    const all = await allSessions(archive);
    refuseForeignKey({ items: [...all.sessions], damaged: all.damaged }, archive.url);
    const sessions = all.sessions.filter(({ tags }) => tag.every((wanted) => tags.includes(wanted)));
    const damaged = damagedViews(all.damaged);
    run.output.result({ sessions, damaged }, () => showTable(run, { sessions, all, url: archive.url }));
  },
};

interface Listed {
  /** Those of all that fit the filter. */
  readonly sessions: Sessions['sessions'];
  readonly all: Sessions;
  readonly url: string;
}

function showTable({ output }: Run, { sessions, all, url }: Listed): void {
  const { damaged } = all;
  if (all.sessions.length + damaged.length === 0)
    output.line(`No sessions yet in ${url}. Begin with: psp login https://example.com`);
  else if (all.sessions.length === 0) output.line('No session can be opened.');
  else if (sessions.length === 0) output.line('No session fits.');
  if (damaged.length > 0) output.warn(`${plural(damaged.length, 'session')} cannot be opened: see psp doctor`);
  if (sessions.length === 0) return;
  const short = shortIds(all.sessions.map(({ id }) => id));
  const ids = new Map(all.sessions.map(({ id }, at) => [id, short[at] ?? id]));
  const columns = [
    { title: 'ID', whole: true },
    { title: 'NAME' },
    { title: 'TAGS' },
    { title: 'SAVED', whole: true },
    { title: 'EXPIRES', whole: true },
    { title: 'COOKIES', whole: true, right: true },
  ];
  const rows = sessions.map(({ id, name, tags, updatedAt, expiresAt, counts }) => [
    ids.get(id) ?? id,
    name,
    tags.join(' '),
    relativeTime(updatedAt),
    expiresAt === undefined ? '-' : relativeTime(expiresAt),
    String(counts.cookies),
  ]);
  output.table(columns, rows);
}
