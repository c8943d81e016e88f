/** Items that come one by one to whoever asks for the next, in the order in which they were pushed. */
export class Demand<T> implements AsyncIterableIterator<T> {
  readonly #items: T[] = [];
  readonly #asking: ((result: IteratorResult<T, undefined>) => void)[] = [];
  #isOver = false;

  /** After the end it is of no effect: look with `drop`. */
  push(item: T): void {
    const ask = this.#asking.shift();
    if (ask === undefined) this.#items.push(item);
    else ask({ done: false, value: item });
  }

  /** Nothing is pushed any more; what was pushed is still given. */
  end(): void {
    this.#isOver = true;
    for (const ask of this.#asking.splice(0)) ask({ done: true, value: undefined });
  }

  /** Gives what nobody took. */
  drop(): T[] {
    return this.#items.splice(0);
  }

  async next(): Promise<IteratorResult<T, undefined>> {
    if (this.#items.length > 0) return { done: false, value: this.#items.shift() as T };
    if (this.#isOver) return { done: true, value: undefined };
    return new Promise((resolve) => this.#asking.push(resolve));
  }

  async return(): Promise<IteratorResult<T, undefined>> {
    this.end();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
