/** The calls under way on a connection: which reply is whose, and what becomes of them when the connection is lost. */

interface Waiting {
  readonly method: string;
  resolve(value: unknown): void;
  reject(error: Error): void;
}

export class PendingReplies {
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;
  #gone: Error | undefined;

  /** Sends a call under an id of its own and gives its reply. Rejects at once when the connection is lost, or `send` throws. */
  call(method: string, send: (id: number) => void): Promise<unknown> {
    if (this.#gone !== undefined) return Promise.reject(this.#gone);
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { method, resolve, reject });
      try {
        send(id);
      } catch (error) {
        this.#waiting.delete(id);
        reject(error as Error);
      }
    });
  }

  /** A reply to nobody here, such as another client's on the same connection, is left alone. */
  resolve(id: number, value: unknown): void {
    this.#take(id)?.resolve(value);
  }

  /** `errorOf` makes the error from the name of the method that was called. */
  reject(id: number, errorOf: (method: string) => Error): void {
    const waiting = this.#take(id);
    waiting?.reject(errorOf(waiting.method));
  }

  /** Ends all calls under way, and every later one, with the error. The first loss counts. */
  lose(error: Error): void {
    this.#gone ??= error;
    for (const waiting of this.#waiting.values()) waiting.reject(this.#gone);
    this.#waiting.clear();
  }

  #take(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    return waiting;
  }
}
