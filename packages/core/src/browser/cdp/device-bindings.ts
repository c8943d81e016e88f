/** Which logins a Chromium has bound to its device: its own list, asked for when it is wanted. Nothing is watched meanwhile. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Binding } from '@psp/protocol';
import type { Protocol } from 'devtools-protocol';
import { isRefusal } from './refusal.js';
import type { Target } from './target.js';
import type { Targets } from './targets.js';

/** The list comes with an event, right after the answer; a browser that binds nothing at all sends none. */
const WAIT_MS = 100;

/** Undefined where the browser does not know the call, and where no tab is open. */
export async function deviceBindings(
  targets: Pick<Targets, 'list' | 'open'>,
  timeoutMs: number,
): Promise<Binding[] | undefined> {
  // The list is that of the context, whichever tab is asked.
  const tab = (await targets.list()).find(({ type }) => type === 'page');
  return tab === undefined ? undefined : askedOf(await targets.open(tab.targetId), timeoutMs);
}

async function askedOf(target: Pick<Target, 'send' | 'onEvent'>, timeoutMs: number): Promise<Binding[] | undefined> {
  const sessions: Protocol.Network.DeviceBoundSession[] = [];
  let listed: () => void = () => undefined;
  const told = new Promise<void>((resolve) => (listed = resolve));
  const off = target.onEvent(({ method, params }) => {
    if (method !== 'Network.deviceBoundSessionsAdded') return;
    sessions.push(...(params as Protocol.Network.DeviceBoundSessionsAddedEvent).sessions);
    listed();
  });
  try {
    await target.send('Network.enableDeviceBoundSessions', { enable: true }, timeoutMs);
    await Promise.race([told, sleep(WAIT_MS)]);
    await target.send('Network.enableDeviceBoundSessions', { enable: false }, timeoutMs);
  } catch (error) {
    if (isRefusal(error)) return undefined;
    throw error;
  } finally {
    off();
  }
  return sessions.map(bindingOf);
}

function bindingOf({ inclusionRules, cookieCravings }: Protocol.Network.DeviceBoundSession): Binding {
  const cookies = cookieCravings.map(({ name }) => name).join(', ');
  const why = `the cookie ${cookies} is renewed with a key of this device (Device Bound Session Credentials)`;
  return { to: 'device', origin: inclusionRules.origin, why };
}
