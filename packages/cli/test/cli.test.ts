/** psp without a browser: sessions come from files. Names, tags, deletion, export, tables, JSON, bad input. */
import { chmod, readFile, readdir, stat, symlink, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Home, JWT, SECRETS } from './psp.js';
import { ORIGIN, SOON, STATE, type Metadata } from './state.js';

let home: Home;
let id: string;

beforeAll(async () => {
  home = await Home.make();
  await writeFile(home.path('state.json'), JSON.stringify(STATE));
  const saved = await home.json<Metadata>(['import', 'state.json', '--name', 'first', '--tag', 'staging']);
  id = saved.id;
});
afterAll(() => home.remove());

describe('list, show and diff', () => {
  test('list has a table that fits 80 columns, without colour when nobody looks', async () => {
    const { stdout } = await home.psp(['list']);
    const lines = stdout.trimEnd().split('\n');
    expect(lines[0]).toMatch(/^ID +NAME +TAGS +SAVED +EXPIRES +COOKIES$/);
    expect(lines[1]).toMatch(new RegExp(`^${id.slice(0, 13)} +first +staging +.*in 2 d +2$`));
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(stdout).not.toContain('\u001b');
  });

  test('list filters by tag', async () => {
    const names = async (...args: string[]): Promise<string[]> =>
      (await home.json<{ sessions: Metadata[] }>(['list', ...args])).sessions.map(({ name }) => name);
    expect(await names('--tag', 'staging')).toEqual(['first']);
    expect(await names('--tag', 'other')).toEqual([]);
  });

  test('show names everything and no value', async () => {
    const { stdout, code } = await home.psp(['show', 'first']);
    expect(code).toBe(0);
    for (const shown of ['sid', 'app.example', 'HttpOnly', ORIGIN, 'https://issuer.example', 'in 2 d'])
      expect(stdout).toContain(shown);
    expect(stdout).toMatch(/^sid +app\.example +\/ +in 2 d .*host-only/m);
    expect(stdout).toMatch(/^auth +\.app\.example +\/ +session (?!.*host-only)/m);
    expect(stdout).toMatch(/^profile +users +1 .* https:\/\/app\.example$/m);
    for (const secret of [...Object.values(SECRETS), JWT]) expect(stdout).not.toContain(secret);
  });

  test('show --json has the fields of docs/cli.md, values only with --reveal', async () => {
    const hidden = await home.json<Record<string, never>>(['show', 'first']);
    expect(hidden).toMatchObject({
      id,
      name: 'first',
      cookies: [
        {
          name: 'sid',
          domain: 'app.example',
          hostOnly: true,
          bytes: SECRETS.cookie.length,
          expiresAt: new Date(SOON * 1000).toISOString(),
        },
        { name: 'auth', hostOnly: false },
      ],
      origins: [
        {
          origin: ORIGIN,
          localStorage: [{ name: 'token', bytes: SECRETS.local.length }],
          databases: [{ name: 'profile', version: 1, stores: [{ name: 'users', records: 1 }] }],
        },
      ],
      tokens: [
        {
          kind: 'unknown',
          place: { kind: 'cookie', origin: 'app.example', item: 'auth' },
          issuer: 'https://issuer.example',
          expiresAt: '2096-10-02T07:06:40.000Z',
        },
      ],
      tabs: [],
      losses: [],
    });
    for (const secret of [...Object.values(SECRETS), JWT]) expect(JSON.stringify(hidden)).not.toContain(secret);
    const { stdout } = await home.psp(['show', 'first', '--json', '--reveal']);
    for (const secret of [SECRETS.cookie, SECRETS.local, SECRETS.subject, JWT]) expect(stdout).toContain(secret);
    const { stdout: human } = await home.psp(['show', 'first', '--reveal']);
    expect(human).toContain(`\n${ORIGIN}:\n  token = ${SECRETS.local}\n`);
    expect(human).toContain(`\nsid (app.example/) = ${SECRETS.cookie}\n`);
    for (const secret of [SECRETS.cookie, SECRETS.local, SECRETS.subject, JWT]) expect(human).toContain(secret);
    // These two were asked to show them.
    home.outputs.splice(-4);
  });

  test('a session answers to its id, its name and the beginning of its id', async () => {
    for (const given of [id, 'first', id.slice(0, 8), id.slice(0, 20)]) {
      expect((await home.json<Metadata>(['show', given])).id).toBe(id);
    }
    expect((await home.psp(['show', id.slice(0, 7)])).code).toBe(4);
  });

  test('diff names what was added, removed and changed', async () => {
    const changed = structuredClone(STATE) as { cookies: { value: string }[]; origins: { localStorage: object[] }[] };
    changed.cookies[0]!.value = 'other';
    changed.cookies.pop();
    changed.origins[0]!.localStorage.push({ name: 'new', value: 'x' });
    await writeFile(home.path('changed.json'), JSON.stringify(changed));
    const { id: other } = await home.json<Metadata>(['import', 'changed.json', '--name', 'second']);
    expect(await home.json(['diff', 'first', 'second'])).toEqual({
      a: id,
      b: other,
      aVersion: 1,
      bVersion: 1,
      added: [{ kind: 'localStorage', origin: ORIGIN, item: 'new' }],
      removed: [{ kind: 'cookie', origin: '.app.example', item: 'auth' }],
      changed: [{ kind: 'cookie', origin: 'app.example', item: 'sid' }],
    });
    const { stdout } = await home.psp(['diff', 'first', 'second']);
    expect(stdout.split('\n')).toEqual([
      '- cookie auth of .app.example',
      `+ localStorage new of ${ORIGIN}`,
      '~ cookie sid of app.example',
      '1 added, 1 removed, 1 changed',
      '',
    ]);
    expect((await home.psp(['delete', 'second', '--yes'])).code).toBe(0);
  });
});

