/** What the caller named for a session beside its page: HTTP access, and authenticators. It goes from version to version. */
import { originOf, parseHttpAccess, type HttpAccess, type SessionDocument } from '@psp/protocol';
import { withAdvice } from './losses.js';
import type { RestoreReport } from './restore-report.js';
import { readAuthenticators, type WebAuthnAccess, type WebAuthnSession } from './webauthn.js';

export interface NamedAccessOptions {
  /**
   * Credentials and headers that the sites ask for, sealed with the rest: `{ credentials: [{ origin, username, password }], headers:
   * [{ name, value }] }`. No browser tells them, so the caller does.
   */
  readonly http?: HttpAccess;
  /** Virtual authenticators that the caller added to the page, whose passkeys are to be captured. */
  readonly webauthn?: WebAuthnAccess;
}

export class NamedAccess {
  #http: HttpAccess | undefined;
  #webauthn: WebAuthnAccess | undefined;
  /** Of the version that was restored, where nobody owns them now. */
  #authenticators: SessionDocument['authenticators'];

  /** Throws INVALID_INPUT for HTTP access that no request could carry. */
  constructor({ http, webauthn }: NamedAccessOptions) {
    this.#http = http && checkedHttp(http);
    this.#webauthn = webauthn;
  }

  /** Adds what was named to a document that was just captured. */
  async addTo(document: SessionDocument, timeoutMs: number): Promise<void> {
    if (this.#http !== undefined) document.http = this.#http;
    if (this.#webauthn !== undefined) {
      const { authenticators, losses } = await readAuthenticators(this.#webauthn, timeoutMs);
      this.#authenticators = authenticators;
      document.losses.push(...losses.map(withAdvice));
    }
    if (this.#authenticators !== undefined) document.authenticators = this.#authenticators;
  }

  /** What the next capture tells after a restore. `session` owns the authenticators that the report names. */
  restored({ http, authenticators }: SessionDocument, report: RestoreReport, session?: WebAuthnSession): void {
    this.#http = http;
    this.#authenticators = authenticators;
    const owned = report.authenticators ?? [];
    this.#webauthn = session === undefined || owned.length === 0 ? undefined : { session, authenticators: owned };
  }
}

function checkedHttp(http: HttpAccess): HttpAccess {
  const { credentials, ...rest } = structuredClone(http);
  if (!Array.isArray(credentials)) return parseHttpAccess(http);
  const named = credentials.map((one) =>
    typeof one?.origin === 'string' ? { ...one, origin: originOf(one.origin) ?? one.origin } : one,
  );
  return parseHttpAccess({ ...rest, credentials: named });
}
