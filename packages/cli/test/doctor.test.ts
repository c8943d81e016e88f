/** Keys that are missing or foreign, and what `psp doctor` says of a machine. */
import { chmod, mkdir, readFile, readdir, rename, stat, symlink, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Home, JWT, SECRETS } from './psp.js';
import { STATE, type Metadata } from './state.js';

let home: Home;
let id: string;
beforeAll(async () => {
  home = await Home.make();
  await writeFile(home.path('state.json'), JSON.stringify(STATE));
  id = (await home.json<Metadata>(['import', 'state.json', '--name', 'first', '--tag', 'staging'])).id;
});
afterAll(() => home.remove());

describe('keys and stores', () => {
  test('the key file is made once, and said so once', async () => {
    const fresh = await Home.make();
    try {
      await writeFile(fresh.path('state.json'), JSON.stringify(STATE));
      expect((await fresh.psp(['list'])).stdout).toContain('No sessions yet');
      expect((await fresh.psp(['import', 'state.json'])).stderr).toContain('made the key file');
      expect((await fresh.psp(['import', 'state.json'])).stderr).not.toContain('made the key file');
      expect((await stat(fresh.path('key.json'))).mode & 0o777).toBe(0o600);
    } finally {
      await fresh.remove();
    }
  });

  test('a key file that is missing, open to others or foreign has a clear error', async () => {
    const missing = await home.psp(['list', '--key-file', home.path('absent.json')]);
    expect(missing).toMatchObject({ code: 6, stdout: '' });
    expect(missing.stderr).toContain('does not exist');
    await writeFile(home.path('open.json'), '{}', { mode: 0o644 });
    const open = await home.psp(['list', '--key-file', home.path('open.json')]);
    expect(open.code).toBe(6);
    expect(open.stderr).toContain('chmod 600');
    const other = await Home.make();
    try {
      await writeFile(other.path('state.json'), JSON.stringify(STATE));
      await other.psp(['import', 'state.json']);
      const foreign = await home.psp(['show', id, '--key-file', other.path('key.json')]);
      expect(foreign.code).toBe(6);
      expect(foreign.stderr).toMatch(/sealed with the key/);
    } finally {
      await other.remove();
    }
  });
});

describe('a store whose sessions were all sealed with another key', () => {
  let other: Home;
  beforeAll(async () => {
    other = await Home.make();
    await writeFile(other.path('state.json'), JSON.stringify(STATE));
    for (const name of ['one', 'two', 'three', 'four', 'five'])
      await other.json(['import', 'state.json', '--name', name]);
    await rename(other.path('key.json'), other.path('old.json'));
    await writeFile(other.path('key.json'), await readFile(home.path('key.json')), { mode: 0o600 });
  });
  afterAll(() => other.remove());

  test('list says that none can be opened, and ends with 6', async () => {
    for (const args of [['list'], ['list', '--tag', 'staging']]) {
      const outcome = await other.psp(args);
      expect(outcome).toMatchObject({ code: 6, stdout: '' });
      expect(outcome.stderr).toMatch(/^psp: no session in file:.* can be opened \(5 sessions\): sealed with the key/);
    }
    const { stderr } = await other.psp(['list', '--json']);
    const { error } = JSON.parse(stderr) as { error: { code: string; report: { damaged: unknown[] } } };
    expect([error.code, error.report.damaged.length]).toEqual(['KEY_MISMATCH', 5]);
    expect((await other.psp(['list', '--key-file', other.path('old.json')])).code).toBe(0);
  });

  test('login says so before the person logs in', async () => {
    const outcome = await other.psp(['login', 'https://app.example'], { env: { PSP_HEADLESS: '1' } });
    expect(outcome.code).toBe(6);
    expect(outcome.stderr).not.toContain('Log in in the browser window');
  });

  test('doctor names a few of them, and what to do', async () => {
    const { code, stdout } = await other.psp(['doctor']);
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /sessions +5 sessions, 5 cannot be opened: ([0-9a-f-]{36}, ){2}[0-9a-f-]{36} and 2 more \(KEY_MISMATCH\)\n +Bring the key/,
    );
  });

  test('doctor does not promise a key where sessions need the one that is gone', async () => {
    const { checks } = JSON.parse(
      (await other.psp(['doctor', '--json', '--key-file', other.path('gone.json')])).stdout,
    ) as Report;
    expect(checks.find(({ name }) => name === 'key')).toMatchObject({
      status: 'wrong',
      detail: expect.stringContaining('gone.json does not exist'),
    });
  });
});

test('list does not say that no session fits where none can be opened', async () => {
  const hurt = await Home.make();
  try {
    await writeFile(hurt.path('state.json'), JSON.stringify(STATE));
    await hurt.json(['import', 'state.json']);
    await damageHead(hurt);
    const { stdout, stderr } = await hurt.psp(['list']);
    expect(stdout).toBe('No session can be opened.\n');
    expect(stderr).toContain('1 session cannot be opened');
  } finally {
    await hurt.remove();
  }
});

