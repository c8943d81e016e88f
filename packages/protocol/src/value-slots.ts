/** The places in a node table where a value stands (spec/values.md, "Slots"). */
import { expected, problem, typeName, under, unfit, type Problem } from './place.js';
import { wireStringProblem } from './wire-string.js';

const SPECIAL_NUMBERS: ReadonlySet<unknown> = new Set(['-0', 'NaN', 'Infinity', '-Infinity']);

/** Canonical, so that one number has one form. */
const BIGINT = /^(?:0|-?[1-9]\d*)$/;

type SlotCheck = (content: unknown, nodes: readonly unknown[]) => Problem | undefined;

const SLOTS: Readonly<Record<string, SlotCheck>> = {
  ref: (content, nodes) => {
    if (!Number.isInteger(content)) return expected('the number of a node', content);
    const index = content as number;
    return index >= 0 && index < nodes.length
      ? undefined
      : problem(`expected the number of a node, found one outside the ${nodes.length}`);
  },
  number: (content) => (SPECIAL_NUMBERS.has(content) ? undefined : expected([...SPECIAL_NUMBERS].join(', '), content)),
  undefined: (content) => (content === true ? undefined : expected('true', content)),
  bigint: (content) => {
    if (typeof content !== 'string') return expected('string', content);
    return BIGINT.test(content) ? undefined : unfit('decimal digits', content);
  },
  utf16: (content) => {
    const found = wireStringProblem({ utf16: content });
    return found && problem(found.text);
  },
};

/** The first fault of a slot, or undefined. */
export function slotProblem(slot: unknown, nodes: readonly unknown[]): Problem | undefined {
  switch (typeName(slot)) {
    case 'string':
    case 'boolean':
    case 'null':
      return undefined;
    case 'number':
      return numberProblem(slot);
    case 'object': {
      const [name, ...others] = Object.keys(slot as object);
      if (name === undefined || others.length > 0 || !Object.hasOwn(SLOTS, name)) {
        return problem(`expected an object with one of ${Object.keys(SLOTS).join(', ')}, found another`);
      }
      return under(name, SLOTS[name]!((slot as Record<string, unknown>)[name], nodes));
    }
    default:
      return expected('a slot', slot);
  }
}

/** A number, or `{number}` for those that JSON has not. */
export function numberSlotProblem(slot: unknown, nodes: readonly unknown[]): Problem | undefined {
  const isNumber = typeof slot === 'number' || (typeName(slot) === 'object' && Object.hasOwn(slot as object, 'number'));
  return isNumber ? slotProblem(slot, nodes) : expected('number', slot);
}

function numberProblem(value: unknown): Problem | undefined {
  return Object.is(value, -0) || !Number.isFinite(value)
    ? problem('expected a finite number other than -0')
    : undefined;
}
