/** Cuts a stream of byte chunks into pieces of a wanted length. */
export class ByteReader {
  readonly #chunks: AsyncIterator<Uint8Array> | Iterator<Uint8Array>;
  #rest: Buffer = Buffer.alloc(0);
  #done = false;

  constructor(chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>) {
    this.#chunks = Symbol.asyncIterator in chunks ? chunks[Symbol.asyncIterator]() : chunks[Symbol.iterator]();
  }

  /** Fewer bytes only where the stream ends. */
  async read(length: number): Promise<Buffer> {
    const pieces: Buffer[] = [];
    let missing = length;
    while (missing > 0 && !(await this.atEnd())) {
      const piece = this.#rest.subarray(0, missing);
      this.#rest = this.#rest.subarray(piece.length);
      missing -= piece.length;
      pieces.push(piece);
    }
    return pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces);
  }

  /** Whether no byte follows. */
  async atEnd(): Promise<boolean> {
    while (this.#rest.length === 0 && !this.#done) {
      const next = await this.#chunks.next();
      if (next.done === true) this.#done = true;
      else this.#rest = Buffer.from(next.value.buffer, next.value.byteOffset, next.value.byteLength);
    }
    return this.#rest.length === 0;
  }

  /** Lets go of the stream before its end. */
  async close(): Promise<void> {
    this.#done = true;
    this.#rest = Buffer.alloc(0);
    await this.#chunks.return?.();
  }
}