interface Report {
  ok: boolean;
  checks: { name: string; status: string; detail: string; advice?: string }[];
}

/** Turns bits of the head of one session. */
async function damageHead(home: Home): Promise<void> {
  const entries = await readdir(home.path('store'), { recursive: true, withFileTypes: true });
  const { parentPath, name } = entries.find((entry) => entry.isFile() && /\/store\/h\//.test(entry.parentPath))!;
  const path = `${parentPath}/${name}`;
  const bytes = await readFile(path);
  bytes[bytes.length - 3] = bytes[bytes.length - 3]! ^ 0xff;
  await chmod(path, 0o600);
  await writeFile(path, bytes);
}

describe('doctor', () => {
  test('finds nothing wrong where nothing is', async () => {
    const report = await home.json<Report>(['doctor']);
    expect(report.checks.map(({ name }) => name)).toEqual([
      'node',
      'browser',
      'others',
      'display',
      'store',
      'permissions',
      'key',
      'sessions',
    ]);
    expect(report.checks.filter(({ status }) => status === 'wrong')).toEqual([]);
    expect(report.ok).toBe(true);
  });

  test('counts damaged sessions, and ends with 1', async () => {
    const hurt = await Home.make();
    try {
      await writeFile(hurt.path('state.json'), JSON.stringify(STATE));
      for (const name of ['one', 'two']) await hurt.json(['import', 'state.json', '--name', name]);
      await damageHead(hurt);
      const outcome = await hurt.psp(['doctor']);
      expect(outcome.code).toBe(1);
      expect(outcome.stdout).toMatch(/wrong +sessions +2 sessions, 1 cannot be opened: [0-9a-f-]{36} \(CORRUPT\)/);
      const listed = await hurt.json<{ sessions: unknown[]; damaged: { code: string; id: string }[] }>(['list']);
      expect([listed.sessions.length, listed.damaged[0]?.code]).toEqual([1, 'CORRUPT']);
      expect((await hurt.psp(['delete', listed.damaged[0]!.id, '--yes'])).code).toBe(0);
      expect((await hurt.psp(['doctor'])).code).toBe(0);
    } finally {
      await hurt.remove();
    }
  });

  test('goes on where the folder of the store cannot be looked at', async () => {
    await symlink('round', home.path('round'));
    const store = ['--store', `file:${home.path('round')}/store`];
    const { code, stdout } = await home.psp(['doctor', '--json', ...store, '--key-file', home.path('none.json')]);
    expect(code).toBe(1);
    const { checks } = JSON.parse(stdout) as Report;
    expect(checks.map(({ name }) => name).at(-1)).toBe('sessions');
    expect(checks.find(({ name }) => name === 'permissions')).toMatchObject({
      status: 'wrong',
      detail: expect.stringContaining('cannot look at it (ELOOP)'),
    });
    expect(checks.find(({ name }) => name === 'key')).toMatchObject({
      status: 'warning',
      detail: expect.stringContaining('none.json does not exist'),
    });
  });

  test('sees a folder within the store that its owner may not write', async () => {
    const [within] = await readdir(home.path('store/h'));
    const folder = home.path(`store/h/${within}`);
    await chmod(folder, 0o500);
    const { code, stdout } = await home.psp(['doctor']);
    await chmod(folder, 0o700);
    expect(code).toBe(1);
    expect(stdout).toMatch(/wrong +permissions +\S+ may not be written by its owner \(0500\)\n +Run: chmod -R u\+rwX/);
    expect(stdout).toContain(folder);
  });

  test('sees a browser that is not there, a folder open to others and a damaged key', async () => {
    const odd = await Home.make();
    try {
      await mkdir(odd.path('store'), { mode: 0o755 });
      await chmod(odd.path('store'), 0o755);
      await writeFile(odd.path('key.json'), 'nonsense', { mode: 0o600 });
      const { code, stdout } = await odd.psp(['doctor', '--json'], { env: { PSP_BROWSER: '/no/browser' } });
      expect(code).toBe(1);
      const { checks, ok } = JSON.parse(stdout) as Report;
      expect(ok).toBe(false);
      const wrong = new Map(
        checks
          .filter(({ status }) => status === 'wrong')
          .map(({ name, advice, detail }) => [name, `${detail} ${advice}`]),
      );
      expect([...wrong.keys()]).toEqual(expect.arrayContaining(['browser', 'permissions', 'key']));
      expect(wrong.get('browser')).toContain('PSP_BROWSER');
      expect(wrong.get('permissions')).toContain('chmod 700');
      expect(wrong.get('key')).toContain('not JSON');
    } finally {
      await odd.remove();
    }
  });
});

test('no secret was in any output', () => {
  const all = home.outputs.join('\n');
  expect(all).toContain('first');
  for (const secret of [...Object.values(SECRETS), JWT]) expect(all).not.toContain(secret);
});
