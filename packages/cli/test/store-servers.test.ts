/** psp store on real servers: check of each, and a copy from one to the next. */
import { expect, test } from 'vitest';
import { mariadb } from '../../../servers/mariadb.mjs';
import { postgres } from '../../../servers/postgres.mjs';
import { redis } from '../../../servers/redis.mjs';
import { home, servers, skipWithoutServers, testCopies, useServers } from './server-chain.js';

useServers([postgres, redis, mariadb]);

test('check and init tell of each server, and of no password', async (context) => {
  skipWithoutServers(context);
  for (const [at, pattern] of [/^PostgreSQL 1\d/, /^Redis \d/, /MariaDB|MySQL/].entries()) {
    const { url } = servers[at]!;
    const input = `${url}\n`;
    expect(await home.json(['store', 'init', '-'], { input })).toMatchObject({ ready: true });
    const check = await home.json<{ url: string; facts: object[] }>(['store', 'check', '-'], { input });
    expect(check.facts).toContainEqual({ name: 'server', value: expect.stringMatching(pattern) });
    expect(check.url).not.toBe(url);
    expect(home.outputs.join('')).not.toContain(new URL(url).password);
  }
  const wrong = new URL(servers[0]!.url);
  wrong.password = 'canary-wrong-pass';
  const { code, stderr } = await home.psp(['store', 'check', '-'], { input: wrong.href });
  expect(code).toBe(8);
  expect(stderr).not.toContain('canary-wrong-pass');
});

testCopies('PostgreSQL, Redis and MariaDB');
