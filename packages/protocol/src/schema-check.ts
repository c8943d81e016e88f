/**
 * Checks a value against a schema and names the first fault. It reads the JSON Schema keywords that our schemas use; a test
 * compares its verdicts with those of two complete validators. Written here because theirs quote no place in our words,
 * cost tens of milliseconds to load, and compile code, which a web page's content policy forbids.
 */
import { eachOf, expected, problem, typeName, under, unfit, type Problem } from './place.js';

/** The keywords in use (JSON Schema 2020-12). */
export interface Schema {
  /** TypeBox's own mark, which is not enumerable. Named so that a schema without keywords is one too. */
  readonly '~kind'?: string;
  readonly type?: string;
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  /** TypeBox sets it to undefined where no member is required. */
  readonly required?: readonly string[] | undefined;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
}

type Check = (schema: Schema, value: unknown) => Problem | undefined;

/** The first fault of a value, or undefined. Recursion is bounded by the schema, not by the value. */
export const schemaProblem: Check = (schema, value) => {
  if (schema.anyOf !== undefined) return anyOfProblem(schema.anyOf, value);
  if (schema.const !== undefined && value !== schema.const) {
    return typeof value === typeof schema.const ? unfit(named(schema), value) : expected(named(schema), value);
  }
  return schema.type === undefined ? undefined : CHECKS[schema.type]!(schema, value);
};

const CHECKS: Readonly<Record<string, Check>> = {
  string: stringProblem,
  number: numberProblem,
  integer: numberProblem,
  boolean: (_, value) => (typeof value === 'boolean' ? undefined : expected('boolean', value)),
  null: (_, value) => (value === null ? undefined : expected('null', value)),
  array: arrayProblem,
  object: objectProblem,
};

function stringProblem(schema: Schema, value: unknown): Problem | undefined {
  if (typeof value !== 'string') return expected('string', value);
  const { minLength = 0, maxLength = Infinity, pattern } = schema;
  // Lengths count code points in JSON Schema, so that the count is made only where the cheaper one is not enough.
  if (value.length < minLength || (value.length > maxLength && [...value].length > maxLength)) {
    return unfit(
      maxLength === Infinity ? `${minLength} characters or more` : `${minLength} to ${maxLength} characters`,
      value,
    );
  }
  if (pattern !== undefined && !patternOf(pattern).test(value)) return unfit(`a match of ${pattern}`, value);
  return undefined;
}

const patterns = new Map<string, RegExp>();

function patternOf(source: string): RegExp {
  let pattern = patterns.get(source);
  if (pattern === undefined) patterns.set(source, (pattern = new RegExp(source, 'u')));
  return pattern;
}

function numberProblem(schema: Schema, value: unknown): Problem | undefined {
  if (typeof value !== 'number') return expected(named(schema), value);
  if (schema.type === 'integer' && !Number.isInteger(value)) return expected('integer', value);
  const { minimum = -Infinity, maximum = Infinity } = schema;
  if (value >= minimum && value <= maximum) return undefined;
  return problem(
    maximum === Infinity
      ? `expected ${minimum} or more, found less`
      : `expected ${minimum} to ${maximum}, found another number`,
  );
}

function arrayProblem(schema: Schema, value: unknown): Problem | undefined {
  if (!Array.isArray(value)) return expected('array', value);
  const { minItems = 0, maxItems = Infinity, items } = schema;
  if (value.length < minItems || value.length > maxItems) {
    return unfit(minItems === maxItems ? `array of ${minItems}` : `array of ${minItems} or more`, value);
  }
  return items && eachOf(value as unknown[], (item) => schemaProblem(items, item));
}

function objectProblem(schema: Schema, value: unknown): Problem | undefined {
  if (typeName(value) !== 'object') return expected('object', value);
  const object = value as Record<string, unknown>;
  for (const name of schema.required ?? []) {
    if (member(object, name) !== undefined) continue;
    const wanted = schema.properties?.[name];
    return problem(`expected ${wanted === undefined ? 'a value' : named(wanted)}, found nothing`, name);
  }
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    const value = member(object, name);
    const found = value === undefined ? undefined : schemaProblem(property, value);
    if (found !== undefined) return under(name, found);
  }
  return othersProblem(schema, object);
}

function othersProblem(schema: Schema, object: Record<string, unknown>): Problem | undefined {
  const { additionalProperties: others = true, properties = {} } = schema;
  if (others === true) return undefined;
  for (const name of Object.keys(object)) {
    if (Object.hasOwn(properties, name) || object[name] === undefined) continue;
    if (others === false)
      return problem(`expected no member but ${Object.keys(properties).join(' and ')}, found another`);
    const found = schemaProblem(others, object[name]);
    if (found !== undefined) return under(name, found);
  }
  return undefined;
}

/** Own members only: a document without `constructor` has none. */
function member(object: Record<string, unknown>, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

/** The fault of the branch that the value means: that of its `type` member, of its members, or of its own JSON type. */
function anyOfProblem(branches: readonly Schema[], value: unknown): Problem | undefined {
  let best: { readonly problem: Problem; readonly rank: number } | undefined;
  const type = typeName(value);
  for (const branch of flattened(branches)) {
    if (!isMeant(branch, value, type)) continue;
    const found = schemaProblem(branch, value);
    if (found === undefined) return undefined;
    const rank = (branch.required ?? []).filter(
      (name) => member(value as Record<string, unknown>, name) !== undefined,
    ).length;
    if (branch.const === undefined && (best === undefined || rank > best.rank)) best = { problem: found, rank };
  }
  return best?.problem ?? noBranchProblem(branches, value);
}

function noBranchProblem(branches: readonly Schema[], value: unknown): Problem {
  const kinds = branches.map((branch) => branch.properties?.['type']);
  if (typeName(value) === 'object' && kinds.every((kind) => kind?.const !== undefined)) {
    const names = kinds.map((kind) => String(kind!.const)).join(', ');
    const type = member(value as Record<string, unknown>, 'type');
    const found = (typeof type === 'string' ? unfit : expected)(`one of ${names}`, type);
    return { path: ['type'], text: found.text };
  }
  const isWrongWord = typeof value === 'string' && branches.every((branch) => branch.const !== undefined);
  return (isWrongWord ? unfit : expected)(named({ anyOf: branches }), value);
}

const flat = new WeakMap<readonly Schema[], readonly Schema[]>();

function flattened(branches: readonly Schema[]): readonly Schema[] {
  let all = flat.get(branches);
  if (all === undefined) flat.set(branches, (all = branches.flatMap((each) => each.anyOf ?? [each])));
  return all;
}

function isMeant(branch: Schema, value: unknown, type: string): boolean {
  if (branch.type === undefined) return true;
  if (type === 'number') return branch.type === 'number' || branch.type === 'integer';
  if (branch.type !== type) return false;
  const kind = branch.properties?.['type']?.const;
  return type !== 'object' || kind === undefined || kind === (value as Record<string, unknown>)['type'];
}

/** What a schema takes, in words. A string that may also stand in its UTF-16 form is called a string. */
function named(schema: Schema): string {
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.anyOf === undefined) return schema.type ?? 'a value';
  const isWireString = schema.anyOf.some((branch) => branch.properties?.['utf16'] !== undefined);
  if (isWireString) return 'string';
  const names = [...new Set(schema.anyOf.map((branch) => named(branch)))];
  return names.length === 1 ? names[0]! : `one of ${names.join(', ')}`;
}