test('[PSP-LOSS-3] a strict export that would lack something writes no file, and says what it would lack', async () => {
  const args = ['export', 'first', '--format', 'selenium', '--output', 'strict.json', '--strict'];
  const outcome = await home.psp(args);
  expect(outcome).toMatchObject({ code: 10, stdout: '' });
  expect(outcome.stderr).toMatch(
    /^lost: format-cannot-hold - https:\/\/app\.example - selenium does not hold localStorage/m,
  );
  expect(await readdir(home.folder)).not.toContain('strict.json');
  const { error } = JSON.parse((await home.psp([...args, '--json'])).stderr) as { error: { report: object } };
  expect(error).toMatchObject({ code: 'INCOMPLETE', report: { captured: { cookies: 2 }, lost: expect.any(Array) } });
  expect((await home.psp([...args, '--include', 'cookie'])).code).toBe(0);
});

describe('merge', () => {
  test('[PSP-MRG-3] takes from each what it changed since the session that both come from, and stores a new session', async () => {
    const variant = async (name: string, value: string, keepsAuth: boolean): Promise<string> => {
      const state = structuredClone(STATE) as { cookies: { value: string }[]; origins: { localStorage: object[] }[] };
      if (!keepsAuth) state.cookies.pop();
      state.origins[0]!.localStorage.push({ name: 'new', value });
      await writeFile(home.path(`${name}.json`), JSON.stringify(state));
      return (await home.json<Metadata>(['import', `${name}.json`, '--name', name])).id;
    };
    await variant('left', 'secret-left', false);
    await variant('right', 'secret-right', true);
    const merged = await home.json<Metadata & { conflicts: object[] }>([
      ...['merge', 'left', 'right', '--base', 'first', '--name', 'merged', '--tag', 'both'],
    ]);
    expect(merged).toMatchObject({
      name: 'merged',
      tags: ['both'],
      counts: { cookies: 1, localStorage: 2, records: 1 },
      conflicts: [{ kind: 'localStorage', origin: ORIGIN, item: 'new' }],
    });
    const union = await home.psp(['merge', 'left', 'right', '--name', 'union']);
    expect(union.stderr).toContain(
      `differed in 1 part:\n  - localStorage new of ${ORIGIN}: taken as in the session captured`,
    );
    expect(union.stdout).toContain('2 cookies');
    expect(union.stdout + union.stderr).not.toContain('secret-');
    expect((await home.psp(['merge', 'left', 'left', '--name', 'x'])).code).toBe(2);
    for (const name of ['left', 'right', 'merged', 'union'])
      expect((await home.psp(['delete', name, '--yes'])).code).toBe(0);
  });
});

