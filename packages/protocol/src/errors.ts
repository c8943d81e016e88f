/** The one error of the project, and the one table of its codes. Knows nothing of browsers, stores or screens. */

/** What a code means to a caller: the HTTP status of the server, the exit code of `psp`, whether a retry can help, and what to do. */
export interface ErrorKind {
  readonly status: number;
  readonly exit: number;
  readonly retryable: boolean;
  readonly advice: string;
}

const kind = (status: number, exit: number, retryable: boolean, advice: string): ErrorKind => ({
  status,
  exit,
  retryable,
  advice,
});

/** Every code, in the order in which docs/errors.md lists them. A test holds the table, the docs and the types together. */
export const ERROR_KINDS = {
  INVALID_INPUT: kind(400, 2, false, 'Correct the argument that the message names.'),
  INVALID_DOCUMENT: kind(422, 3, false, 'Correct the place that the message names, or export the session again.'),
  UNSUPPORTED_VERSION: kind(422, 3, false, 'Update PSP: the data was written by a newer version.'),
  TOO_LARGE: kind(413, 3, false, 'Narrow what is captured, or raise the limit that the message names.'),
  NOT_FOUND: kind(404, 4, false, 'List the sessions of the store with `psp list`, and check which store is in use.'),
  DELETED: kind(410, 4, false, 'The session was deleted. Capture a new one.'),
  AMBIGUOUS: kind(409, 4, false, 'Several fit. Use one of those that the message lists.'),
  CONFLICT: kind(409, 5, true, 'Somebody else saved first. Load the session again, then repeat.'),
  LEASED: kind(
    409,
    5,
    true,
    'Somebody else holds the lease of this session. Wait until it is free: `session.lease({ waitMs })`.',
  ),
  LEASE_LOST: kind(
    409,
    5,
    true,
    'The lease ran out or was taken. Nothing was saved. Take it again, load the session, then repeat.',
  ),
  FENCED: kind(
    409,
    5,
    true,
    'A later lease was given to somebody else. Nothing was saved. Load the session again, then repeat.',
  ),
  KEY_MISSING: kind(503, 6, false, 'Put the key file back, or name it with PSP_KEY_FILE.'),
  KEY_MISMATCH: kind(403, 6, false, 'The session was sealed with another key. Use the key whose id the message names.'),
  KEY_INVALID: kind(500, 6, false, 'The key file is damaged or readable by others. Follow the message.'),
  CORRUPT: kind(500, 7, false, 'The stored data was changed or cut short. Go back to an earlier copy of the store.'),
  STORE_UNAVAILABLE: kind(503, 8, true, 'Check that the store can be reached, then try again.'),
  STORE_MISSING: kind(503, 8, false, 'Make what the message names, or let `psp store init URL` make it.'),
  STORE_DENIED: kind(403, 8, false, 'Give this user read and write permission on what the message names.'),
  STORE_FULL: kind(507, 8, true, 'Free some space, then try again. Nothing was changed.'),
  OUTCOME_UNKNOWN: kind(503, 8, true, 'The store may or may not have saved. Load the session to see.'),
  BROWSER_UNREACHABLE: kind(502, 9, true, 'Check the address, and that the browser runs with remote debugging.'),
  BROWSER_GONE: kind(502, 9, true, 'The browser or tab closed. Start it again, then repeat.'),
  BROWSER_BUSY: kind(
    409,
    9,
    true,
    'Somebody else drives this browser, and it takes one at a time. End their session, or give the address of that session.',
  ),
  BROWSER_MISSING: kind(
    501,
    9,
    false,
    'Install a browser: `npx playwright install chromium`, or name one with PSP_BROWSER.',
  ),
  TIMEOUT: kind(504, 9, true, 'Raise timeoutMs, or see what keeps the browser busy.'),
  INCOMPLETE: kind(
    422,
    10,
    false,
    'Do what the report of the error advises for each loss, or go on without `strict`. Nothing was written.',
  ),
  RESTORE_INCOMPLETE: kind(
    502,
    10,
    true,
    'The report of the error says what was and was not done. Restore into a fresh context.',
  ),
  UNSUPPORTED: kind(501, 2, false, 'This browser, framework or store cannot do it. The message says what can.'),
  PEER_MISSING: kind(501, 2, false, 'Install the package that the message names.'),
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof ERROR_KINDS;

/**
 * Every failure that PSP reports. `code` is stable; `message` names what was expected and what was found and never holds a
 * secret; `cause` is the error beneath; `report` is set where an operation was partly done.
 */
export class PspError extends Error {
  override readonly name = 'PspError';
  readonly code: ErrorCode;
  /** Declared only, so that an error without one has no such member. */
  declare readonly report?: unknown;

  constructor(code: ErrorCode, message: string, options: { cause?: unknown; report?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    if (options.report !== undefined) this.report = options.report;
  }

  /** The row of this error's code. */
  get kind(): ErrorKind {
    return ERROR_KINDS[this.code];
  }
}
