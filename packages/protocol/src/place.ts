/** Where a document is wrong, and in which words to say so. Names places and types, never values: these may be secrets. */
import { PspError } from './errors.js';

export type Step = string | number;

/** What is wrong, and the way to it from the root. */
export interface Problem {
  readonly path: readonly Step[];
  readonly text: string;
}

/** The problem as seen from one level above, or undefined when there is none. */
export function under(step: Step, problem: Problem | undefined): Problem | undefined {
  return problem && { path: [step, ...problem.path], text: problem.text };
}

export function problem(text: string, ...path: Step[]): Problem {
  return { path, text };
}

/** A value of the wrong type. */
export function expected(what: string, found: unknown): Problem {
  return problem(`expected ${what}, found ${typeName(found)}`);
}

/** A value of the right type and the wrong content: says how long it is and no more. */
export function unfit(what: string, found: unknown): Problem {
  return problem(`expected ${what}, found ${typeName(found)}${sizeOf(found)}`);
}

function sizeOf(found: unknown): string {
  if (Array.isArray(found)) return ` of ${found.length}`;
  return typeof found === 'string' ? ` of ${found.length} ${found.length === 1 ? 'character' : 'characters'}` : '';
}

/** The first problem among the items of a list. */
export function eachOf<T>(
  list: readonly T[],
  check: (item: T, index: number) => Problem | undefined,
): Problem | undefined {
  for (let index = 0; index < list.length; index++) {
    const found = check(list[index] as T, index);
    if (found !== undefined) return under(index, found);
  }
  return undefined;
}

export function typeName(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value !== 'object') return typeof value;
  // Most are what JSON.parse makes; the tag of others is slow to ask.
  if (Object.getPrototypeOf(value) === Object.prototype) return 'object';
  return Object.prototype.toString.call(value).slice(8, -1).replace('Object', 'object');
}

/**
 * `origins[3].localStorage[0].name`. Names inside a plain tree (`json`) belong to the site and may be secrets, so that each is
 * shown as `*`. `root` is the name of the whole.
 */
export function formatPlace(path: readonly Step[], root = 'the document'): string {
  let text = '';
  let siteData = false;
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else if (siteData) text += '.*';
    else if (/^[A-Za-z_$][\w$]*$/.test(step)) text += text === '' ? step : `.${step}`;
    else text += `[${JSON.stringify(step.slice(0, 40))}]`;
    siteData ||= step === 'json';
  }
  return text === '' ? root : text;
}

/** Throws INVALID_DOCUMENT when there is a problem. `root` is the name of what is parsed, for a fault of the whole. */
export function refuse(found: Problem | undefined, root?: string): void {
  if (found === undefined) return;
  throw new PspError('INVALID_DOCUMENT', `${formatPlace(found.path, root)}: ${found.text}`);
}

/** A second item of the same identity. Says which was first by its place, not by its name. */
export function repeated<T>(list: readonly T[], identity: (item: T) => string, noun: string): Problem | undefined {
  const seen = new Map<string, number>();
  return eachOf(list, (item, index) => {
    const name = identity(item);
    const first = seen.get(name);
    if (first === undefined) seen.set(name, index);
    return first === undefined
      ? undefined
      : problem(`expected each ${noun} once, found the ${noun} of [${first}] again`);
  });
}
