/** Which origins of a browser context have a service worker. Knows nothing of what for that is asked. */
import { originOf } from '@psp/protocol';
import type { Protocol } from 'devtools-protocol';
import type { Target } from './target.js';
import type { Targets } from './targets.js';
import { within } from './transport.js';

/** Milliseconds that one tab is waited for, before a tab of our own is asked. */
const TAB_MS = 1_000;

/** Any tab tells of the registrations of its whole context, the first time at once. Throws what kept it from telling. */
export async function registeredOrigins(
  targets: Targets,
  openHidden: () => Promise<{ targetId: string; close: () => Promise<void> }>,
  timeoutMs: number,
): Promise<ReadonlySet<string>> {
  const tab = (await targets.list()).find(({ type }) => type === 'page');
  if (tab !== undefined) {
    // A tab that is blocked or closes is no reason to fail.
    const told = await ask(targets, tab.targetId, Math.min(TAB_MS, timeoutMs)).catch(() => undefined);
    if (told !== undefined) return told;
  }
  const hidden = await openHidden();
  try {
    return await ask(targets, hidden.targetId, timeoutMs);
  } finally {
    await hidden.close();
  }
}

async function ask(targets: Targets, targetId: string, timeoutMs: number): Promise<ReadonlySet<string>> {
  const target = await targets.attach(targetId, () => undefined);
  try {
    const told = firstRegistrations(target);
    await target.send('ServiceWorker.enable', {}, timeoutMs);
    return await within(told, timeoutMs, 'ServiceWorker.enable');
  } finally {
    // Whatever else goes wrong with this session, it ends with the connection.
    target.detach().catch(() => undefined);
  }
}

function firstRegistrations(target: Target): Promise<ReadonlySet<string>> {
  return new Promise((resolve) => {
    target.onEvent(({ method, params }) => {
      if (method !== 'ServiceWorker.workerRegistrationUpdated') return;
      const { registrations } = params as Protocol.ServiceWorker.WorkerRegistrationUpdatedEvent;
      resolve(
        new Set(registrations.map(({ scopeURL }) => originOf(scopeURL)).filter((origin) => origin !== undefined)),
      );
    });
  });
}
