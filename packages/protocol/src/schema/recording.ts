/**
 * A recording: a superset of the Chrome Recorder's user flow, so that its tools read ours and ours reads theirs. What Chrome
 * lacks stands in a `psp` object on the flow and on each step, or is a `customStep` whose name begins with `psp.`.
 */
import { Type, type Static, type TProperties } from 'typebox';

/** The major version of the `psp` object of a flow. A flow without one comes from another tool. */
export const RECORDING_VERSION = 1;

/** A secret is never in a recording: this names what is bound when it is played. */
export const SecretReference = Type.Object({ secret: Type.String({ minLength: 1 }) });
export type SecretReference = Static<typeof SecretReference>;

/** What the element was when it was recorded, to be compared with what a selector finds. */
export const Fingerprint = Type.Object({
  role: Type.Optional(Type.String()),
  name: Type.Optional(Type.String()),
  tag: Type.Optional(Type.String()),
  type: Type.Optional(Type.String()),
  label: Type.Optional(Type.String()),
  testId: Type.Optional(Type.String()),
  matches: Type.Optional(Type.Integer({ minimum: 0, description: 'elements that the first selector found' })),
});
export type Fingerprint = Static<typeof Fingerprint>;

/** What happened because of a step: its `type` is `navigation`, `popup`, `dialog`, `download`, `visible` or one of a later version. */
export const Effect = Type.Object({ type: Type.String() });
export type Effect = Static<typeof Effect>;

/** What PSP knows of a step beyond Chrome's fields. `frames` leads to the frame by selectors, never by index. */
export const StepExtension = Type.Object({
  id: Type.Optional(Type.String()),
  atMs: Type.Optional(Type.Number({ minimum: 0, description: 'milliseconds since the recording began' })),
  page: Type.Optional(Type.String()),
  opener: Type.Optional(Type.String()),
  frames: Type.Optional(Type.Array(Type.String())),
  fingerprint: Type.Optional(Fingerprint),
  modifiers: Type.Optional(Type.Array(Type.String())),
  position: Type.Optional(
    Type.Object({ x: Type.Number(), y: Type.Number() }, { description: 'as fractions of the box of the element' }),
  ),
  value: Type.Optional(SecretReference),
  effects: Type.Optional(Type.Array(Effect)),
});
export type StepExtension = Static<typeof StepExtension>;

/** One selector, or one for each shadow root on the way. */
const Selector = Type.Union([Type.String(), Type.Array(Type.String(), { minItems: 1 })]);

const AssertedEvent = Type.Object({
  type: Type.String(),
  url: Type.Optional(Type.String()),
  title: Type.Optional(Type.String()),
});

/** What every step may have. `timeout` is in milliseconds. */
const common = {
  timeout: Type.Optional(Type.Number({ minimum: 1, maximum: 30_000 })),
  assertedEvents: Type.Optional(Type.Array(AssertedEvent)),
  psp: Type.Optional(StepExtension),
};
const target = { target: Type.Optional(Type.String()), frame: Type.Optional(Type.Array(Type.Integer({ minimum: 0 }))) };
const element = { ...target, selectors: Type.Array(Selector, { minItems: 1 }) };
const pointer = {
  ...element,
  offsetX: Type.Number(),
  offsetY: Type.Number(),
  button: Type.Optional(Type.String()),
  deviceType: Type.Optional(Type.String()),
};

const step = <Name extends string, Fields extends TProperties>(type: Name, fields: Fields) =>
  Type.Object({ type: Type.Literal(type), ...common, ...fields });

/** The steps of @puppeteer/replay's schema, version 3. */
export const RecordingStep = Type.Union([
  step('change', { ...element, value: Type.String() }),
  step('click', { ...pointer, duration: Type.Optional(Type.Number({ minimum: 0 })) }),
  step('close', target),
  step('customStep', { ...target, name: Type.String({ minLength: 1 }), parameters: Type.Unknown() }),
  step('doubleClick', { ...pointer, duration: Type.Optional(Type.Number({ minimum: 0 })) }),
  step('emulateNetworkConditions', {
    ...target,
    download: Type.Number(),
    upload: Type.Number(),
    latency: Type.Number(),
  }),
  step('hover', element),
  step('keyDown', { ...target, key: Type.String({ minLength: 1 }) }),
  step('keyUp', { ...target, key: Type.String({ minLength: 1 }) }),
  step('navigate', { ...target, url: Type.String() }),
  step('scroll', {
    ...target,
    selectors: Type.Optional(Type.Array(Selector, { minItems: 1 })),
    x: Type.Optional(Type.Number()),
    y: Type.Optional(Type.Number()),
  }),
  step('setViewport', {
    ...target,
    width: Type.Number({ minimum: 0 }),
    height: Type.Number({ minimum: 0 }),
    deviceScaleFactor: Type.Number(),
    isMobile: Type.Boolean(),
    hasTouch: Type.Boolean(),
    isLandscape: Type.Boolean(),
  }),
  step('waitForElement', {
    ...element,
    operator: Type.Optional(Type.Union([Type.Literal('>='), Type.Literal('=='), Type.Literal('<=')])),
    count: Type.Optional(Type.Integer({ minimum: 0 })),
    visible: Type.Optional(Type.Boolean()),
  }),
  step('waitForExpression', { ...target, expression: Type.String() }),
]);
export type RecordingStep = Static<typeof RecordingStep>;

/** What PSP knows of a flow beyond Chrome's fields. */
export const RecordingExtension = Type.Object({
  version: Type.Integer({ minimum: 1 }),
  id: Type.Optional(Type.String()),
  startedAt: Type.Optional(Type.String({ description: 'RFC 3339, UTC' })),
  session: Type.Optional(Type.String({ description: 'the id of the session in which it was recorded' })),
  secrets: Type.Optional(
    Type.Array(Type.String({ minLength: 1 }), { description: 'the names that must be bound to play it' }),
  ),
});
export type RecordingExtension = Static<typeof RecordingExtension>;

export const Recording = Type.Object({
  title: Type.String(),
  timeout: Type.Optional(Type.Number({ minimum: 1, maximum: 30_000 })),
  selectorAttribute: Type.Optional(Type.String()),
  steps: Type.Array(RecordingStep),
  psp: Type.Optional(RecordingExtension),
});
export type Recording = Static<typeof Recording>;
