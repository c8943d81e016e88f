/** For a promise that nobody may come to wait for: its failure is told to whoever does, and ends no process. */
export function unheeded<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}
