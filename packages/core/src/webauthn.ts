/**
 * Passkeys of virtual authenticators, through the CDP session that owns them. Browsers do not list authenticators, and another client
 * that asks for one destroys it when it leaves: hence never a session of ours.
 */
import type { Loss, VirtualAuthenticator, VirtualCredential } from '@psp/protocol';
import { within } from './browser/cdp/transport.js';

/** The slice of a CDP session with the page that is used: Playwright's and Puppeteer's `CDPSession` fit. */
export interface WebAuthnSession {
  send(method: string, params?: object): Promise<unknown>;
}

/** As it was given to `WebAuthn.addVirtualAuthenticator`, which is the only one to know it. */
export interface AuthenticatorOptions {
  readonly protocol: string;
  readonly transport: string;
  readonly ctap2Version?: string;
  /** This and those below: the browser's default is false, but for `automaticPresenceSimulation`. */
  readonly hasResidentKey?: boolean;
  readonly hasUserVerification?: boolean;
  readonly hasLargeBlob?: boolean;
  readonly hasCredBlob?: boolean;
  readonly hasMinPinLength?: boolean;
  readonly hasPrf?: boolean;
  readonly automaticPresenceSimulation?: boolean;
  readonly isUserVerified?: boolean;
  readonly defaultBackupEligibility?: boolean;
  readonly defaultBackupState?: boolean;
}

export interface OwnedAuthenticator {
  readonly authenticatorId: string;
  readonly options: AuthenticatorOptions;
}

/** Virtual authenticators of the caller's. */
export interface WebAuthnAccess {
  /** The one that added them: `await context.newCDPSession(page)`. */
  readonly session: WebAuthnSession;
  readonly authenticators: readonly OwnedAuthenticator[];
}

/** A credential as CDP writes it: base64 instead of base64url. */
type CdpCredential = Omit<VirtualCredential, 'rpId'> & { rpId?: string };

const BINARY = ['credentialId', 'privateKey', 'userHandle', 'largeBlob'] as const;

/** The authenticators with their credentials. One that cannot be read is a loss. */
export async function readAuthenticators(
  { session, authenticators }: WebAuthnAccess,
  timeoutMs: number,
): Promise<{ authenticators: VirtualAuthenticator[]; losses: Loss[] }> {
  const losses: Loss[] = [];
  const read = authenticators.map(async ({ authenticatorId, options }) => {
    const lose = (item: string, detail: string): void =>
      void losses.push({ code: 'passkeys-not-captured', kind: 'webauthn', item, detail });
    try {
      const asked = call(session, 'WebAuthn.getCredentials', { authenticatorId }, timeoutMs);
      const { credentials } = (await asked) as { credentials: CdpCredential[] };
      const known = credentials.filter(({ rpId }) => rpId !== undefined) as VirtualCredential[];
      if (known.length < credentials.length) lose(authenticatorId, 'the browser does not tell whose credential it is');
      return [{ hasResidentKey: false, hasUserVerification: false, ...options, credentials: known.map(fromCdp) }];
    } catch (error) {
      lose(authenticatorId, wordsOf(error));
      return [];
    }
  });
  return { authenticators: (await Promise.all(read)).flat(), losses };
}

/** Adds authenticators with their credentials. What the browser refuses is a loss. */
export async function addAuthenticators(
  session: WebAuthnSession,
  authenticators: readonly VirtualAuthenticator[],
  timeoutMs: number,
): Promise<{ added: OwnedAuthenticator[]; losses: Loss[] }> {
  const added: OwnedAuthenticator[] = [];
  const losses: Loss[] = [];
  for (const { credentials, ...options } of authenticators) {
    let authenticatorId: string;
    try {
      await call(session, 'WebAuthn.enable', {}, timeoutMs);
      const answer = await call(session, 'WebAuthn.addVirtualAuthenticator', { options }, timeoutMs);
      authenticatorId = (answer as { authenticatorId: string }).authenticatorId;
    } catch (error) {
      losses.push(...passkeyLosses([{ credentials, ...options }], wordsOf(error)));
      continue;
    }
    added.push({ authenticatorId, options });
    for (const credential of credentials) {
      try {
        await call(session, 'WebAuthn.addCredential', { authenticatorId, credential: toCdp(credential) }, timeoutMs);
      } catch (error) {
        losses.push(...passkeyLosses([{ ...options, credentials: [credential] }], wordsOf(error)));
      }
    }
  }
  return { added, losses };
}

/** One for each site whose passkeys are not there. */
export function passkeyLosses(authenticators: readonly VirtualAuthenticator[], detail: string): Loss[] {
  const sites = new Set(authenticators.flatMap(({ credentials }) => credentials.map(({ rpId }) => rpId)));
  return [...sites].map((item) => ({ code: 'passkeys-not-restored', kind: 'webauthn', item, detail }));
}

const call = (session: WebAuthnSession, method: string, params: object, timeoutMs: number): Promise<unknown> =>
  within(session.send(method, params), timeoutMs, method);

/** The first line: some clients quote the call, whose parameters are secret. */
const wordsOf = (error: unknown): string =>
  (error instanceof Error ? error.message : 'an unknown failure').split('\n')[0]!.slice(0, 200);

const fromCdp = (credential: VirtualCredential): VirtualCredential => recoded(credential, 'base64', 'base64url');
const toCdp = (credential: VirtualCredential): VirtualCredential => recoded(credential, 'base64url', 'base64');

function recoded(credential: VirtualCredential, from: BufferEncoding, to: BufferEncoding): VirtualCredential {
  const copy = { ...credential };
  for (const name of BINARY) {
    const value = copy[name];
    if (value !== undefined) copy[name] = Buffer.from(value, from).toString(to);
  }
  return copy;
}
