/** What a service that answers strangely, or means ill, gets out of the adapter: not the key, and never an unclear error. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { socketAddress } from '../src/address.js';
import { openSkyvernDriver } from '../src/adapter.js';
import { serviceOf } from '../src/service.js';

const apiKey = 'key-canary-1234';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

let server: Server;
/** What the server does next. */
let answer: Answer;
let url: string;
/** Keys that came, with the path. */
let keys: string[];

beforeEach(async () => {
  keys = [];
  server = createServer((request, response) => {
    keys.push(`${request.url} ${request.headers['x-api-key']}`);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

async function failure(given: Answer, timeoutMs = 5000): Promise<unknown> {
  answer = given;
  const error = await openSkyvernDriver('pbs_1', { apiKey, baseUrl: url, timeoutMs }).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(inspect(error, { depth: 10 })).not.toContain('key-canary');
  return error;
}

function json(value: unknown, code = 200): Answer {
  return (_, response) => response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}

function running(address: unknown): Answer {
  return json({ browser_session_id: 'pbs_1', status: 'running', browser_address: address });
}

const unreachable = { name: 'PspError', code: 'BROWSER_UNREACHABLE' };

describe('a strange service', () => {
  test('what is not a browser session is told, and never quoted', async () => {
    const echo: Answer = ({ headers }, response) => response.end(`<html>${String(headers['x-api-key'])}</html>`);
    for (const given of [echo, json([]), json(null), json({}, 500), json({}, 201)]) {
      expect(await failure(given)).toMatchObject(unreachable);
    }
  });

  test('a redirect is not followed, so the key goes nowhere else', async () => {
    const redirect: Answer = (_, response) => response.writeHead(307, { location: '/elsewhere' }).end();
    expect(await failure(redirect)).toMatchObject({ ...unreachable, message: expect.stringContaining('baseUrl') });
    expect(keys).toEqual([`/v1/browser_sessions/pbs_1 ${apiKey}`]);
  });

  test('a service that is busy is asked again; one that stays so is a TIMEOUT that tells it', async () => {
    const error = await failure(json({}, 503), 2000);
    expect(error).toMatchObject({ code: 'TIMEOUT', message: expect.stringContaining('503') });
    expect(keys.length).toBeGreaterThan(1);
  });

  test('a service that never answers is a TIMEOUT', async () => {
    expect(await failure(() => undefined, 300)).toMatchObject({ code: 'TIMEOUT' });
  });

  test('a service that is not there is BROWSER_UNREACHABLE', async () => {
    const nobody = openSkyvernDriver('pbs_1', { apiKey, baseUrl: 'http://127.0.0.1:1', timeoutMs: 5000 });
    await expect(nobody).rejects.toMatchObject(unreachable);
  });

  test('an address that is none is told', async () => {
    for (const address of ['nowhere', 'file:///etc/passwd', 'javascript:alert(1)']) {
      expect(await failure(running(address))).toMatchObject(unreachable);
    }
  });

  test('an ended session with an address is gone all the same, and a strange status is not quoted', async () => {
    const ended = { status: 'key-canary', completed_at: '2026-01-01T00:00:00Z', browser_address: 'ws://127.0.0.1:1' };
    const message = expect.stringContaining('status unknown');
    expect(await failure(json(ended))).toMatchObject({ code: 'BROWSER_GONE', message });
  });
});

describe('an address that the service names', () => {
  test('gets no key where it is unencrypted and not on the host of an unencrypted API', async () => {
    const refused = { code: 'UNSUPPORTED', message: expect.stringContaining('without encryption') };
    const cases = [
      ['http://127.0.0.1:8000', 'ws://elsewhere.example/cdp?token=secret'],
      ['http://127.0.0.1:8000', 'http://elsewhere.example:9222'],
      ['http://skyvern.example', 'ws://127.0.0.1:9222'],
      ['https://api.skyvern.example', 'ws://api.skyvern.example/cdp'],
      ['https://api.skyvern.example', 'ws://127.0.0.1:9222'],
    ] as const;
    for (const [baseUrl, address] of cases) {
      const found = socketAddress(serviceOf({ apiKey, baseUrl }), address, 1000);
      await expect(found, address).rejects.toMatchObject(refused);
      await expect(found).rejects.not.toThrow(/secret|key-canary/);
    }
  });

  test('is taken where it is encrypted, or beside an API of this machine', async () => {
    const cases = [
      ['https://api.skyvern.example', 'wss://browsers.example/pbs_1?token=x'],
      ['http://127.0.0.1:8000', 'wss://browsers.example/pbs_1'],
      ['http://localhost:8000', 'ws://127.0.0.1:9222/devtools/browser/1'],
      ['http://skyvern.lan:8000', 'ws://skyvern.lan:9222/devtools/browser/1'],
    ] as const;
    for (const [baseUrl, address] of cases) {
      expect(await socketAddress(serviceOf({ apiKey, baseUrl }), address, 1000)).toBe(address);
    }
  });

  test('by HTTP is asked for its WebSocket, which may not lead elsewhere, nor by a redirect', async () => {
    const service = serviceOf({ apiKey, baseUrl: url });
    const named = (address: unknown): Answer => json({ webSocketDebuggerUrl: address });
    answer = named('ws://127.0.0.1:9222/devtools/browser/1');
    expect(await socketAddress(service, `${url}/?token=x`, 1000)).toBe('ws://127.0.0.1:9222/devtools/browser/1');
    expect(keys).toEqual([`/json/version?token=x ${apiKey}`]);
    answer = named('ws://elsewhere.example/devtools/browser/1');
    await expect(socketAddress(service, url, 1000)).rejects.toMatchObject({ code: 'UNSUPPORTED' });
    for (const strange of [named(undefined), named('http://127.0.0.1:9222'), json('text')]) {
      answer = strange;
      await expect(socketAddress(service, url, 1000)).rejects.toMatchObject(unreachable);
    }
    keys = [];
    answer = (_, response) => response.writeHead(302, { location: '/elsewhere' }).end();
    await expect(socketAddress(service, url, 1000)).rejects.toMatchObject(unreachable);
    expect(keys).toHaveLength(1);
  });
});