describe('rename, tag and delete', () => {
  test('change what list shows', async () => {
    const { id: own } = await home.json<Metadata>(['import', 'state.json', '--name', 'mine']);
    expect((await home.json<Metadata>(['rename', 'mine', 'Ours, as buyer'])).name).toBe('Ours, as buyer');
    expect((await home.json<Metadata>(['tag', own, '--add', 'a', '--add', 'b'])).tags).toEqual(['a', 'b']);
    expect((await home.json<Metadata>(['tag', own, '--remove', 'a', '--add', 'b'])).tags).toEqual(['b']);
    expect(await home.json(['delete', own, '--yes'])).toEqual({ id: own, deleted: true });
    const gone = await home.psp(['show', own]);
    expect(gone.code).toBe(4);
    expect(gone.stderr).toMatch(/deleted/i);
  });

  test('delete needs --yes where nobody can be asked', async () => {
    const outcome = await home.psp(['delete', 'first'], { input: 'y\n' });
    expect(outcome.code).toBe(2);
    expect(outcome.stderr).toContain('--yes');
    expect((await home.psp(['show', 'first'])).code).toBe(0);
  });

  test('two sessions of one name are told apart by their ids', async () => {
    const { id: twin } = await home.json<Metadata>(['import', 'state.json', '--name', 'first']);
    const outcome = await home.psp(['show', 'first']);
    expect(outcome.code).toBe(4);
    expect(outcome.stderr).toContain(id);
    expect(outcome.stderr).toContain(twin);
    expect((await home.psp(['delete', twin, '--yes'])).code).toBe(0);
  });
});

