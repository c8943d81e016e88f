/** What a machine without servers is told, and that a server which is killed comes back with its data and leaves nothing at its end. */
import { existsSync, mkdtempSync, readlinkSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { forget } from '../matrix/browsers/available.mjs';
import announce from '../scripts/announce.mjs';
import { canInstall } from '../scripts/apt.mjs';
import { provideServers } from '../scripts/servers.mjs';
import { startServer, dataFolder } from './process.mjs';
import { describeServer, findProgram, missingPrograms } from './programs.mjs';
import { redis } from './redis.mjs';

afterEach(() => vi.unstubAllEnvs());

describe('a kind of server', () => {
  const kind = { ...redis, programs: ['no-such-server'], debian: ['no-such-package'], variable: 'PSP_TEST_NONE_URL' };
  const absent = { ...kind, missing: () => missingPrograms(kind) };

  it('that is not here says what is missing, its package, and how to name one', async () => {
    expect(absent.missing()).toBe('no-such-server not found (Debian: no-such-package; or PSP_TEST_NONE_URL)');
    // Not even apt-get is on this PATH.
    const folder = mkdtempSync(join(tmpdir(), 'psp-path-'));
    vi.stubEnv('PATH', folder);
    const line = await provideServers(() => undefined, [absent]);
    rmSync(folder, { recursive: true });
    expect(line).toMatch(/^redis missing: tests that need them are skipped, and fail in CI\. [^\n]*no-such-package/);
    if (canInstall) expect(line).toContain('apt-get install no-such-package failed');
  });

  it('that runs elsewhere is not missing, is shown without its credentials, and is left alone', async () => {
    vi.stubEnv('PSP_TEST_NONE_URL', 'redis://me:secret@example.com:7000/3');
    expect(absent.missing()).toBeUndefined();
    expect(describeServer(absent)).toBe('redis://example.com:7000 (PSP_TEST_NONE_URL)');
    vi.stubEnv('PSP_TEST_REDIS_URL', 'redis://me:secret@example.com:7000/3');
    const server = await redis.start();
    expect([server.url, server.pid]).toEqual(['redis://me:secret@example.com:7000/3', undefined]);
    await expect(server.kill()).rejects.toThrow('not ours');
    await server.stop();
  });
});

it('a run in CI ends before the tests where a server is missing', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'psp-path-'));
  const lines = vi.spyOn(console, 'log').mockReturnValue(undefined);
  vi.stubEnv('PATH', folder);
  vi.stubEnv('PSP_TEST_REDIS_URL', '');
  vi.stubEnv('CI', '');
  await announce();
  expect(lines.mock.calls.flat()).toContainEqual(expect.stringMatching(/^redis: redis-server not found .*skipped$/));
  vi.stubEnv('CI', 'true');
  await expect(announce()).rejects.toThrow(/missing in CI: .*redis/);
  rmSync(folder, { recursive: true });
  lines.mockRestore();
  forget();
});

describe('a server', () => {
  it('that is killed comes back with its data, and leaves nothing behind', async (context) => {
    context.skip(redis.missing() !== undefined, redis.missing());
    context.skip(process.platform !== 'linux', 'finds the folder of a process in /proc');
    vi.stubEnv('PSP_TEST_REDIS_URL', '');
    const server = await redis.start();
    const folder = folderOf(server.pid);
    await ask(server.url, 'SET a 1');
    const before = server.pid;
    await server.kill();
    await expect(ask(server.url, 'GET a')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await server.restart();
    expect(server.pid).not.toBe(before);
    expect(await ask(server.url, 'GET a')).toContain('$1\r\n1\r\n');
    expect(existsSync(folder)).toBe(true);
    await server.stop();
    expect(existsSync(folder)).toBe(false);
    await expect(ask(server.url, 'GET a')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('that does not come up is reported with its own words', async (context) => {
    context.skip(redis.missing() !== undefined, redis.missing());
    const folder = await dataFolder('broken');
    const start = startServer(findProgram('redis-server'), ['--nonsense', '1'], {
      folder,
      answers: () => Promise.reject(new Error('never')),
    });
    await expect(start).rejects.toThrow(/ended with 1 before it was ready\.[^]*nonsense/);
    await folder.remove();
  });
});

/** Where a server works. */
const folderOf = (pid) => readlinkSync(`/proc/${pid}/cwd`);

/** The reply to one command. */
function ask(url, command) {
  const { hostname, port, password } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    let reply = '';
    socket.setEncoding('utf8').on('data', (text) => (reply += text));
    socket.once('error', reject).once('end', () => resolve(reply));
    socket.write(`AUTH ${password}\r\n${command}\r\nQUIT\r\n`);
  });
}
