/** The JWTs of a session (RFC 7519): who gave them and when they end. Signatures are not checked: this is for people. */
import { showWireString, type SessionDocument, type StateKind } from '@psp/protocol';
import { timeOfSeconds } from './units.js';

export interface Token {
  readonly kind: StateKind;
  /** A cookie's domain or an origin. */
  readonly origin: string;
  /** The name of the cookie or item that holds it. */
  readonly item: string;
  readonly issuer?: string;
  readonly subject?: string;
  /** RFC 3339. */
  readonly expiresAt?: string;
}

/** `{"` in base64url begins with `eyJ`. */
const JWT = /\beyJ[\w-]{8,4000}\.(eyJ[\w-]{2,8000})\.[\w-]{0,4000}/g;

export function tokensOf(document: SessionDocument): Token[] {
  const cookies = document.cookies.flatMap(({ name, value, domain }) => tokensIn('cookie', domain, name, value));
  const local = document.origins.flatMap(({ origin, localStorage }) =>
    localStorage.flatMap((item) =>
      tokensIn('localStorage', origin, showWireString(item.name), showWireString(item.value)),
    ),
  );
  const session = document.tabs.flatMap((tab) =>
    tab.sessionStorage.flatMap(({ origin, items }) =>
      items.flatMap((item) =>
        tokensIn('sessionStorage', origin, showWireString(item.name), showWireString(item.value)),
      ),
    ),
  );
  return [...cookies, ...local, ...session];
}

function tokensIn(kind: StateKind, origin: string, item: string, value: string): Token[] {
  return Array.from(value.matchAll(JWT)).flatMap(([, payload]) => {
    const claims = claimsOf(payload ?? '');
    return claims === undefined ? [] : [{ kind, origin, item, ...claims }];
  });
}

function claimsOf(payload: string): Pick<Token, 'issuer' | 'subject' | 'expiresAt'> | undefined {
  let claims: { iss?: unknown; sub?: unknown; exp?: unknown };
  try {
    claims = Object(JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')));
  } catch {
    // Text that only looks like a token is none.
    return undefined;
  }
  const expiresAt = typeof claims.exp === 'number' ? timeOfSeconds(claims.exp) : undefined;
  return {
    ...(typeof claims.iss === 'string' ? { issuer: claims.iss } : {}),
    ...(typeof claims.sub === 'string' ? { subject: claims.sub } : {}),
    ...(expiresAt === undefined ? {} : { expiresAt }),
  };
}
