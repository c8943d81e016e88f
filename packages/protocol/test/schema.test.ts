/** The schemas: generated files up to date, valid JSON Schema, and three validators of one mind. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { Compile } from 'typebox/schema';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  LOSS_ADVICE,
  parseRecording,
  Recording,
  SessionDocument,
  SessionEvent,
  SessionMetadata,
} from '../src/index.js';
import { schemaProblem, type Schema } from '../src/schema-check.js';
import { validVectors } from './vectors.js';

const script = fileURLToPath(new URL('../../../scripts/generate-schema.mjs', import.meta.url));
const folder = fileURLToPath(new URL('../../../spec/schema/', import.meta.url));
const schemaFiles = readdirSync(folder);
const readSchema = (file: string): object => JSON.parse(readFileSync(join(folder, file), 'utf8')) as object;

describe('generated files', () => {
  let out: string;
  beforeEach(() => void (out = mkdtempSync(join(tmpdir(), 'psp-schema-'))));
  afterEach(() => rmSync(out, { recursive: true }));

  test('are up to date', () => {
    const { status, stderr } = spawnSync(process.execPath, [script, '--check'], { encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(status).toBe(0);
  });

  test('a file that was edited, is missing or is too many is named', () => {
    execFileSync(process.execPath, [script, '--out', out]);
    expect(readdirSync(out)).toEqual(schemaFiles);
    const file = join(out, 'loss.json');
    writeFileSync(file, readFileSync(file, 'utf8').replace('"object"', '"array"'));
    rmSync(join(out, 'event.json'));
    writeFileSync(join(out, 'old.json'), '{}');
    const { status, stderr } = spawnSync(process.execPath, [script, '--check', '--out', out], { encoding: 'utf8' });
    expect(status).toBe(1);
    expect(stderr.match(/\w+\.json/g)).toEqual(['loss.json', 'event.json', 'old.json']);
  });

  test.each(schemaFiles)('%s is a JSON Schema of 2020-12 with an id of its own', (file) => {
    const schema = readSchema(file);
    expect(schema).toMatchObject({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      $id: `urn:psp:schema:${file.replace('.json', '')}:1`,
    });
    expect(() => new Ajv2020({ strict: true }).compile(schema)).not.toThrow();
  });
});

describe('validators', () => {
  const wrongValues = [
    null,
    0,
    -1,
    1.5,
    '',
    'x',
    '/',
    true,
    [],
    {},
    [1],
    [''],
    { utf16: 1 },
    { json: 1, x: 1 },
    { nodes: [], root: 1 },
    'lax',
    70_000,
    'x'.repeat(250),
  ];

  /** Every place of a document: replaces or removes the one at `index`. */
  function mutate(document: unknown, index: number, value: unknown): unknown {
    let at = 0;
    const visit = (node: unknown): unknown => {
      if (at++ === index) return value;
      if (Array.isArray(node)) return node.map(visit).filter((item) => item !== undefined);
      if (typeof node !== 'object' || node === null) return node;
      return Object.fromEntries(
        Object.entries(node)
          .map(([name, member]) => [name, visit(member)] as const)
          .filter(([, member]) => member !== undefined),
      );
    };
    return visit(document);
  }

  test('[PSP-DOC-4] ours, ajv and TypeBox agree on every mutation of every valid vector', () => {
    const byAjv = new Ajv2020({ strict: true }).compile(readSchema('session.json'));
    const byTypeBox = Compile(SessionDocument);
    const small = validVectors().filter(({ document }) => JSON.stringify(document).length < 5000);
    const verdicts = { accepted: 0, refused: 0 };
    fc.assert(
      fc.property(
        fc.constantFrom(...small),
        fc.nat({ max: 120 }),
        fc.constantFrom(undefined, ...wrongValues),
        ({ document }, index, value) => {
          const mutant = mutate(document, index, value) ?? null;
          const ours = schemaProblem(SessionDocument as Schema, mutant);
          expect(ours === undefined, `${JSON.stringify(mutant)} ${JSON.stringify(ours)}`).toBe(byAjv(mutant));
          expect(byTypeBox.Check(mutant)).toBe(byAjv(mutant));
          verdicts[ours === undefined ? 'accepted' : 'refused']++;
        },
      ),
      { numRuns: 3000 },
    );
    expect(Math.min(verdicts.accepted, verdicts.refused)).toBeGreaterThan(100);
  });

  test('all keywords of all schemas are among those that ours reads', () => {
    const known = new Set([
      '$schema',
      '$id',
      'title',
      'description',
      'type',
      'const',
      'anyOf',
      'required',
      'properties',
      'additionalProperties',
      'items',
      'minItems',
      'maxItems',
      'minLength',
      'maxLength',
      'pattern',
      'minimum',
      'maximum',
    ]);
    const keywords = (schema: object): string[] =>
      Object.entries(schema).flatMap(([keyword, value]: [string, unknown]) => {
        const inner =
          keyword === 'properties'
            ? Object.values(value as object)
            : keyword === 'anyOf'
              ? (value as object[])
              : keyword === 'items'
                ? [value as object]
                : [];
        return [keyword, ...(inner as object[]).flatMap(keywords)];
      });
    for (const file of schemaFiles) for (const keyword of keywords(readSchema(file))) expect(known).toContain(keyword);
  });
});

