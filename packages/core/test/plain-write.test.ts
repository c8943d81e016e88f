/** Records are written by the smaller bundle where their values are plain trees, and by the larger one where one is not. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { connectCdp } from '../src/browser/cdp/connect.js';
import type { BrowserDriver } from '../src/browser/driver.js';
import { READ_SOURCE, WRITE_PLAIN_SOURCE, WRITE_SOURCE } from '../src/page-bundle.gen.js';
import { callPage, FIRST_READ_LIMITS, type Place } from '../src/page-call.js';
import { startChromium, type RawChromium } from './support/raw-chromium.js';

const TIMEOUT = { timeoutMs: 10_000 };
const ORIGIN = 'https://a.example';
const SOURCES = new Map([
  [READ_SOURCE, 'read'],
  [WRITE_PLAIN_SOURCE, 'write-plain'],
  [WRITE_SOURCE, 'write'],
]);

let browser: RawChromium;
let driver: BrowserDriver;
beforeAll(async () => {
  browser = await startChromium();
});
afterAll(() => browser.kill());
afterEach(() => driver?.close());

/** Writes one record in a real page, and gives what ran there, and what stands in the database. */
async function written(record: string): Promise<{ sources: (string | undefined)[]; count: number; stands: string }> {
  driver = await connectCdp(browser.address);
  const sources: (string | undefined)[] = [];
  const tab = await driver.openHelper();
  const frame = await driver.visitBlank(tab, ORIGIN, TIMEOUT);
  const { evaluate } = driver;
  driver.evaluate = (...call) => {
    sources.push(SOURCES.get(call[2]));
    return evaluate.apply(driver, call);
  };
  const place: Place = { driver, tab, frame };
  const store = { name: 's', keyPath: null, autoIncrement: false, indexes: [], records: [] };
  await callPage(place, { do: 'load', databases: [{ name: 'd', version: 1, stores: [store] }], ...TIMEOUT });
  const putting = { database: 'd', store: 's', records: `[${record}]`, ...TIMEOUT };
  const { header } = await callPage(place, { do: 'put', ...putting });
  const reading = { database: 'd', store: 's', ...FIRST_READ_LIMITS, ...TIMEOUT };
  const { records } = await callPage(place, { do: 'records', ...reading });
  return {
    sources,
    count: header.count,
    stands: Buffer.concat(records).toString(),
  };
}

const DATE = '[["date",5]]';

test('plain trees are written by the smaller bundle', async () => {
  const { sources, count, stands } = await written('{"key":1,"value":{"json":{"a":[1,"x"]}}}');
  expect({ sources, count }).toEqual({ sources: ['write-plain', 'write-plain', 'read'], count: 1 });
  expect(stands).toContain('{"json":{"a":[1,"x"]}}');
});

test('other values are written by the larger bundle', async () => {
  const { sources, count, stands } = await written(`{"key":1,"value":{"nodes":${DATE},"root":{"ref":0}}}`);
  expect({ sources, count }).toEqual({ sources: ['write-plain', 'write', 'read'], count: 1 });
  expect(stands).toContain(DATE);
});

test('other values that look like none are written by the larger bundle all the same', async () => {
  const { sources, count, stands } = await written(`{"key":1,"value":{"n\\u006fdes":${DATE},"root":{"ref":0}}}`);
  expect({ sources, count }).toEqual({ sources: ['write-plain', 'write-plain', 'write', 'read'], count: 1 });
  expect(stands).toContain(DATE);
});
