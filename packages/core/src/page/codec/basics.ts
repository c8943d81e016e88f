/** Kinds of the language that hold a scalar: Date, RegExp, boxed primitives. And the errors, which hold a cause. */
import { asClass, asNumber, asObject, asString } from './fields.js';
import type { Kind, NodeWriter } from './kind.js';
import { fromWireString, toWireString } from './text.js';
import { type WireNode, WireError } from './wire.js';

export const dateKind: Kind = {
  classes: ['Date'],
  tags: ['date'],
  write(date: Date) {
    const time = date.getTime();
    return ['date', Number.isNaN(time) ? null : time];
  },
  read: ([, time]) => new Date(time === null ? NaN : asNumber(time)),
};

export const regexpKind: Kind = {
  classes: ['RegExp'],
  tags: ['regexp'],
  write: (regexp: RegExp) => ['regexp', toWireString(regexp.source), regexp.flags],
  read([, source, flags]) {
    try {
      return new RegExp(fromWireString(source), asString(flags));
    } catch {
      // The engine's message quotes the pattern.
      throw new WireError('expected a regular expression that this browser knows');
    }
  },
};

export const boxedKind: Kind = {
  classes: ['Boolean', 'Number', 'String', 'BigInt'],
  tags: ['boxed'],
  write: (boxed: { valueOf(): unknown }, writer) => ['boxed', writer.slot(boxed.valueOf())],
  read([, slot], reader) {
    const value = reader.value(slot);
    if (value === null || value === undefined || typeof value === 'object') throw new WireError('expected a scalar');
    return Object(value) as object;
  },
};

/** The names that structured clone keeps (HTML, section 2.7.3, step 17). */
const ERRORS = ['Error', 'EvalError', 'RangeError', 'ReferenceError', 'SyntaxError', 'TypeError', 'URIError'];

function writeError(error: Error, writer: NodeWriter): WireNode {
  const members: Record<string, unknown> = {};
  if (Object.hasOwn(error, 'message')) members['message'] = toWireString(String(error.message));
  if (typeof error.stack === 'string') members['stack'] = toWireString(error.stack);
  if (Object.hasOwn(error, 'cause')) members['cause'] = writer.slot(error.cause);
  return ['error', ERRORS.includes(error.name) ? error.name : 'Error', members];
}

const hide = (error: Error, name: string, value: unknown): unknown =>
  Object.defineProperty(error, name, { value, writable: true, enumerable: false, configurable: true });

export const errorKind: Kind = {
  classes: ['Error'],
  tags: ['error'],
  write: writeError,
  read([, name, members]) {
    const { message, stack } = asObject(members);
    const constructor = asClass<ErrorConstructor>(name, ERRORS);
    const error = message === undefined ? new constructor() : new constructor(fromWireString(message));
    // The stack of this reader must not pass for the stack of the value.
    hide(error, 'stack', stack === undefined ? undefined : fromWireString(stack));
    return error;
  },
  fill(error: Error, [, , members], reader) {
    const { cause } = asObject(members);
    if (cause !== undefined) hide(error, 'cause', reader.value(cause));
  },
};

export const domExceptionKind: Kind = {
  classes: ['DOMException'],
  tags: ['domexception'],
  write: (error: DOMException) => ['domexception', toWireString(error.name), toWireString(error.message)],
  read: ([, name, message]) => new DOMException(fromWireString(message), fromWireString(name)),
};
