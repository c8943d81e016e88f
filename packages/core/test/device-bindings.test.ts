/** Logins that a browser has bound to its device, as Chromium lists them. No Chromium of a test machine has such keys. */
import { newSessionId, PspError } from '@psp/protocol';
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { deviceBindings } from '../src/browser/cdp/device-bindings.js';
import { CdpRefusal, type CdpEvent } from '../src/browser/cdp/transport.js';
import { captureState } from '../src/capture.js';
import { portabilityOfState } from '../src/portability.js';
import { FakeDriver } from './support/fake-driver.js';
import { batch, makeDocument } from './support/session-state.js';

const SESSION = { inclusionRules: { origin: 'https://bank.example' }, cookieCravings: [{ name: 'sid' }] };

/** A tab that answers the call, and tells of sessions if there are any. */
function tab(sessions: unknown[] | undefined, refusal?: Error) {
  const listeners = new Set<(event: CdpEvent) => void>();
  const calls: unknown[] = [];
  const send = async (_method: string, params: unknown): Promise<unknown> => {
    if (refusal !== undefined) throw refusal;
    calls.push(params);
    const event = { method: 'Network.deviceBoundSessionsAdded', params: { sessions }, sessionId: 's' };
    if (sessions !== undefined && calls.length === 1) for (const listener of listeners) listener(event);
    return {};
  };
  const onEvent = (listener: (event: CdpEvent) => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };
  const targets = { list: async () => [{ type: 'page', targetId: 't' }], open: async () => ({ send, onEvent }) };
  return { targets: targets as never, calls, listeners };
}

describe('[PSP-POR-1] bindings to the device', () => {
  test('are those of the list, which is asked for once; a browser without any sends none', async () => {
    const { targets, calls, listeners } = tab([SESSION]);
    expect(await deviceBindings(targets, 1000)).toMatchObject([
      { to: 'device', origin: 'https://bank.example', why: expect.stringContaining('cookie sid') },
    ]);
    expect(calls).toEqual([{ enable: true }, { enable: false }]);
    expect(listeners.size).toBe(0);
    expect(await deviceBindings(tab(undefined).targets, 1000)).toEqual([]);
  });

  test('are unknown where the browser does not know the call', async () => {
    const cause = new CdpRefusal('Network.enableDeviceBoundSessions', 'not found');
    const refusal = new PspError('UNSUPPORTED', 'refused', { cause });
    expect(await deviceBindings(tab([], refusal).targets, 1000)).toBeUndefined();
  });

  test('stand in the document, absent where they are unknown', async () => {
    const driver = new FakeDriver();
    driver.deviceBindings = async () => Promise.reject(new Error('asked without a cookie that could be bound'));
    const secure = { name: 'sid', value: 'x', domain: 'bank.example', hostOnly: true, path: '/', httpOnly: true };
    const capture = async () => (await captureState(driver, { id: newSessionId(), name: 'x' })).document.bindings;
    expect(await capture()).toEqual([]);
    driver.jar.push({ ...secure, secure: true });
    driver.deviceBindings = async () => undefined;
    expect(await capture()).toBeUndefined();
    driver.deviceBindings = async () => Promise.reject(new PspError('TIMEOUT', 'no answer'));
    expect(await capture()).toBeUndefined();
    driver.deviceBindings = async () => [{ to: 'device', why: 'x' }];
    expect(await capture()).toEqual([{ to: 'device', why: 'x' }]);
  });
});

test('[PSP-POR-2] a digest of the user agent in a record is found', async () => {
  const userAgent = 'Mozilla/5.0 (X11; Linux x86_64) Example/1.0';
  const document = { ...makeDocument(), source: { engine: 'chromium' as const, userAgent } };
  const value = createHash('sha256').update(userAgent).digest('hex');
  const told = await portabilityOfState({ document, batches: [batch([0, 0, 0], [{ key: 'fp', value }])] });
  expect(told.bindings).toMatchObject([{ to: 'user-agent', why: 'indexedDB db/a/fp holds the user agent' }]);
});
