/** The losses that a format has for all but cookies. */
import { showStoragePlace, type Loss, type OriginState, type SessionDocument, type StateKind } from '@psp/protocol';

/** `item` names what was lost, `detail` says why. */
export function formatLoss(
  kind: StateKind,
  origin: string | undefined,
  item: string | undefined,
  detail: string,
): Loss {
  return {
    code: 'format-cannot-hold',
    kind,
    ...(origin === undefined ? {} : { origin }),
    ...(item === undefined ? {} : { item }),
    detail,
  };
}

/** One loss for each origin's localStorage, each database, and each other kind of storage. */
export function storageLosses(document: SessionDocument, format: string): Loss[] {
  const losses = document.origins
    .map(placed)
    .flatMap(({ origin, localStorage, indexedDB }) => [
      ...(localStorage.length === 0
        ? []
        : [
            formatLoss(
              'localStorage',
              origin,
              undefined,
              `${format} does not hold localStorage (${counted(localStorage.length)})`,
            ),
          ]),
      ...indexedDB.map(({ name }) =>
        formatLoss(
          'indexedDB',
          origin,
          typeof name === 'string' ? name : undefined,
          `${format} does not hold databases`,
        ),
      ),
    ]);
  return [...losses, ...depotLosses(document, format)];
}

/** One loss for each kind of each place that has something of it. */
export function depotLosses({ origins }: SessionDocument, format: string): Loss[] {
  return origins.flatMap((state) => {
    const origin = showStoragePlace(state);
    const { caches = [], files, serviceWorkers = [], bucket } = state;
    const lose = (kind: Loss['kind'], count: number, what: string): Loss[] =>
      count === 0 ? [] : [formatLoss(kind, origin, undefined, `${format} does not hold ${what} (${count})`)];
    return [
      ...lose('cache', caches.length, 'caches'),
      ...lose('file', pathsIn(files), 'private files and folders'),
      ...lose('serviceWorker', serviceWorkers.length, 'service workers'),
      ...lose('origin', bucket === undefined ? 0 : 1, 'storage buckets'),
    ];
  });
}

/** The pieces of a file count once. */
function pathsIn(files: OriginState['files']): number {
  const keys = (files?.records ?? []).map(({ key }) => (key as { json: readonly unknown[] }).json);
  return new Set(keys.map((parts) => JSON.stringify(parts.filter((part) => typeof part === 'string')))).size;
}

const placed = (state: OriginState): OriginState => ({ ...state, origin: showStoragePlace(state) });

/** One loss for each open tab and each origin's sessionStorage in it. URLs may carry secrets: only the origin is named. */
export function tabLosses(document: SessionDocument, format: string): Loss[] {
  return document.tabs.flatMap(({ url, sessionStorage }) => [
    formatLoss('tab', originOf(url), undefined, `${format} does not hold open tabs`),
    ...sessionStorage
      .filter(({ items }) => items.length > 0)
      .map(({ origin, items }) =>
        formatLoss(
          'sessionStorage',
          origin,
          undefined,
          `${format} does not hold sessionStorage (${counted(items.length)})`,
        ),
      ),
  ]);
}

/** One loss for each of environment, HTTP access and passkeys that is there. */
export function environmentLosses({ environment, http, authenticators }: SessionDocument, format: string): Loss[] {
  const detail = (what: string): string => `${format} does not hold ${what}`;
  return [
    ...(environment === undefined
      ? []
      : [formatLoss('environment', undefined, undefined, detail('what sites see of machine and user'))]),
    ...(http === undefined
      ? []
      : [formatLoss('environment', undefined, 'http', detail('HTTP credentials and headers'))]),
    ...(authenticators === undefined || authenticators.length === 0
      ? []
      : [formatLoss('webauthn', undefined, undefined, detail('passkeys'))]),
  ];
}

const counted = (items: number): string => `${items} ${items === 1 ? 'item' : 'items'}`;

function originOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).origin : undefined;
}
