/** The demo as a person runs it, twice over the same folder, and what its application refuses. */
import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startDemoApp } from './app.mjs';
import { findSecrets } from './secrets.mjs';

let folder;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'psp-demo-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** @param {Record<string, string>} [env] @returns {Promise<{ code: number, output: string }>} */
function runDemo(env = {}) {
  return new Promise((resolve, reject) => {
    const main = join(import.meta.dirname, 'main.mjs');
    const child = spawn(process.execPath, [main, folder], { env: { ...process.env, ...env } });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text) => (output += text));
    child.on('error', reject).on('close', (code) => resolve({ code, output }));
  });
}

describe('npm run demo', () => {
  it('is logged in again in a new browser process, and again when run again', async () => {
    for (const time of ['first', 'second']) {
      const { code, output } = await runDemo();
      expect(code, `${time} run:\n${output}`).toBe(0);
      expect(output).toMatch(/control +without a restore the dashboard says "Not logged in"/);
      expect(output).toMatch(/dashboard +Logged in as Ada Lovelace, confirmed by the server/);
      expect(output).toMatch(/sealed +no secret found in [1-9]\d* files?/);
      expect(output.match(/losses: none/g)).toHaveLength(2);
      const png = await readFile(join(folder, 'dashboard.png'));
      expect(png.subarray(1, 4).toString()).toBe('PNG');
      await rm(join(folder, 'dashboard.png'));
    }
  });

  it('ends with one clear error when the browser does not start', async () => {
    const { code, output } = await runDemo({ PSP_BROWSER: process.execPath });
    expect(code).toBe(1);
    expect(output).toContain('does not start');
    expect(output).not.toMatch(/^ +at /m);
    expect(await readdir(folder)).not.toContain('dashboard.png');
  });
});

describe('the application', () => {
  it('sends people back to known addresses only, and redeems no code that it did not give', async () => {
    const app = await startDemoApp();
    try {
      const idp = `http://127.0.0.1:${new URL(app.idpUrl).port}`;
      const away = new URLSearchParams({ redirect_uri: 'http://elsewhere.example/', state: 'x' });
      expect((await fetch(`${idp}/authorize?${away}`)).status).toBe(400);
      expect((await fetch(`${idp}/token`, { method: 'POST', body: new URLSearchParams({ code: 'x' }) })).status).toBe(
        400,
      );
      const back = new URLSearchParams({ redirect_uri: `${app.appUrl}/callback`, user: app.user, password: 'wrong' });
      expect((await fetch(`${idp}/login`, { method: 'POST', body: back, redirect: 'manual' })).status).toBe(401);
    } finally {
      await app.close();
    }
  });

  it('identifies nobody without a cookie', async () => {
    const app = await startDemoApp();
    try {
      const response = await fetch(`http://127.0.0.1:${new URL(app.appUrl).port}/api/me`);
      expect([response.status, await response.json()]).toEqual([401, { missing: 'session cookie' }]);
      expect(app.whoami).toHaveLength(1);
    } finally {
      await app.close();
    }
  });
});

describe('the search for secrets', () => {
  it('finds a secret as it is, in UTF-16, hexadecimal and base64 at each position', () => {
    const secret = 'abc-DEFghi_123456789xyz';
    /** @type {BufferEncoding[]} */
    const forms = ['utf8', 'utf16le', 'hex', 'base64', 'base64url'];
    const missed = forms.flatMap((form) =>
      ['', 'a', 'ab'].filter((before) => {
        const text = Buffer.from(`${before}${secret} and more`);
        const bytes = form === 'utf16le' ? Buffer.from(text.toString(), form) : Buffer.from(text.toString(form));
        return findSecrets([secret], [Buffer.from('nothing'), bytes]).size === 0;
      }),
    );
    expect(missed).toEqual([]);
    expect(findSecrets([secret], [Buffer.from('nothing')]).size).toBe(0);
  });
});