describe('export', () => {
  test.each(['psp', 'playwright', 'cookies.txt', 'selenium', 'puppeteer'])(
    '%s can be imported again',
    async (format) => {
      const file = home.path(`out.${format}`);
      const report = await home.json<{ file: string; bytes: number; losses: { code: string }[] }>([
        'export',
        'first',
        '--format',
        format,
        '--output',
        file,
      ]);
      const { mode, size } = await stat(file);
      expect(mode & 0o777).toBe(0o600);
      expect(report).toMatchObject({ file, bytes: size });
      const back = await home.json<Metadata>(['import', file, '--name', 'back']);
      const { changed } = await home.json<{ changed: { kind: string }[] }>(['diff', 'first', back.id]);
      const expected = { psp: 0, playwright: 0, 'cookies.txt': 2, selenium: 0, puppeteer: 0 }[format];
      expect(changed).toHaveLength(expected ?? -1);
      const unheld = { psp: 0, playwright: 0, 'cookies.txt': 4, selenium: 2, puppeteer: 2 }[format];
      expect(report.losses.map(({ code }) => code)).toEqual(
        Array.from({ length: unheld ?? -1 }, () => 'format-cannot-hold'),
      );
      expect((await home.psp(['delete', back.id, '--yes'])).code).toBe(0);
    },
  );

  test('warns that the file is plaintext, lists the losses, and keeps the secrets off the screen', async () => {
    const outcome = await home.psp(['export', 'first', '--format', 'cookies.txt']);
    expect(outcome.code).toBe(0);
    expect(outcome.stderr).toMatch(/warning: .*-cookies\.txt is plaintext/);
    expect(outcome.stderr).toContain('does not hold localStorage (1 item): ');
    expect(outcome.stderr).not.toMatch(/\d things/);
    expect(outcome.stderr).toMatch(/does not hold sameSite: sid of app\.example, auth of app\.example/);
    const [file] = (await readdir(home.folder)).filter((name) => name.startsWith(`psp-${id.slice(0, 13)}`));
    expect(await readFile(home.path(file ?? ''), 'utf8')).toContain(SECRETS.cookie);
  });

  test('never overwrites without --force, and leaves no other file', async () => {
    await writeFile(home.path('taken'), 'mine');
    await symlink(home.path('taken'), home.path('link'));
    for (const name of ['taken', 'link']) {
      const outcome = await home.psp(['export', 'first', '--format', 'psp', '--output', name]);
      expect(outcome.code).toBe(2);
      expect(outcome.stderr).toContain('--force');
      expect(await readFile(home.path('taken'), 'utf8')).toBe('mine');
    }
    await chmod(home.path('taken'), 0o644);
    expect((await home.psp(['export', 'first', '--format', 'psp', '--output', 'taken', '--force'])).code).toBe(0);
    expect(await readFile(home.path('taken'), 'utf8')).toContain('psp-session');
    expect((await stat(home.path('taken'))).mode & 0o777).toBe(0o600);
    expect((await readdir(home.folder)).filter((name) => name.startsWith('.psp-'))).toEqual([]);
  });

  test('goes to standard output only when asked', async () => {
    const outcome = await home.psp(['export', 'first', '--format', 'selenium', '--output', '-']);
    expect(JSON.parse(outcome.stdout)).toHaveLength(2);
    expect(outcome.stderr).toContain('plaintext');
    // This one was asked to show them.
    home.outputs.splice(-2);
    expect((await home.psp(['export', 'first', '--format', 'selenium', '--output', '-', '--json'])).code).toBe(2);
  });

  test('a folder that is not there is a clear error', async () => {
    const outcome = await home.psp(['export', 'first', '--format', 'psp', '--output', 'no/such/file']);
    expect(outcome).toMatchObject({ code: 2, stdout: '' });
    expect(outcome.stderr).toContain('no such file or folder');
  });
});

describe('export of a part', () => {
  test('[PSP-CHO-3] holds what was chosen, and says what was left out', async () => {
    const exported = async (...choice: string[]) => {
      const file = home.path('part.json');
      const outcome = await home.psp(['export', 'first', '--format', 'psp', '--output', file, '--force', ...choice]);
      expect(outcome.code).toBe(0);
      return { text: await readFile(file, 'utf8'), said: outcome.stderr };
    };
    const one = await exported('--exclude', 'cookie:a*', '--exclude', 'indexedDB:profile/users');
    expect(one.text).toContain(SECRETS.cookie);
    expect(one.text).toContain(SECRETS.local);
    for (const left of [JWT, SECRETS.record]) expect(one.text).not.toContain(left);
    expect(one.said).toContain('left out by choice:\n  - cookie: 1 item of .app.example\n  - indexedDB: 1 item of ');
    const cookies = await exported('--include', 'app.example cookie');
    expect(JSON.parse(cookies.text)).toMatchObject({ cookies: [{ name: 'sid' }, { name: 'auth' }], origins: [] });
    expect(cookies.said).toContain(`  - origin: ${ORIGIN}\n`);
    expect(JSON.parse((await exported('--include', 'other.example')).text)).toMatchObject({ cookies: [], origins: [] });
    const { skipped } = await home.json<{ skipped: object[] }>([
      ...['export', 'first', '--format', 'playwright', '--output', 'part.json', '--force', '--exclude', 'cookie'],
    ]);
    expect(skipped).toEqual([
      { kind: 'cookie', origin: 'app.example', count: 1 },
      { kind: 'cookie', origin: '.app.example', count: 1 },
    ]);
  });
});

