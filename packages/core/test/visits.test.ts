/** Where documents have been seen, as far as the browser still tells: real frames are seen in the driver suite. */
import { PspError } from '@psp/protocol';
import { expect, test } from 'vitest';
import { CdpRefusal } from '../src/browser/cdp/transport.js';
import { Visits } from '../src/browser/cdp/visits.js';

const key = (text: string) => async (): Promise<string> => text;
const gone = async (): Promise<string> => Promise.reject(new PspError('BROWSER_GONE', 'the frame is gone'));
/** In the words of Chromium. */
const refusal = (message: string) => async (): Promise<string> => {
  const cause = new CdpRefusal('Storage.getStorageKey', message);
  return Promise.reject(new PspError('UNSUPPORTED', 'The browser refused.', { cause }));
};
const refused = refusal('Frame corresponds to an opaque origin and its storage key cannot be serialized');
const notFound = refusal('Frame tree node for given frame not found');
const place = (origin: string, topLevelSite: string) => ({
  origin,
  partition: { topLevelSite, hasCrossSiteAncestor: true },
});

/** A tab of `https://www.shop.example:8443` with frames below it. */
async function visitsOf(
  frames: readonly (readonly [url: string, storageKey: () => Promise<string>])[],
): Promise<Visits> {
  const visits = new Visits();
  visits.note({ id: 'tab', parentId: undefined, url: 'https://www.shop.example:8443/' }, refused);
  visits.note({ id: 'frame', parentId: 'tab', url: 'about:blank' }, refused);
  frames.forEach(([url, storageKey], index) => visits.note({ id: `${index}`, parentId: 'frame', url }, storageKey));
  // What the tab does next is not to change where its frames were.
  visits.note({ id: 'tab', parentId: undefined, url: 'about:blank' }, refused);
  await visits.settled();
  return visits;
}

const PAY = ['https://pay.example/', key('https://pay.example/^0https://shop.example')] as const;

test('frames are first-party or below another site as the browser says', async () => {
  const visits = await visitsOf([
    PAY,
    ['https://id.shop.example/', key('https://id.shop.example/')],
    ['https://sandboxed.example/', refused],
    ['https://credentialless.example/', key('https://credentialless.example/^11^22')],
    ['https://psp-between.invalid/__psp_around__', key('https://psp-between.invalid/^0https://shop.example')],
  ]);
  expect(visits.firstParty()).toEqual(['https://www.shop.example:8443', 'https://id.shop.example']);
  expect(visits.places()).toEqual([place('https://pay.example', 'https://shop.example')]);
  expect(visits.unplaced()).toEqual([]);
});

test('the browser is asked again while it tells of the document before', async () => {
  const keys = ['https://www.shop.example/', 'https://id.shop.example/'];
  const late = async (): Promise<string> => keys.shift()!;
  expect((await visitsOf([['https://id.shop.example/', late]])).firstParty()).toContain('https://id.shop.example');
  const moved = await visitsOf([PAY, ['https://moved.example/', key('https://elsewhere.example/')]]);
  expect(moved.unplaced()).toEqual(['https://moved.example']);
});

test('[PSP-CAP-2] frames that are gone by then are guessed to be where their tab was', async () => {
  const frames = [
    ['https://id.shop.example/', notFound],
    ['https://ads.example/', gone],
  ] as const;
  const visits = await visitsOf([PAY, ...frames]);
  expect(visits.firstParty()).toEqual(['https://www.shop.example:8443', 'https://id.shop.example']);
  expect(visits.places()).toContainEqual(place('https://ads.example', 'https://www.shop.example'));
  expect(visits.unplaced()).toEqual(['https://ads.example']);
  expect((await visitsOf(frames)).places()).toEqual([]);
});
