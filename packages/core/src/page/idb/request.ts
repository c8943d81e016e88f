/** IndexedDB requests and transactions as promises. An awaited request leaves its transaction alive for the next one. */
import { BlockedError } from '../loss.js';

/**
 * The result of a request. Rejects with its error, or BlockedError after `timeoutMs`. The error does not reach the transaction:
 * whether to abort is the caller's choice.
 */
export function resultOf<T>(request: IDBRequest<T>, timeoutMs: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new BlockedError('a transaction of another page holds it')), timeoutMs);
    request.onsuccess = () => {
      clearTimeout(timer);
      resolve(request.result);
    };
    request.onerror = (event) => {
      clearTimeout(timer);
      keepAlive(event);
      reject(request.error as DOMException);
    };
  });
}

/** Keeps the error of one request from aborting its transaction. */
export function keepAlive(event: Event): void {
  event.preventDefault();
  event.stopPropagation();
}

/** Resolves on commit, rejects on abort. */
export function committed(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.addEventListener('complete', () => resolve());
    transaction.addEventListener('abort', () => {
      reject(transaction.error ?? new DOMException('The transaction was aborted', 'AbortError'));
    });
  });
}

/** Aborts the transaction if it is still alive, and resolves once it is over. */
export function aborted(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve) => {
    transaction.addEventListener('abort', () => resolve());
    transaction.addEventListener('complete', () => resolve());
    try {
      transaction.abort();
    } catch {
      // InvalidStateError: it is committing, or over already.
      resolve();
    }
  });
}
