/** Keys that pages mark as non-extractable, moved to another browser: what the page sees, and that the keys still work. */
import type { Loss } from '@psp/protocol';
import { describe, expect, test } from 'vitest';
import type { Page } from 'playwright';
import { adapter, browser, launch, page, site } from './fixture.js';

/** Run in pages: a database with one pair of keys and one secret key. */
const SCRIPT = `
const store = (mode, use) => new Promise((done, fail) => {
  const opening = indexedDB.open('keys', 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore('keys');
  opening.onerror = () => fail(opening.error);
  opening.onsuccess = () => {
    const request = use(opening.result.transaction('keys', mode).objectStore('keys'));
    request.onsuccess = () => { opening.result.close(); done(request.result); };
    request.onerror = () => fail(request.error);
  };
});
const ECDSA = { name: 'ECDSA', namedCurve: 'P-256' };
const SIGN = { name: 'ECDSA', hash: 'SHA-256' };
const AES = { name: 'AES-GCM', length: 256 };
const GCM = { name: 'AES-GCM', iv: new Uint8Array(12) };
const TEXT = new TextEncoder().encode('a text');
const hex = (buffer) => Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, '0')).join('');
const failing = (promise) => promise.then(() => 'it left', (error) => error.name);
const make = async () => {
  const pair = await crypto.subtle.generateKey(ECDSA, false, ['sign', 'verify']);
  const secret = await crypto.subtle.generateKey(AES, false, ['encrypt', 'decrypt']);
  await store('readwrite', (keys) => keys.put({ pair, secret }, 'mine'));
  return {
    publicKey: await crypto.subtle.exportKey('jwk', pair.publicKey),
    cipher: hex(await crypto.subtle.encrypt(GCM, secret, TEXT)),
    seen: await see({ pair, secret }),
  };
};
const see = async ({ pair, secret }) => ({
  extractable: [pair.publicKey.extractable, pair.privateKey.extractable, secret.extractable],
  left: await Promise.all([
    failing(crypto.subtle.exportKey('jwk', pair.privateKey)),
    failing(crypto.subtle.exportKey('raw', secret)),
  ]),
});
const use = async (publicKey) => {
  const kept = await store('readonly', (keys) => keys.get('mine'));
  if (kept === undefined) return undefined;
  const signature = await crypto.subtle.sign(SIGN, kept.pair.privateKey, TEXT);
  const known = await crypto.subtle.importKey('jwk', publicKey, ECDSA, true, ['verify']);
  return {
    verifies: await crypto.subtle.verify(SIGN, known, signature, TEXT),
    cipher: hex(await crypto.subtle.encrypt(GCM, kept.secret, TEXT)),
    seen: await see(kept),
  };
};`;

interface Made {
  publicKey: unknown;
  cipher: string;
  seen: unknown;
}
const run = <T>(on: Pick<Page, 'evaluate'>, call: string): Promise<T> =>
  on.evaluate(`(async () => { ${SCRIPT}; return ${call}; })()`);
const useIn = (on: Pick<Page, 'evaluate'>, { publicKey }: Made): Promise<unknown> =>
  run(on, `use(${JSON.stringify(publicKey)})`);

const lostKeys = (losses: readonly Loss[]) =>
  losses.filter(({ code }) => code === 'value-not-portable').map(({ item }) => item);

const HIDDEN = { extractable: [true, false, false], left: ['InvalidAccessError', 'InvalidAccessError'] };

describe('keys marked non-extractable', () => {
  test('[PSP-KEY-1] stay in their browser, by name, unless they are asked for', async () => {
    await page.goto(site.origin('a.localhost'));
    await run(page, 'make()');
    const { losses } = await (await adapter.createSession(page, { name: 'default' })).capture();
    expect(lostKeys(losses)).toEqual(['keys/keys/mine']);
    const wrong = adapter.createSession(page, { name: 'x', keys: 'all' as 'exportable' });
    await expect(wrong).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  });

  test('[PSP-KEY-2] [PSP-KEY-3] [PSP-KEY-4] move with `keys: "exportable"`, and pages see no difference, before and after', async () => {
    const session = await adapter.createSession(page, { name: 'moved', keys: 'exportable' });
    await page.goto(site.origin('a.localhost'));
    const made = await run<Made>(page, 'make()');
    expect(made.seen).toEqual(HIDDEN);
    await page.reload();
    const same = { verifies: true, cipher: made.cipher, seen: HIDDEN };
    expect(await useIn(page, made)).toEqual(same);
    expect(lostKeys((await session.capture()).losses)).toEqual([]);

    const other = await launch();
    try {
      const plain = await (await other.newContext()).newPage();
      await (await adapter.loadSession('moved')).restore(plain);
      await plain.goto(site.origin('a.localhost'));
      expect(await useIn(plain, made)).toEqual(same);
      await plain.reload();
      expect(await useIn(plain, made)).toEqual(same);
      // Non-extractable in truth: it cannot be captured again.
      const again = await (await adapter.createSession(plain, { name: 'again' })).capture();
      expect(lostKeys(again.losses)).toEqual(['keys/keys/mine']);

      const onward = await (await other.newContext()).newPage();
      const next = await adapter.loadSession('moved');
      await next.restore(onward, { keys: 'exportable' });
      await onward.goto(site.origin('a.localhost'));
      expect(await useIn(onward, made)).toEqual(same);
      expect(lostKeys((await next.capture()).losses)).toEqual([]);
    } finally {
      await other.close();
    }
  });
});

