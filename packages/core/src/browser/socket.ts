/** A WebSocket to a browser: opened within a time, closed without hanging. Knows no protocol. */
import WebSocket from 'ws';
import { within } from './cdp/transport.js';

export interface SocketOptions {
  /** Milliseconds until the attempt is given up. */
  readonly timeoutMs: number;
  /** Sent with the connection, for services that want a key. */
  readonly headers?: Record<string, string>;
}

const MAX_MESSAGE_BYTES = 512 * 1024 * 1024;
const CLOSE_MS = 1000;

/** Rejects with the reason of the failure, or PspError TIMEOUT; the reason may hold the whole address, so it is no message for people. */
export async function openSocket(url: string, { timeoutMs, headers }: SocketOptions): Promise<WebSocket> {
  const socket = new WebSocket(url, {
    perMessageDeflate: false,
    maxPayload: MAX_MESSAGE_BYTES,
    ...(headers === undefined ? {} : { headers }),
  });
  const opened = new Promise<void>((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  try {
    await within(opened, timeoutMs, 'the connection');
    return socket;
  } catch (cause) {
    socket.on('error', () => {
      // The attempt is over; the socket may still report that it was cut off.
    });
    socket.terminate();
    throw cause;
  }
}

/** Never throws; cuts the connection when the other side does not close it in time. */
export async function closeSocket(socket: WebSocket): Promise<void> {
  if (socket.readyState === WebSocket.CLOSED) return;
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  socket.close();
  const timer = setTimeout(() => socket.terminate(), CLOSE_MS);
  await closed;
  clearTimeout(timer);
}
