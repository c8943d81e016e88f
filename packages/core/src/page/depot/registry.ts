/** What a storage place is registered for: service workers, the promise that it stays (Storage, section 5). */
import type { NameRules, WorkerRegistration } from '@psp/protocol';
import type { PageLoss } from '../contract.js';
import { wellFormed } from '../codec/text.js';
import { storageManager } from '../home.js';
import { describe, loss } from '../loss.js';
import { isTaken } from '../names.js';

/** Absent in documents that are no secure context; refused in some private windows. */
export const workers = (): ServiceWorkerContainer | undefined =>
  (navigator as { serviceWorker?: ServiceWorkerContainer }).serviceWorker;

/** Undefined where the browser has none, or refuses to tell. */
export async function readWorkers(): Promise<WorkerRegistration[] | undefined> {
  const registrations = await workers()
    ?.getRegistrations()
    .catch(() => undefined);
  return registrations?.flatMap((registration) => {
    const { scope, updateViaCache } = registration;
    const scriptURL = scriptOf(registration);
    return scriptURL === undefined ? [] : [{ scope, scriptURL, updateViaCache }];
  });
}

const scriptOf = ({ active, waiting, installing }: ServiceWorkerRegistration): string | undefined =>
  (active ?? waiting ?? installing)?.scriptURL;

export async function readPersisted(): Promise<boolean | undefined> {
  return storageManager()
    ?.persisted?.()
    .catch(() => undefined);
}

/**
 * Ends the registrations that are not wanted, as far as the rules take their scopes. One that is wanted and not there is a loss: its script comes from the network only, which a
 * restore does not ask.
 */
export async function loadWorkers(
  wanted: readonly WorkerRegistration[],
  rules: NameRules,
  losses: PageLoss[],
): Promise<void> {
  const present =
    (await workers()
      ?.getRegistrations()
      .catch(() => undefined)) ?? [];
  const scopes = new Set(wanted.map(({ scope }) => scope));
  const mine = present.filter(({ scope }) => isTaken(rules, [scope]));
  for (const registration of mine) if (!scopes.has(registration.scope)) await registration.unregister();
  for (const { scope, scriptURL } of wanted) {
    if (present.some((each) => each.scope === scope && scriptOf(each) === scriptURL)) continue;
    losses.push(
      loss('service-worker-not-restored', 'serviceWorker', { item: wellFormed(scope.replace(/[?#].*$/s, '')) }),
    );
  }
}

/** Asks that the storage stays, where the browser decides that by itself. It is no loss where it stays already. */
export async function loadPersisted(losses: PageLoss[]): Promise<void> {
  try {
    const manager = storageManager();
    if ((await manager?.persisted?.()) === true) return;
    if (manager?.persist !== undefined && !(await wouldAskUser()) && (await manager.persist())) return;
    losses.push(loss('persistence-not-granted', 'origin'));
  } catch (error) {
    losses.push(loss('persistence-not-granted', 'origin', { detail: describe(error) }));
  }
}

/** Firefox asks the user, who sees no page here that he could answer for. */
async function wouldAskUser(): Promise<boolean> {
  if (navigator.vendor !== '') return false;
  const { state } = await navigator.permissions.query({ name: 'persistent-storage' });
  return state !== 'granted';
}
