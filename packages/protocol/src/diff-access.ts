/** Access that the caller named, and credentials of virtual authenticators, as items that two sessions can be compared by. */
import type { HttpAccess, VirtualAuthenticator } from './schema/environment.js';
import type { StateKind } from './schema/loss.js';

/** `identity` is unique within the kind; `item` is for people. */
export interface AccessItem {
  readonly kind: StateKind;
  readonly origin?: string;
  readonly identity: readonly unknown[];
  readonly item: string;
  readonly content: unknown;
}

/** Names of header fields do not differ by case (RFC 9110, section 5.1). */
export function httpItems({ credentials = [], headers = [] }: HttpAccess): AccessItem[] {
  const kind = 'environment';
  return [
    ...credentials.map(({ origin, ...content }): AccessItem => {
      const where = origin === undefined ? {} : { origin };
      return { kind, ...where, identity: ['credentials', origin], item: 'HTTP credentials', content };
    }),
    ...headers.map(({ name, value }): AccessItem => {
      return { kind, identity: ['header', name.toLowerCase()], item: `header ${name}`, content: value };
    }),
  ];
}

/** A credential is known by its relying party and its id, whichever authenticator holds it (WebAuthn Level 3, section 4). */
export function passkeyItems(authenticators: readonly VirtualAuthenticator[]): AccessItem[] {
  return authenticators.flatMap(({ credentials, ...authenticator }) =>
    credentials.map(({ credentialId, rpId, ...credential }): AccessItem => {
      const content = { ...credential, authenticator };
      return { kind: 'webauthn', identity: [rpId, credentialId], item: `passkey ${credentialId} of ${rpId}`, content };
    }),
  );
}
