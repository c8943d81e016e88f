/** The container and the key file. */
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PspError } from '@psp/protocol';
import { GeneralEncrypt, generalDecrypt } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openStream, readContainer, sealStream, type HeaderFields } from '../src/seal/container.js';
import { openKeySource } from '../src/seal/key-file.js';
import { openSegment, sealSegment, segmentKey, SEGMENT_BYTES } from '../src/seal/segment.js';
import { SEALER_CASES } from '../src/testing/index.js';
import { collect } from '../src/archive/collect.js';
import { withSmallDisk } from './support/tmpfs.js';

const key = randomBytes(32);
const fields = { kind: 'payload', id: 'one', version: 3 };
const where = 'payload of session one';

const seal = (plain: Uint8Array[], comp: 'br' | 'none' = 'br', header: HeaderFields = fields): Promise<Buffer> =>
  collect(sealStream(header, key, plain, comp));
const open = (
  sealed: Uint8Array,
  { maxBytes = 1e9, expect: expected = fields as HeaderFields, dataKey = key } = {},
): Promise<Buffer> => collect(openStream([sealed], dataKey, { where, expect: expected, maxBytes }));

function errorOf(operation: Promise<unknown>): Promise<PspError> {
  return operation.then(
    () => undefined as never,
    (thrown: PspError) => thrown,
  );
}

async function expectCorrupt(sealed: Uint8Array, options = {}): Promise<void> {
  const error = await errorOf(open(sealed, options));
  expect(error).toMatchObject({ code: 'CORRUPT', message: expect.stringContaining(where) });
}

