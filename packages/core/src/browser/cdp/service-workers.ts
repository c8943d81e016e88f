/** Which origins of a browser context have a service worker. Knows nothing of what for that is asked. */
import { originOf } from '@psp/protocol';
import type { Protocol } from 'devtools-protocol';
import type { HiddenTab } from './helpers.js';
import type { Target } from './target.js';
import type { Targets } from './targets.js';
import { within } from './transport.js';

/** Milliseconds that one tab is waited for, before a tab of our own is asked. */
const TAB_MS = 1_000;

/**
 * Any tab tells of the registrations of its whole context, a session with it once: `tab` is one that has not been asked. Throws what
 * kept the browser from telling.
 */
export async function registeredOrigins(
  tab: Promise<Target> | undefined,
  targets: Targets,
  openHidden: () => Promise<HiddenTab>,
  timeoutMs: number,
): Promise<ReadonlySet<string>> {
  // A tab that is blocked or closes is no reason to fail.
  const told = await tab?.then((target) => ask(target, Math.min(TAB_MS, timeoutMs))).catch(() => undefined);
  if (told !== undefined) return told;
  const hidden = await openHidden();
  try {
    return await ask(await targets.attach(hidden.targetId, () => undefined), timeoutMs);
  } finally {
    await hidden.close();
  }
}

/** The session tells of what changes, too, which nobody listens to, until it ends. */
async function ask(target: Target, timeoutMs: number): Promise<ReadonlySet<string>> {
  const told = firstRegistrations(target);
  await target.send('ServiceWorker.enable', {}, timeoutMs);
  return within(told, timeoutMs, 'ServiceWorker.enable');
}

function firstRegistrations(target: Target): Promise<ReadonlySet<string>> {
  return new Promise((resolve) => {
    const stop = target.onEvent(({ method, params }) => {
      if (method !== 'ServiceWorker.workerRegistrationUpdated') return;
      stop();
      const { registrations } = params as Protocol.ServiceWorker.WorkerRegistrationUpdatedEvent;
      resolve(
        new Set(registrations.map(({ scopeURL }) => originOf(scopeURL)).filter((origin) => origin !== undefined)),
      );
    });
  });
}
