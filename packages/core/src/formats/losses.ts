/** The losses that a format has for all but cookies. */
import type { Loss, SessionDocument, StateKind } from '@psp/protocol';

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

/** One loss for each origin's localStorage and each database. */
export function storageLosses(document: SessionDocument, format: string): Loss[] {
  return document.origins.flatMap(({ origin, localStorage, indexedDB }) => [
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
      formatLoss('indexedDB', origin, typeof name === 'string' ? name : undefined, `${format} does not hold databases`),
    ),
  ]);
}

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