describe('a container', () => {
  it.each(['br', 'none'] as const)('gives back what was sealed, at every size around a segment (%s)', async (comp) => {
    for (const size of [0, 1, 1000, SEGMENT_BYTES - 1, SEGMENT_BYTES, SEGMENT_BYTES + 1, 3 * SEGMENT_BYTES]) {
      const plain = randomBytes(size);
      expect((await open(await seal([plain], comp))).equals(plain)).toBe(true);
    }
  });

  it('takes and gives chunks of any size', async () => {
    const plain = randomBytes(300_000);
    const pieces = Array.from({ length: 3000 }, (_, index) => plain.subarray(index * 100, index * 100 + 100));
    const sealed = await seal([...pieces, Buffer.alloc(0)]);
    const chunks = Array.from({ length: Math.ceil(sealed.length / 777) }, (_, index) =>
      sealed.subarray(index * 777, index * 777 + 777),
    );
    expect((await collect(openStream(chunks, key, { where, expect: fields, maxBytes: 1e9 }))).equals(plain)).toBe(true);
  });

  it('tells its header in clear, and no plaintext', async () => {
    const sealed = await seal([Buffer.from('canary')], 'none');
    expect(sealed.subarray(0, 4).toString()).toBe('PSP1');
    const { header } = await readContainer([sealed], { where, maxBytes: 1 });
    expect(header).toMatchObject({ ...fields, comp: 'none', seg: SEGMENT_BYTES });
    expect(sealed.includes('canary')).toBe(false);
  });

  it('[PSP-SEAL-1] never seals the same twice in the same way', async () => {
    const [one, two] = [await seal([Buffer.from('x')]), await seal([Buffer.from('x')])];
    expect(one.equals(two)).toBe(false);
  });

  it('[PSP-SEAL-2] is CORRUPT or of another version when any bit of it is flipped', async () => {
    const sealed = await seal([Buffer.from('short')]);
    for (let bit = 0; bit < sealed.length * 8; bit += 1) {
      const changed = Buffer.from(sealed);
      changed[bit >> 3]! ^= 1 << (bit & 7);
      const error = await errorOf(open(changed));
      expect([error?.code, bit]).toEqual([expect.stringMatching(/^(CORRUPT|UNSUPPORTED_VERSION)$/), bit]);
    }
  });

  it('[PSP-SEAL-2] is CORRUPT when it is cut at any place, or extended', async () => {
    const sealed = await seal([Buffer.from('short')]);
    for (let length = 0; length < sealed.length; length += 1) await expectCorrupt(sealed.subarray(0, length));
    for (const more of [[0], randomBytes(16), sealed]) await expectCorrupt(Buffer.concat([sealed, Buffer.from(more)]));
  });

  it('[PSP-SEAL-2] is CORRUPT when segments are swapped, doubled, left out, or the end is cut at a segment', async () => {
    const sealed = await seal([randomBytes(3.5 * SEGMENT_BYTES)], 'none');
    const size = SEGMENT_BYTES + 16;
    const start = sealed.length - 3 * size - (SEGMENT_BYTES / 2 + 16);
    const segment = (index: number) => sealed.subarray(start + index * size, start + (index + 1) * size);
    const made = (...order: number[]) => Buffer.concat([sealed.subarray(0, start), ...order.map(segment)]);
    expect(made(0, 1, 2, 3).equals(sealed)).toBe(true);
    for (const order of [[1, 0, 2, 3], [0, 1, 1, 2, 3], [0, 2, 3], [0, 1, 2], [0], []])
      await expectCorrupt(made(...order));
  });

  it('[PSP-SEAL-4] is CORRUPT under another id, version or kind, whatever its own header says', async () => {
    const sealed = await seal([Buffer.from('x')]);
    for (const other of [{ id: 'two' }, { version: 4 }, { kind: 'head' }, { missing: 1 }])
      await expectCorrupt(sealed, { expect: { ...fields, ...other } });
    const edited = Buffer.from(sealed.toString('latin1').replace('"version":3', '"version":4'), 'latin1');
    await expectCorrupt(edited, { expect: { ...fields, version: 4 } });
  });

  it('is CORRUPT with another key', async () => {
    await expectCorrupt(await seal([Buffer.from('x')]), { dataKey: randomBytes(32) });
  });

  it('[PSP-SEAL-6] is CORRUPT when it is not one: plaintext, empty, a header that is no header', async () => {
    const withHeader = (text: string) => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(text.length);
      return Buffer.concat([Buffer.from('PSP1'), length, Buffer.from(text), randomBytes(20)]);
    };
    for (const text of ['', '{"format":"psp-session"}', 'PSP1', 'PSPX12345678', 'psp1........'])
      await expectCorrupt(Buffer.from(text));
    for (const header of [
      '',
      'x',
      'null',
      '[]',
      '7',
      '{}',
      '{"comp":"br","seg":1048576,"salt":"AA"}',
      '{"comp":"zip"}',
    ])
      await expectCorrupt(withHeader(header), { expect: {} });
    await expectCorrupt(Buffer.concat([Buffer.from('PSP1'), Buffer.from([0xff, 0xff, 0xff, 0xff]), randomBytes(100)]));
  });

  it('of a later version is UNSUPPORTED_VERSION, naming the version', async () => {
    const sealed = await seal([Buffer.from('x')]);
    sealed.write('PSP2');
    expect(await errorOf(open(sealed))).toMatchObject({
      code: 'UNSUPPORTED_VERSION',
      message: expect.stringMatching(/payload of session one.*found version 2/),
    });
  });

  it('[PSP-SEAL-5] that unpacks to too much is TOO_LARGE, and is not unpacked', async () => {
    const zeros = Buffer.alloc(64 * 1024 * 1024);
    const sealed = await seal([zeros]);
    expect(sealed.length).toBeLessThan(20_000);
    let given = 0;
    const error = await errorOf(
      (async () => {
        for await (const chunk of openStream([sealed], key, { where, maxBytes: 1_000_000 })) given += chunk.length;
      })(),
    );
    expect(error).toMatchObject({ code: 'TOO_LARGE', message: expect.stringContaining('1000000') });
    expect(given).toBeLessThanOrEqual(1_000_000);
  });

  it('with a header that is too long is refused when it is sealed', async () => {
    expect(await errorOf(seal([], 'br', { long: 'x'.repeat(70_000) }))).toMatchObject({ code: 'TOO_LARGE' });
  });

  it('fails as its source fails, and ends its source when the reader stops', async () => {
    const ended: string[] = [];
    async function* source(pieces: number): AsyncGenerator<Uint8Array> {
      try {
        for (let piece = 0; piece < pieces; piece += 1) yield randomBytes(SEGMENT_BYTES);
        throw new Error('the browser is gone');
      } finally {
        ended.push(`after ${pieces}`);
      }
    }
    for (const comp of ['br', 'none'] as const) {
      await expect(collect(sealStream(fields, key, source(5), comp))).rejects.toThrow('the browser is gone');
      for await (const chunk of sealStream(fields, key, source(1e6), comp)) if (chunk.length >= SEGMENT_BYTES) break;
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(ended).toEqual(['after 5', 'after 1000000', 'after 5', 'after 1000000']);
  });

  it('holds a few segments in memory, not the whole', async () => {
    let sent = 0;
    let received = 0;
    let ahead = 0;
    const piece = randomBytes(SEGMENT_BYTES);
    function* source(): Generator<Uint8Array> {
      for (; sent < 64 * SEGMENT_BYTES; sent += piece.length) yield piece;
    }
    for await (const chunk of openStream(sealStream(fields, key, source()), key, { where, maxBytes: 1e9 })) {
      received += chunk.length;
      ahead = Math.max(ahead, sent - received);
    }
    expect(received).toBe(64 * SEGMENT_BYTES);
    expect(ahead).toBeLessThan(10 * SEGMENT_BYTES);
  });
});