describe('a wrong command line', () => {
  test.each([
    [[], 'expected a command'],
    [['lst'], "unknown command 'lst' (Did you mean list?)"],
    [['list', '--jsno'], "unknown option '--jsno' (Did you mean --json?)"],
    [['show'], "missing required argument 'id'"],
    [['capture', '--cdp', '-', '--max-bytes', 'cookie=1'], 'maxBytes.cookie: expected one of localStorage'],
    [['capture', '--cdp', '-', '--max-bytes', 'cache=much'], '--max-bytes: expected a kind and bytes'],
    [['list', 'extra'], 'too many arguments'],
    [
      ['capture'],
      'expected the browser, --cdp URL, --bidi URL, or --webdriver URL --session-id ID, found none of them',
    ],
    [['restore', 'first'], 'expected the browser, --cdp URL'],
    [
      ['capture', '--cdp', 'http://127.0.0.1:1', '--bidi', 'ws://127.0.0.1:1'],
      'expected one browser, found --cdp and --bidi',
    ],
    [['capture', '--webdriver', 'http://127.0.0.1:1'], '--webdriver: expected --session-id ID as well'],
    [['capture', '--session-id', 'x'], '--session-id: expected --webdriver URL as well'],
    [
      ['capture', '--cdp', 'http://127.0.0.1:1', '--session-id', 'x'],
      '--session-id: goes with --webdriver, found --cdp',
    ],
    [['capture', '--webdriver', 'http://127.0.0.1:1', '--session-id', ''], '--session-id: expected the id'],
    [['capture', '--webdriver', '-', '--session-id', '-'], '--webdriver: expected an address on standard input'],
    [
      ['capture', '--webdriver', 'http://127.0.0.1:1', '--session-id', 'x', '--context', 'y'],
      '--context: goes with --cdp and --bidi',
    ],
    [['export', 'first'], "required option '--format <format>' not specified"],
    [['completion', 'tcsh'], 'Allowed choices are bash, zsh, fish'],
    [['list', '--timeout', 'soon'], '--timeout: expected seconds'],
    [['list', '--store', 'ftp://user:canary-pass@host'], 'storage: expected'],
    [['tag', 'first'], 'expected --add or --remove'],
    [['tag', 'first', '--add', ''], 'tags[1]: expected text of 1 to 100 characters'],
    [['rename', 'first', ' '], 'name: expected 1 to 200 characters'],
    [['rename', 'first', 'n'.repeat(201)], 'at most 200 characters'],
    [['list', '--timeout', '0'], 'more than 0'],
    [
      ['export', 'first', '--format', 'pdf'],
      'Allowed choices are psp, playwright, cookies.txt, selenium, puppeteer. See psp --help',
    ],
    [['list', '--store', '/a/folder'], '--store: expected a URL, found a path. Write file: before it'],
    [['login', 'ftp://app.example'], 'url: expected an address'],
    [['login', 'notaurl'], 'url: expected an address'],
    [['login', 'javascript:1'], 'url: expected an address'],
    [['login', 'mailto:a@b.example'], 'url: expected an address'],
    [['capture', '--cdp', '127.0.0.1:9377'], 'found something else. Write http://127.0.0.1:9377\n'],
    [['restore', 'nobody', '--cdp', 'ftp://x'], '--cdp: expected a CDP address'],
    [['capture', '--cdp', 'nonsense'], 'CDP address'],
    [['capture', '--cdp', 'http://127.0.0.1:1', '--origin', 'nonsense'], 'origins: expected an address'],
    [
      ['capture', '--cdp', 'http://127.0.0.1:1', '--include', 'www.app.example'],
      'include[0] ("www.app.example"): expected a registrable domain',
    ],
    [
      ['export', 'first', '--format', 'psp', '--exclude', 'cookies:x'],
      'exclude[0] ("cookies:x"): expected one of cookie,',
    ],
    [['restore', 'first', '--cdp', 'http://127.0.0.1:1', '--exclude', ''], 'exclude[0] (""): expected a site'],
    [['capture', '--cdp', '-'], '--cdp: expected an address on standard input'],
    [['capture', '--bidi', 'http://127.0.0.1:9222/'], 'found something else. Write ws://127.0.0.1:9222\n'],
    [['capture', '--bidi', 'http://canary-pass@host/x'], '--bidi: expected a WebDriver BiDi address, ws://host:port'],
    [['capture', '--webdriver', 'localhost:4444', '--session-id', 'x'], 'Write http://localhost:4444\n'],
  ])('%j ends with 2 and says what to do', async (args, message) => {
    const outcome = await home.psp(args);
    expect(outcome.stderr).toContain(message);
    expect(outcome).toMatchObject({ code: 2, stdout: '' });
    expect(outcome.stderr).toMatch(/^psp: /);
    expect(outcome.stderr).not.toMatch(/^\s+at |canary-pass/m);
    expect(outcome.stderr.trimEnd().split('\n')).toHaveLength(2);
  });

  test('is told as JSON with --json', async () => {
    const outcome = await home.psp(['show', 'nobody', '--json']);
    expect(outcome).toMatchObject({ code: 4, stdout: '' });
    expect(JSON.parse(outcome.stderr)).toEqual({
      error: {
        code: 'NOT_FOUND',
        message: expect.stringContaining('"nobody"'),
        advice: expect.stringContaining('psp list'),
      },
    });
    expect(JSON.parse((await home.psp(['list', '--json', '--nope'])).stderr)).toMatchObject({
      error: { code: 'INVALID_INPUT' },
    });
  });

  test('PSP_DEBUG=1 adds the stack', async () => {
    expect((await home.psp(['show', 'nobody'], { env: { PSP_DEBUG: '1' } })).stderr).toMatch(/^\s+at /m);
  });
});

