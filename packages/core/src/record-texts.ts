/** Cuts the JSON text of an array of records without parsing it. */
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPENING = new Set([0x5b, 0x7b]);
const CLOSING = new Set([0x5d, 0x7d]);

/** The array's records, some joined by commas, in pieces of at most `maxBytes`, or of one record where that alone is larger. */
export function* cutRecords(json: Uint8Array, maxBytes: number): Generator<{ text: Uint8Array; count: number }> {
  let [start, end, count] = [-1, -1, 0];
  for (const [from, to] of recordBounds(json)) {
    if (count > 0 && to - start > maxBytes) {
      yield { text: json.subarray(start, end), count };
      count = 0;
    }
    if (count === 0) start = from;
    end = to;
    count += 1;
  }
  if (count > 0) yield { text: json.subarray(start, end), count };
}

/** Where each record begins and ends, white space included. */
function* recordBounds(json: Uint8Array): Generator<[from: number, to: number]> {
  let depth = 0;
  let start = 0;
  for (let at = 0; at < json.length; at++) {
    const byte = json[at] as number;
    if (byte === QUOTE) at = endOfString(json, at);
    else if (OPENING.has(byte)) {
      if (++depth === 1) start = at + 1;
    } else if (CLOSING.has(byte)) {
      if (--depth === 0 && !isBlank(json.subarray(start, at))) yield [start, at];
    } else if (byte === COMMA && depth === 1) {
      yield [start, at];
      start = at + 1;
    }
  }
}

/** The place of the closing quote. */
function endOfString(json: Uint8Array, start: number): number {
  for (let quote = json.indexOf(QUOTE, start + 1); quote >= 0; quote = json.indexOf(QUOTE, quote + 1)) {
    let before = quote - 1;
    while (json[before] === BACKSLASH) before -= 1;
    if ((quote - before) % 2 === 1) return quote;
  }
  return json.length;
}

const isBlank = (text: Uint8Array): boolean => text.every((byte) => byte <= 0x20);
