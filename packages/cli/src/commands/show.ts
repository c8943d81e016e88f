/** psp show: what one session holds. */
import { inlineRecords } from '@psp/core';
import type { SessionMetadata } from '@psp/protocol';
import { tellSkipped } from '../choosing.js';
import type { Command } from '../command.js';
import { showDepots } from '../depot-view.js';
import { showEnvironment } from '../environment-view.js';
import type { Output } from '../output.js';
import { overviewOf, type Overview } from '../overview.js';
import { contents } from '../saved.js';
import { byteSize, fullTime, relativeTime } from '../units.js';
import { openVersion, VERSION_ARGUMENT } from '../version-of.js';

export const show: Command<{ reveal?: boolean }> = {
  name: 'show',
  summary: 'show what a session holds',
  description:
    'Shows cookies, origins, tabs, sizes, and when cookies and tokens expire. Values stay hidden without --reveal.',
  arguments: [VERSION_ARGUMENT],
  options: [
    {
      flags: '--reveal',
      description: 'show values too, but for records of databases (see psp export): whoever sees them is logged in',
    },
  ],
  examples: [
    'psp show my-session',
    'psp show my-session@3',
    'psp show 01890a5d-ac96 --json',
    'psp show my-session --reveal',
  ],
  async run(run, [given = ''], { reveal = false }) {
    const archive = await run.archive();
    const { metadata, state } = await openVersion(archive, given);
    const overview = overviewOf(metadata, await inlineRecords(state), reveal);
    run.output.result(overview, () => showAll(run.output, metadata, overview));
  },
};

function showAll(output: Output, metadata: SessionMetadata, overview: Overview): void {
  showHead(output, metadata, overview);
  showCookies(output, overview);
  showOrigins(output, overview);
  showDatabases(output, overview);
  showDepots(output, overview.origins);
  showTabs(output, overview);
  showEnvironment(output, overview);
  showTokens(output, overview);
  if (overview.losses.length > 0) output.line();
  output.losses(overview.losses);
  tellSkipped(output, overview.skipped);
}

function showHead(output: Output, metadata: SessionMetadata, { source, capturedAt, portability }: Overview): void {
  output.line(`name      ${metadata.name}`);
  output.line(`id        ${metadata.id}`);
  if (metadata.tags.length > 0) output.line(`tags      ${metadata.tags.join(' ')}`);
  output.line(`version   ${metadata.version}`);
  output.line(`captured  ${fullTime(capturedAt)}`);
  if (source !== undefined)
    output.line(`from      ${[source.engine, source.browserVersion, source.framework].filter(Boolean).join(' ')}`);
  if (metadata.expiresAt !== undefined) output.line(`expires   first ${fullTime(metadata.expiresAt)}`);
  output.line(`holds     ${contents(metadata)}`);
  output.line(`movable   ${movableText(portability)}`);
}

/** `no: key at https://app.example (the key in ...)`. */
function movableText({ movable, bindings }: Overview['portability']): string {
  const places = bindings.map(({ to, origin, why }) => `${to}${origin === undefined ? '' : ` at ${origin}`} (${why})`);
  return places.length === 0 ? movable : `${movable}: ${places.join('; ')}`;
}

function showCookies(output: Output, { cookies }: Overview): void {
  if (cookies.length === 0) return;
  output.heading('Cookies');
  const columns = [
    { title: 'NAME' },
    { title: 'DOMAIN' },
    { title: 'PATH' },
    { title: 'EXPIRES', whole: true },
    { title: 'SIZE', right: true, whole: true },
    { title: 'ATTRIBUTES' },
  ];
  const rows = cookies.map((cookie) => [
    cookie.name,
    placeOf(cookie),
    cookie.path,
    cookie.expiresAt === undefined ? 'session' : relativeTime(cookie.expiresAt),
    byteSize(cookie.bytes),
    attributes(cookie),
  ]);
  output.table(columns, rows);
  if (cookies.some(({ value }) => value !== undefined)) output.line();
  for (const cookie of cookies)
    if (cookie.value !== undefined) output.line(`${cookie.name} (${placeOf(cookie)}${cookie.path}) = ${cookie.value}`);
}