describe('a segment', () => {
  const place = { key: segmentKey(key, randomBytes(32)), aad: randomBytes(32), index: 0, last: true };

  it('[PSP-SEAL-3] with a tag of fewer bytes is refused, though Node itself would take it', () => {
    const sealed = Buffer.concat(sealSegment(place, Buffer.from('plain')));
    expect(openSegment(place, sealed)?.toString()).toBe('plain');
    for (const cut of [4, 8, 12]) expect(openSegment(place, sealed.subarray(0, sealed.length - cut))).toBeUndefined();
    for (const size of [0, 4, 15]) expect(openSegment(place, Buffer.alloc(size))).toBeUndefined();
  });

  it('belongs to one place', () => {
    const sealed = Buffer.concat(sealSegment(place, Buffer.from('plain')));
    for (const other of [{ index: 1 }, { last: false }, { aad: randomBytes(32) }, { key: randomBytes(32) }]) {
      expect(openSegment({ ...place, ...other }, sealed)).toBeUndefined();
    }
  });
});

let base: string;
let keyFile: string;
let count = 0;
beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'psp-key-'));
});
afterAll(() => rm(base, { recursive: true, force: true }));
beforeEach(() => {
  keyFile = join(base, String((count += 1)), 'psp', 'key.json');
});

describe('the key file', () => {
  it.each(SEALER_CASES.map(({ name, run }) => [name, run] as const))('keeps the contract: %s', async (_name, run) => {
    const other = join(base, `${count}-other.json`);
    await openKeySource({ keyFile }).ensureKey();
    await openKeySource({ keyFile: other }).ensureKey();
    let empty = 0;
    const openEmpty = () => openKeySource({ keyFile: join(base, `${count}-empty-${(empty += 1)}`) });
    await run({
      open: () => openKeySource({ keyFile }),
      openOther: () => openKeySource({ keyFile: other }),
      openEmpty,
    });
  });

  it('[PSP-SEAL-8] is made 0600 in a folder 0700, says so once, and is a JSON Web Key', async () => {
    const notices: string[] = [];
    const source = openKeySource({ keyFile, onNotice: (text) => notices.push(text) });
    expect(await source.keyId()).toBeUndefined();
    const id = await source.ensureKey();
    await source.ensureKey();
    await openKeySource({ keyFile, onNotice: (text) => notices.push(text) }).ensureKey();
    expect(notices).toEqual([expect.stringContaining(keyFile)]);
    expect(notices[0]).toMatch(/lost/);
    expect((await stat(keyFile)).mode & 0o777).toBe(0o600);
    expect((await stat(join(keyFile, '..'))).mode & 0o777).toBe(0o700);
    const jwk = JSON.parse(await readFile(keyFile, 'utf8')) as { kty: string; kid: string; k: string };
    expect(jwk).toMatchObject({ kty: 'oct', kid: id });
    expect(Buffer.from(jwk.k, 'base64url')).toHaveLength(32);
  });

  it('opens key slots that others wrote, too, in any form of JWE that holds them', async () => {
    const source = openKeySource({ keyFile });
    const kid = await source.ensureKey();
    const jwk = JSON.parse(await readFile(keyFile, 'utf8')) as { k: string };
    const dataKey = randomBytes(32);
    const other = new GeneralEncrypt(dataKey).setProtectedHeader({ enc: 'A256GCM', typ: 'x' });
    other.addRecipient(Buffer.from(jwk.k, 'base64url')).setUnprotectedHeader({ alg: 'A256KW', kid });
    const slots = await other.encrypt();
    expect(Buffer.from(await source.unwrap(slots))).toEqual(dataKey);
    const own = await source.wrap(dataKey);
    expect(own.protected).not.toBe(slots.protected);
    expect((await generalDecrypt(own, Buffer.from(jwk.k, 'base64url'))).plaintext).toEqual(new Uint8Array(dataKey));
    for (const member of ['iv', 'tag', 'ciphertext'] as const)
      expect(await errorOf(source.unwrap({ ...own, [member]: slots[member]! }))).toMatchObject({ code: 'CORRUPT' });
    expect(await errorOf(source.unwrap({ ...own, recipients: slots.recipients }))).toMatchObject({ code: 'CORRUPT' });
  });

  it('is one, however many make it at the same time, and leaves no other file', async () => {
    const notices: string[] = [];
    const sources = Array.from({ length: 16 }, () =>
      openKeySource({ keyFile, onNotice: (text) => notices.push(text) }),
    );
    const ids = await Promise.all(sources.map((source) => source.ensureKey()));
    expect(new Set(ids).size).toBe(1);
    expect(notices).toHaveLength(1);
    expect(await readdir(join(keyFile, '..'))).toEqual(['key.json']);
  });

  it.each([0o640, 0o604, 0o660, 0o644])('that others may use (%o) is KEY_INVALID with the command', async (mode) => {
    await openKeySource({ keyFile }).ensureKey();
    await chmod(keyFile, mode);
    const source = openKeySource({ keyFile });
    for (const error of await Promise.all(
      [source.keyId(), source.ensureKey(), source.wrap(randomBytes(32))].map(errorOf),
    )) {
      expect(error).toMatchObject({ code: 'KEY_INVALID', message: expect.stringContaining(`chmod 600 '${keyFile}'`) });
    }
  });

  const good = randomBytes(32).toString('base64url');
  it.each([
    ['empty', ''],
    ['not JSON', `{"kty":"oct","k":"${good}"`],
    ['null', 'null'],
    ['a list', '[]'],
    ['another type', '{"kty":"RSA","n":"AQAB","e":"AQAB"}'],
    ['no key', '{"kty":"oct"}'],
    ['128 bits', `{"kty":"oct","k":"${good.slice(0, 22)}"}`],
    ['another kid', `{"kty":"oct","k":"${good}","kid":"other"}`],
  ])('that is damaged (%s) is KEY_INVALID, tells nothing of the key, and stays as it is', async (_name, text) => {
    await mkdir(join(keyFile, '..'), { recursive: true });
    await writeFile(keyFile, text, { mode: 0o600 });
    const error = await errorOf(openKeySource({ keyFile }).ensureKey());
    expect(error).toMatchObject({ code: 'KEY_INVALID', message: expect.stringContaining(keyFile) });
    expect(`${error.message} ${String(error.cause)}`).not.toContain(good.slice(0, 20));
    expect(await readFile(keyFile, 'utf8')).toBe(text);
  });

  it('that is a folder, or below a file, is KEY_INVALID', async () => {
    await mkdir(keyFile, { recursive: true });
    expect(await errorOf(openKeySource({ keyFile }).ensureKey())).toMatchObject({ code: 'KEY_INVALID' });
    await writeFile(join(base, `${count}-file`), '');
    expect(
      await errorOf(openKeySource({ keyFile: join(base, `${count}-file`, 'key.json') }).ensureKey()),
    ).toMatchObject({ code: 'KEY_INVALID' });
  });

  it('that cannot be made says what is in the way, and never hangs', async () => {
    const file = join(base, `${count}-in-the-way`);
    await writeFile(file, 'x');
    expect(await errorOf(openKeySource({ keyFile: join(file, 'psp', 'key.json') }).ensureKey())).toMatchObject({
      code: 'KEY_INVALID',
      message: expect.stringContaining(file),
    });
    expect(await errorOf(openKeySource({ keyFile: '/proc/psp-key/psp/key.json' }).ensureKey())).toMatchObject({
      code: 'KEY_INVALID',
    });
  });

  it('that finds no space is STORE_FULL, whose advice is to free some, and leaves nothing', async () => {
    await withSmallDisk('64k', async (disk) => {
      await writeFile(join(disk, 'ballast'), Buffer.alloc(65536)).catch(() => undefined);
      const path = join(disk, 'key.json');
      const error = await errorOf(openKeySource({ keyFile: path }).ensureKey());
      expect(error).toMatchObject({ code: 'STORE_FULL', message: expect.stringContaining(path) });
      expect(await readdir(disk)).toEqual(['ballast']);
    });
  });

  it('is found by option, then PSP_KEY_FILE, then the configuration folder', () => {
    const env = { PSP_KEY_FILE: '/env/key.json', XDG_CONFIG_HOME: '/config', APPDATA: '/config' };
    expect(openKeySource({ env, keyFile: '/option/key.json' }).description).toContain('/option/key.json');
    expect(openKeySource({ env }).description).toContain('/env/key.json');
    expect(openKeySource({ env: { ...env, PSP_KEY_FILE: '' } }).description).toContain('/config/psp/key.json');
  });
});
