/** CONTRACT of an import and export format: another tool's way to write a session down. Knows nothing of browsers and stores. */
import type {
  Cookie,
  Environment,
  HttpAccess,
  Loss,
  OriginState,
  SessionDocument,
  Source,
  TabState,
  VirtualAuthenticator,
} from '@psp/protocol';

/** What `write` gives. `losses` names all that the text does not hold; it is empty when reading the text gives the session back. */
export interface Written {
  readonly text: string;
  readonly losses: readonly Loss[];
}

/** What a file told. What its format does not know stays absent. */
export interface SessionParts {
  readonly name?: string;
  readonly tags?: readonly string[];
  /** RFC 3339, UTC. */
  readonly capturedAt?: string;
  readonly source?: Source;
  readonly cookies: readonly Cookie[];
  readonly origins: readonly OriginState[];
  readonly tabs: readonly TabState[];
  readonly environment?: Environment;
  readonly http?: HttpAccess;
  readonly authenticators?: readonly VirtualAuthenticator[];
  /** What the file held and a session cannot, and the losses that the file itself lists. */
  readonly losses: readonly Loss[];
}

export interface Format {
  readonly name: string;
  /** With the dot: `.json`. */
  readonly extension: string;
  /** One line for a help text. */
  readonly description: string;
  /** `document` has its records in line (the `records` of each store). */
  write(document: SessionDocument): Written;
  /** Throws INVALID_DOCUMENT, naming the place: `cookies[3].domain: expected string, found number`. */
  read(text: string): SessionParts;
  /** Whether a text is most likely of this format. `json` is the parsed text, or undefined when it is not JSON. */
  recognises(json: unknown, text: string): boolean;
}