/** A dot before the domain means that its subdomains get the cookie as well. */
function placeOf({ hostOnly, domain }: Overview['cookies'][number]): string {
  return hostOnly ? domain : `.${domain}`;
}

function attributes(cookie: Overview['cookies'][number]): string {
  const flags = [
    cookie.hostOnly ? 'host-only' : undefined,
    cookie.httpOnly ? 'HttpOnly' : undefined,
    cookie.secure ? 'Secure' : undefined,
    cookie.sameSite,
    cookie.partitionKey === undefined ? undefined : `partitioned (${cookie.partitionKey.topLevelSite})`,
  ];
  return flags.filter((flag) => flag !== undefined).join(' ');
}

function showOrigins(output: Output, { origins }: Overview): void {
  if (origins.length === 0) return;
  output.heading('Origins');
  const columns = [
    { title: 'ORIGIN' },
    { title: 'ITEMS', right: true, whole: true },
    { title: 'DATABASES', right: true, whole: true },
    { title: 'RECORDS', right: true, whole: true },
    { title: 'SIZE', right: true, whole: true },
  ];
  const rows = origins.map(({ origin, localStorage, databases }) => {
    const stores = databases.flatMap((database) => database.stores);
    const bytes = [...localStorage, ...stores].reduce((sum, part) => sum + part.bytes, 0);
    const records = stores.reduce((sum, store) => sum + store.records, 0);
    return [origin, String(localStorage.length), String(databases.length), String(records), byteSize(bytes)];
  });
  output.table(columns, rows);
  for (const { origin, localStorage } of origins) showValues(output, origin, localStorage);
}

function showDatabases(output: Output, { origins }: Overview): void {
  const rows = origins.flatMap(({ origin, databases }) =>
    databases.flatMap(({ name, stores }) =>
      stores.length === 0
        ? [[name, '-', '0', '-', origin]]
        : stores.map((store) => [name, store.name, String(store.records), byteSize(store.bytes), origin]),
    ),
  );
  if (rows.length === 0) return;
  output.heading('Databases');
  const columns = [
    { title: 'DATABASE' },
    { title: 'STORE' },
    { title: 'RECORDS', right: true, whole: true },
    { title: 'SIZE', right: true, whole: true },
    { title: 'ORIGIN' },
  ];
  output.table(columns, rows);
}

function showTabs(output: Output, { tabs }: Overview): void {
  if (tabs.length === 0) return;
  output.heading('Tabs');
  const columns = [{ title: 'ADDRESS' }, { title: 'SESSION STORAGE', right: true, whole: true }];
  const rows = tabs.map(({ url, sessionStorage }) => [
    url,
    String(sessionStorage.reduce((sum, { items }) => sum + items.length, 0)),
  ]);
  output.table(columns, rows);
  for (const { sessionStorage } of tabs)
    for (const { origin, items } of sessionStorage) showValues(output, origin, items);
}

function showTokens(output: Output, { tokens }: Overview): void {
  if (tokens.length === 0) return;
  output.heading('Tokens');
  const revealed = tokens.some((token) => 'subject' in token);
  const columns = [
    { title: 'TOKEN' },
    { title: 'WHERE' },
    { title: 'ORIGIN' },
    { title: 'ISSUER', whole: true },
    { title: 'EXPIRES', whole: true },
    ...(revealed ? [{ title: 'SUBJECT', whole: true }] : []),
  ];
  const rows = tokens.map((token) => [
    token.kind,
    `${token.place.kind} ${token.place.item}`,
    token.place.origin,
    token.issuer ?? '-',
    token.expiresAt === undefined ? '-' : relativeTime(token.expiresAt),
    ...(revealed ? ['subject' in token ? String(token.subject) : '-'] : []),
  ]);
  output.table(columns, rows);
}

/** Values of one origin, under its name. Nothing where they are hidden. */
function showValues(output: Output, origin: string, items: readonly { name: string; value?: string }[]): void {
  const revealed = items.filter(({ value }) => value !== undefined);
  if (revealed.length === 0) return;
  output.line();
  output.line(`${origin}:`);
  for (const { name, value } of revealed) output.line(`  ${name} = ${value}`);
}
