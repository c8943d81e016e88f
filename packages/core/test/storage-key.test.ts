/** Chromium's names of storage keys: what is first-party, what is a partition that another browser can make, and what is neither. */
import { describe, expect, test } from 'vitest';
import { isOfPartition, parseStorageKey } from '../src/browser/cdp/storage-key.js';

const below = (topLevelSite: string) => ({ topLevelSite, hasCrossSiteAncestor: true });

describe('a storage key of Chromium', () => {
  test.each([
    ['https://a.example/', { origin: 'https://a.example', firstParty: true, partition: undefined }],
    [
      'http://c.localhost:8080/^0https://a.example',
      { origin: 'http://c.localhost:8080', firstParty: false, partition: below('https://a.example') },
    ],
    [
      'https://www.a.example:8443/^31',
      { origin: 'https://www.a.example:8443', firstParty: false, partition: below('https://www.a.example') },
    ],
    ['chrome://settings/', { origin: undefined, firstParty: true, partition: undefined }],
  ])('%s', (text, key) => expect(parseStorageKey(text)).toEqual(key));

  test.each([
    ['a nonce', 'https://a.example/^112467942822160992373^214855580551028881343'],
    ['an opaque top-level site', 'https://a.example/^412^513^6https://b.example'],
    ['a top-level site of files', 'https://a.example/^0file://'],
    ['a top-level site of an extension', 'https://a.example/^0chrome-extension://abc'],
    ['attributes of a later version', 'https://a.example/^0https://b.example^71'],
    ['an ancestor bit that says otherwise', 'https://a.example/^30'],
  ])('with %s is of no partition that can move', (_, text) => {
    expect(parseStorageKey(text)).toEqual({ origin: 'https://a.example', firstParty: false, partition: undefined });
  });

  test('is told from those of other partitions; a site may go by any of its hosts', () => {
    const origin = 'https://www.a.example';
    const is = (key: string, site: string): boolean => isOfPartition(`${origin}/${key}`, origin, below(site));
    expect(is('^0https://b.example', 'https://b.example')).toBe(true);
    expect(is('^0https://b.example', 'https://www.b.example')).toBe(true);
    expect(is('^31', 'https://a.example')).toBe(true);
    for (const key of ['', '^31', '^0https://c.example', '^0http://b.example', '^0https://www.b.example', '^11^22'])
      expect(is(key, 'https://b.example'), key).toBe(false);
    expect(isOfPartition('https://a.example/^0https://b.example', origin, below('https://b.example'))).toBe(false);
    const inconsistent = { topLevelSite: 'https://b.example', hasCrossSiteAncestor: false };
    expect(isOfPartition(`${origin}/^0https://b.example`, origin, inconsistent)).toBe(false);
  });
});
