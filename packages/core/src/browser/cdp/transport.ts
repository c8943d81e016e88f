/** CONTRACT of a connection to a Chromium browser by the Chrome DevTools Protocol. */
import { PspError } from '@psp/protocol';

/** An event of the browser (`sessionId` absent) or of an attached target. */
export interface CdpEvent {
  readonly method: string;
  readonly params: unknown;
  readonly sessionId: string | undefined;
}

/**
 * What an adapter provides. Rejections carry the browser's words; after the connection is lost every call rejects with
 * PspError BROWSER_GONE, those under way too.
 */
export interface CdpTransport {
  /** How it got in, for messages and the session's `source`, without credentials. */
  readonly framework: string;
  /** Sessions with targets are flat: their messages go beside those of the browser, not inside them. */
  readonly flatten: boolean;
  send(method: string, params: object, sessionId: string | undefined): Promise<unknown>;
  onEvent(listener: (event: CdpEvent) => void): () => void;
  /** Detaches what it attached. Never throws. */
  close(): Promise<void>;
}

/** The browser answered a call with an error of its own. */
export class CdpRefusal extends Error {
  override readonly name = 'CdpRefusal';
  constructor(
    readonly method: string,
    message: string,
  ) {
    super(message);
  }
}

/** Gives the promise's value, or PspError TIMEOUT after `timeoutMs`. `what` names the wait, never a secret. */
export async function within<T>(promise: Promise<T>, timeoutMs: number, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new PspError('TIMEOUT', `The browser did not answer ${what} within ${timeoutMs} ms.`)),
      timeoutMs,
    );
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
