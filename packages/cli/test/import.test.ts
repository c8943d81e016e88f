/** `psp import`: which files become sessions, and what is said of those that do not. */
import { symlink, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Home, JWT, SECRETS } from './psp.js';
import { STATE, type Metadata } from './state.js';

let home: Home;
beforeAll(async () => {
  home = await Home.make();
  await writeFile(home.path('state.json'), JSON.stringify(STATE));
  await home.json(['import', 'state.json', '--name', 'first']);
});
afterAll(() => home.remove());

describe('import', () => {
  test('makes a session of a file, and finds its format', async () => {
    const saved = await home.json<Metadata & { losses: unknown[] }>(['import', 'state.json']);
    expect(saved).toMatchObject({
      name: 'state',
      tags: [],
      counts: { cookies: 2, records: 1, localStorage: 1 },
      losses: [],
    });
    expect((await home.psp(['delete', saved.id, '--yes'])).code).toBe(0);
  });

  test('reads standard input', async () => {
    const text = '# Netscape HTTP Cookie File\napp.example\tFALSE\t/\tTRUE\t0\tsid\tv\n';
    const saved = await home.json<Metadata>(['import', '-', '--name', 'piped'], { input: text });
    expect(saved).toMatchObject({ name: 'piped', counts: { cookies: 1 } });
    expect((await home.psp(['delete', 'piped', '--yes'])).code).toBe(0);
  });

  test.each([
    ['no file', 'absent.json', undefined, 2, 'no such file'],
    ['a folder', '.', undefined, 2, 'expected a file'],
    [
      'an empty file',
      'bad',
      '',
      3,
      'bad: expected one of the formats psp, playwright, cookies.txt, selenium, puppeteer, found an empty file',
    ],
    ['other text', 'bad', 'hello\n', 3, 'found text that is not JSON'],
    ['no UTF-8', 'bad', Buffer.from([0xff, 0xfe, 0x41]), 3, 'expected UTF-8 text'],
    [
      'a wrong field',
      'bad',
      '[{"name":"n","value":"v","domain":"a.example","expires":"x"}]',
      3,
      'bad: cookies[0].expires: expected number',
    ],
    [
      'a wrong meaning',
      'bad',
      '[{"name":"n","value":"a;b","domain":"a.example"}]',
      3,
      'cookies[0].value: expected no control',
    ],
    ['a version of the future', 'bad', '{"format":"psp-session","version":99}', 3, '99'],
    [
      'JSON cut short',
      'bad',
      '{"format":"psp-session","version":1',
      3,
      'bad: expected JSON, found JSON that is cut short',
    ],
  ])('refuses %s', async (_name, file, content, code, message) => {
    if (content !== undefined) await writeFile(home.path(file), content);
    const outcome = await home.psp(['import', file]);
    expect(outcome).toMatchObject({ code, stdout: '' });
    expect(outcome.stderr).toContain(message);
    expect(outcome.stderr).not.toMatch(/^\s+at /m);
    expect((await home.json<{ sessions: unknown[] }>(['list'])).sessions).toHaveLength(1);
  });

  test('empty standard input is named as such', async () => {
    const outcome = await home.psp(['import', '-']);
    expect(outcome).toMatchObject({ code: 3, stdout: '' });
    expect(outcome.stderr).toMatch(/^psp: standard input: expected one of .* found an empty file$/m);
  });

  test('[PSP-TRAP-34] a file that cannot be read is a wrong argument, and no fault of the store', async () => {
    // Other than a file without permissions, this one root cannot read either.
    await symlink('loop', home.path('loop'));
    const outcome = await home.psp(['import', 'loop']);
    expect(outcome).toMatchObject({ code: 2, stdout: '' });
    expect(outcome.stderr).toContain('loop: it cannot be read (ELOOP)');
  });

  test('warns of a file without cookies and storage', async () => {
    const { code, stderr, stdout } = await home.psp(['import', '-', '--name', 'nothing'], { input: '[]' });
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('imported from') });
    expect(stderr).toContain('this session logs nobody in');
    expect((await home.psp(['delete', 'nothing', '--yes'])).code).toBe(0);
  });

  test('[PSP-TRAP-34] a format that the file is not of says where it went wrong', async () => {
    const outcome = await home.psp(['import', 'state.json', '--format', 'cookies.txt']);
    expect(outcome.code).toBe(3);
    expect(outcome.stderr).toMatch(/line 1: expected 7 fields separated by tabs, found 1/);
  });
});

test('no secret was in any output', () => {
  const all = home.outputs.join('\n');
  expect(all).toContain('first');
  for (const secret of [...Object.values(SECRETS), JWT]) expect(all).not.toContain(secret);
});
