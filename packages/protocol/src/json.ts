/** Reads JSON that may be hostile. Knows nothing of sessions. */
import { PspError } from './errors.js';
import { DEFAULT_LIMITS, type ParseLimits } from './limits.js';
import { scanJson, tooLarge } from './json-scan.js';
import { problem, refuse, typeName, type Problem, type Step } from './place.js';

/** What both Node and browsers have, named here because this package loads the types of neither. */
declare const TextDecoder: new (label: string, options: { fatal: boolean }) => { decode(bytes: Uint8Array): string };

/**
 * The value of a JSON text, as I-JSON (RFC 7493): UTF-8, no lone surrogate, no number beyond the range of a double.
 * Throws PspError TOO_LARGE when a limit is passed, INVALID_DOCUMENT when the text is not such JSON. A member named
 * `__proto__` is refused, because copying it would change the prototype of the copy [PSP-LIM-3].
 */
export function parseJson(input: string | Uint8Array, limits: Partial<ParseLimits> = {}): unknown {
  const all = { ...DEFAULT_LIMITS, ...limits };
  const text = typeof input === 'string' ? checkedLength(input, all) : decode(input, all);
  scanJson(text, all);
  const value = parseSyntax(text);
  checkTree(value, all);
  return value;
}

/** The text, when it has at most `maxBytes` bytes of UTF-8. */
export function checkedLength(text: string, limits: ParseLimits): string {
  if (text.length * 3 > limits.maxBytes && utf8Length(text) > limits.maxBytes) {
    throw tooLarge('maxBytes', limits.maxBytes, 'bytes');
  }
  return text;
}

function utf8Length(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    // A surrogate is half of four bytes: two beyond none, so one beyond its own unit.
    if (unit >= 0x800 && (unit < 0xd800 || unit > 0xdfff)) bytes += 2;
    else if (unit >= 0x80) bytes += 1;
  }
  return bytes;
}

function decode(bytes: Uint8Array, limits: ParseLimits): string {
  if (bytes.length > limits.maxBytes) throw tooLarge('maxBytes', limits.maxBytes, 'bytes');
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new PspError('INVALID_DOCUMENT', 'the document: expected UTF-8, found other bytes', { cause });
  }
}

/** The engine's own message quotes the text, which may be secret: only the position is taken from it, and it is no cause. */
function parseSyntax(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    const position = /at position (\d+)(?: \(line \d+ column \d+\))?$/.exec((error as Error).message)?.[1];
    const where = position === undefined ? '' : ` (a fault at character ${position})`;
    throw new PspError('INVALID_DOCUMENT', `the document: expected JSON, found other text${where}`);
  }
}

interface Visit {
  readonly value: object;
  readonly depth: number;
  readonly step?: Step;
  readonly parent?: Visit;
}

/**
 * Checks that a value is what JSON can hold, within the limits, without recursion. For values that did not come from
 * parseJson. A member that is undefined counts as absent.
 */
export function checkTree(root: unknown, limits: ParseLimits): void {
  const scalar = scalarProblem(root);
  if (scalar !== undefined) refuse(scalar);
  if (typeof root !== 'object' || root === null) return;
  const open: Visit[] = [{ value: root, depth: 1 }];
  let values = 1;
  for (let visit = open.pop(); visit !== undefined; visit = open.pop()) {
    if (visit.depth > limits.maxDepth) throw tooLarge('maxDepth', limits.maxDepth, 'levels of objects and arrays');
    const steps = Array.isArray(visit.value) ? visit.value.keys() : Object.keys(visit.value);
    for (const step of steps) {
      if (++values > limits.maxValues) throw tooLarge('maxValues', limits.maxValues, 'values');
      const value = (visit.value as Record<Step, unknown>)[step];
      const found =
        nameProblem(step) ?? (value === undefined && typeof step === 'string' ? undefined : scalarProblem(value));
      if (found !== undefined) refuse({ path: [...pathOf(visit), step], text: found.text });
      if (typeof value === 'object' && value !== null)
        open.push({ value, depth: visit.depth + 1, step, parent: visit });
    }
  }
}

function nameProblem(step: Step): Problem | undefined {
  if (typeof step === 'number') return undefined;
  if (step === '__proto__') return problem('a member of this name is not allowed');
  return step.isWellFormed() ? undefined : problem('expected a well-formed name, found a lone surrogate');
}

function scalarProblem(value: unknown): Problem | undefined {
  switch (typeof value) {
    case 'string':
      return value.isWellFormed() ? undefined : problem('expected a well-formed string, found a lone surrogate');
    case 'number':
      return Number.isFinite(value)
        ? undefined
        : problem('expected a number within the range of a double, found another');
    case 'boolean':
      return undefined;
    case 'object': {
      const type = typeName(value);
      return type === 'null' || type === 'array' || type === 'object'
        ? undefined
        : problem(`expected JSON, found ${type}`);
    }
    default:
      return problem(`expected JSON, found ${typeName(value)}`);
  }
}

function pathOf(visit: Visit): Step[] {
  const path: Step[] = [];
  for (let at: Visit | undefined = visit; at !== undefined; at = at.parent)
    if (at.step !== undefined) path.unshift(at.step);
  return path;
}