test('hostile names cannot command the terminal, in tables, messages and JSON', async () => {
  const hostile = 'evil\u001b[2J\u009b31m\u202ename\r\n';
  const cookies = [{ name: 'n', value: 'v', domain: 'a.example' }];
  const origins = [{ origin: 'https://a.example', localStorage: [{ name: hostile, value: 'v' }] }];
  const text = JSON.stringify({ cookies: [{ ...cookies[0], path: '/' }], origins });
  const { id: own } = await home.json<Metadata>(['import', '-', '--name', hostile, '--tag', hostile], { input: text });
  await home.psp(['import', '-', '--name', hostile], { input: text });
  const runs = [
    ['list'],
    ['show', own],
    ['show', own, '--reveal'],
    ['diff', 'first', own],
    ['show', hostile],
    ['list', '--json'],
    ['show', own, '--json'],
    ['rename', own, hostile],
    ['show', 'x\u001b[2J'],
  ];
  for (const args of runs) {
    const { stdout, stderr } = await home.psp(args);
    expect(stdout + stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
  }
  expect((await home.psp(['list'])).stdout).toContain('evil\\x1b[2J');
  const { sessions } = await home.json<{ sessions: Metadata[] }>(['list']);
  expect(sessions.find((session) => session.id === own)?.name).toBe(hostile);
  for (const { id: one, name } of sessions) if (name === hostile) await home.psp(['delete', one, '--yes']);
});

test('no secret was in any output', () => {
  expect(home.outputs.length).toBeGreaterThan(90);
  const all = home.outputs.join('\n');
  for (const secret of [...Object.values(SECRETS), JWT]) {
    for (const form of [
      secret,
      Buffer.from(secret).toString('base64').replace(/=+$/, ''),
      Buffer.from(secret).toString('hex'),
    ]) {
      expect(all).not.toContain(form);
    }
  }
});