describe('recordings', () => {
  const click = { type: 'click', selectors: [['aria/Log in'], '#login'], offsetX: 1, offsetY: 2 };
  const flow = {
    title: 'log in',
    unknown: [1],
    steps: [
      {
        type: 'setViewport',
        width: 800,
        height: 600,
        deviceScaleFactor: 1,
        isMobile: false,
        hasTouch: false,
        isLandscape: true,
      },
      {
        type: 'navigate',
        url: 'https://app.example/',
        assertedEvents: [{ type: 'navigation', url: 'https://app.example/', title: 'x' }],
      },
      {
        ...click,
        psp: {
          id: '1',
          atMs: 5,
          frames: ['iframe#a'],
          fingerprint: { role: 'button', later: 1 },
          position: { x: 0.5, y: 0.5 },
        },
      },
      { type: 'change', selectors: [['#password']], value: '', psp: { value: { secret: 'password' } } },
      { type: 'customStep', name: 'psp.upload', parameters: { files: ['a'] } },
    ],
    psp: { version: 1, secrets: ['password'] },
  };

  test('a flow is read with all its members, those that are not known too', () => {
    expect(parseRecording(JSON.stringify(flow))).toEqual(flow);
    expect(new Ajv2020({ strict: true }).compile(readSchema('recording.json'))(flow)).toBe(true);
    expect(Compile(Recording).Check(flow)).toBe(true);
  });

  test('a wrong step is named by its place and its kind', () => {
    const withStep = (step: unknown): unknown => ({ title: '', steps: [click, step] });
    expect(() => parseRecording(withStep({ ...click, offsetX: undefined }))).toThrow(
      'steps[1].offsetX: expected number, found nothing',
    );
    expect(() => parseRecording(withStep({ ...click, selectors: [1] }))).toThrow(
      'steps[1].selectors[0]: expected one of string, array, found number',
    );
    expect(() => parseRecording(withStep({ type: 'fly' }))).toThrow(
      /^steps\[1\]\.type: expected one of change, click, .*, found string of 3 characters$/,
    );
    expect(() => parseRecording(withStep({}))).toThrow(/^steps\[1\]\.type: expected one of .*, found nothing$/);
    expect(() => parseRecording(withStep({ ...click, psp: { value: 'hunter2' } }))).toThrow(
      'steps[1].psp.value: expected object, found string',
    );
    expect(() => parseRecording('['.repeat(1e5))).toThrow(expect.objectContaining({ code: 'TOO_LARGE' }));
  });

  test('[PSP-VER-1] a recording of a later version is refused', () => {
    expect(() => parseRecording({ ...flow, psp: { version: 2 } })).toThrow(
      expect.objectContaining({ code: 'UNSUPPORTED_VERSION' }),
    );
  });
});

describe('small shapes', () => {
  test('events and metadata', () => {
    const event = { type: 'session.captured', id: 'a', version: 1, at: '2025-08-20T10:00:00Z', later: 1 };
    expect(schemaProblem(SessionEvent as Schema, event)).toBeUndefined();
    expect(schemaProblem(SessionEvent as Schema, { ...event, type: 'session.eaten' })?.path).toEqual(['type']);
    expect(schemaProblem(SessionMetadata as Schema, { id: 'a' })?.path).toEqual(['name']);
  });

  test('[PSP-LOSS-2] the advice of every loss says something, and codes are words with hyphens', () => {
    for (const [code, advice] of Object.entries(LOSS_ADVICE)) {
      expect(code).toMatch(/^[a-z]+(-[a-z]+)+$/);
      expect(advice).toMatch(/\.$/);
    }
  });
});
