/** Storage below other sites through Playwright's own connection, in a browser that partitions it and in one that does not. */
import { findChromium, launchFlags } from '@psp/core';
import { chromium, type Browser } from 'playwright';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { embeddedPlaces, keepAt, tellAt } from '../../core/test/support/embedded.js';
import { adapter, launch, site } from './fixture.js';

/** Playwright turns the partitions of storage off by a list of features; of two such lists the browser takes the last. */
async function launchPartitioned(): Promise<Browser> {
  const args = [...launchFlags(), '--disable-features=Translate'];
  return chromium.launch({ executablePath: (await findChromium()) ?? '', args });
}

const kept = (value: string) => ({ local: value, session: null, database: value });

describe('storage below other sites, through Playwright', () => {
  let partitioned: Browser;

  beforeAll(async () => {
    partitioned = await launchPartitioned();
  });
  afterAll(() => partitioned?.close());

  test('[PSP-STO-4] [PSP-RES-1] an origin at four places comes back at each', async () => {
    const places = embeddedPlaces(site);
    const page = await (await partitioned.newContext()).newPage();
    const session = await adapter.createSession(page, { name: 'four places' });
    await keepAt(page, places, (name) => `at ${name}`);
    expect((await session.capture()).losses).toEqual([]);
    const target = await (await partitioned.newContext()).newPage();
    const asked = site.requests.length;
    const report = await (await adapter.loadSession('four places')).restore(target);
    expect(report).toMatchObject({ notDone: [], losses: [] });
    expect(site.requests.length).toBe(asked);
    expect(await tellAt(target, places)).toEqual({
      // The tab had been there while it was watched.
      c: { ...kept('at c'), session: 'at c' },
      'a > b > a': kept('at a > b > a'),
      'b > c': kept('at b > c'),
      'a > c': { ...kept('at a > c'), session: 'at a > c' },
    });
  });

  test('[PSP-STO-4] [PSP-RES-7] at the speed lazy, the first script of the frame finds what is kept there', async () => {
    const places = embeddedPlaces(site).slice(-1);
    const c = site.origin('c.localhost');
    site.serve('/found', '<script>document.title = localStorage.getItem("k")</script>');
    site.serve('/embeds-found', `<iframe src="${c}/found"></iframe>`);
    const page = await (await partitioned.newContext()).newPage();
    const session = await adapter.createSession(page, { name: 'lazy below' });
    await keepAt(page, places, () => 'below');
    await session.capture();
    const target = await (await partitioned.newContext()).newPage();
    const lazy = await adapter.loadSession('lazy below');
    const { pending } = await lazy.restore(target, { speed: 'lazy', tabs: 'none' });
    expect(pending).toContain(`${c} below http://a.localhost`);
    await target.goto(`${site.origin('a.localhost')}/embeds-found`);
    expect(await target.frames().at(-1)?.title()).toBe('below');
    expect(await lazy.settle()).toMatchObject({ done: expect.arrayContaining(pending), losses: [] });
    await lazy.close();
  });

  test('[PSP-STO-4] [PSP-LOSS-1] a browser without partitions is told of each place, and keeps what origins have for themselves', async () => {
    const places = embeddedPlaces(site);
    const page = await (await partitioned.newContext()).newPage();
    const session = await adapter.createSession(page, { name: 'below' });
    await keepAt(page, places.slice(-1), () => 'below');
    await session.capture();
    const browser = await launch();
    const target = await (await browser.newContext()).newPage();
    await keepAt(target, places.slice(0, 1), () => 'own');
    await target.goto('about:blank');
    const report = await (await adapter.loadSession('below')).restore(target);
    const item = 'below http://a.localhost';
    expect(report).toMatchObject({
      notDone: [],
      losses: [
        { code: 'partitioned-storage-not-restored', origin: site.origin('c.localhost'), item },
        { code: 'session-storage-partitioned', origin: site.origin('c.localhost'), item },
      ],
    });
    expect(await tellAt(target, places.slice(0, 1))).toMatchObject({ c: { local: 'own', database: 'own' } });
    await browser.close();
  });
});