describe('[PSP-KEY-3] what a page may do with keys of its own', () => {
  const inPage = async (code: string): Promise<unknown> => {
    await adapter.createSession(page, { name: 'own', keys: 'exportable' });
    await page.goto(site.origin('a.localhost'));
    return run(page, `(async () => { ${code} })()`);
  };

  test('those that it made extractable leave, others do not, and errors are as ever', async () => {
    const seen = await inPage(`
      const { subtle } = crypto;
      const aes = (extractable) => subtle.generateKey(AES, extractable, ['encrypt', 'wrapKey', 'unwrapKey']);
      const [open, closed] = [await aes(true), await aes(false)];
      const raw = await subtle.exportKey('raw', open);
      const wrapped = await subtle.wrapKey('raw', open, closed, GCM);
      const unwrap = (extractable) => subtle.unwrapKey('raw', wrapped, closed, GCM, AES, extractable, ['encrypt']);
      const password = await subtle.importKey('raw', raw, 'PBKDF2', false, ['deriveKey']);
      const KDF = { name: 'PBKDF2', salt: raw, iterations: 1, hash: 'SHA-256' };
      const closedJwk = { ...await subtle.exportKey('jwk', open), ext: false };
      const pair = await subtle.generateKey(ECDSA, true, ['sign', 'verify']);
      const spki = await subtle.exportKey('spki', pair.publicKey);
      const told = async (key, format) => [key.extractable, await failing(subtle.exportKey(format, key))];
      return [
        await told(open, 'raw'), await told(closed, 'raw'), await failing(subtle.wrapKey('raw', closed, closed, GCM)),
        await told(await unwrap(true), 'raw'), await told(await unwrap(false), 'raw'),
        await told(password, 'raw'),
        await told(await subtle.deriveKey(KDF, password, AES, false, ['encrypt']), 'raw'),
        await told(await subtle.importKey('jwk', closedJwk, AES, false, ['encrypt']), 'raw'),
        await told(await subtle.importKey('spki', spki, ECDSA, false, ['verify']), 'spki'),
        await told(pair.privateKey, 'jwk'),
        await failing(subtle.importKey('jwk', closedJwk, AES, true, ['encrypt'])),
        await failing(subtle.generateKey(AES, false, [])), await failing(subtle.generateKey(AES)),
      ];`);
    const closed = [false, 'InvalidAccessError'];
    const open = [true, 'it left'];
    expect(seen).toEqual([
      ...[open, closed, 'InvalidAccessError', open, closed, closed, closed, closed, closed, open],
      ...['DataError', 'SyntaxError', 'TypeError'],
    ]);
  });

  test('it finds the functions as the browser made them', async () => {
    const look = `
      const get = (holder, name) => Object.getOwnPropertyDescriptor(holder, name);
      const shown = (functions) => functions.map((one) => [one.name, one.length, Function.prototype.toString.call(one),
        Object.getOwnPropertyNames(one).join(), 'prototype' in one]);
      const describe = (holder, name) => { const { get: getter, set, value, ...rest } = get(holder, name);
        return [rest, getter === undefined, set === undefined, shown([getter ?? value])]; };
      let brand = ''; try { CryptoKey.prototype.extractable; } catch (error) { brand = error.message; }
      return JSON.stringify([
        describe(CryptoKey.prototype, 'extractable'), describe(SubtleCrypto.prototype, 'generateKey'),
        describe(SubtleCrypto.prototype, 'exportKey'), describe(Function.prototype, 'toString'), brand,
        Object.getOwnPropertyNames(SubtleCrypto.prototype), Object.getOwnPropertyNames(window).length,
      ]);`;
    const masked = await inPage(look);
    const other = await browser.newContext();
    const untouched = await other.newPage();
    await untouched.goto(site.origin('a.localhost'));
    expect(masked).toBe(await run(untouched, `(async () => { ${look} })()`));
  });
});
