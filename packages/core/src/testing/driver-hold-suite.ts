/** Cases of the driver suite about holding documents until the storage of their origin is there. */
import assert from 'node:assert/strict';
import { eventually, isCode, TIMEOUT, type DriverCase } from './driver-case.js';

export const HOLD_CASES: readonly DriverCase[] = [
  {
    name: '[PSP-RES-7] holds documents until their storage is there, or says that it cannot',
    async run({ driver, goto, evaluate }, site) {
      const origins = [site.origin('held.localhost'), site.origin('framed.localhost'), site.origin('never.localhost')];
      const firsts: string[] = [];
      const asked: string[] = [];
      const helper = await driver.openHelper();
      const onFirst = async (origin: string): Promise<void> => {
        firsts.push(origin);
        const frame = await driver.visitBlank(helper, origin, TIMEOUT);
        await driver.evaluate(helper, frame, 'async () => { localStorage.setItem("k", "v"); return ""; }', '', TIMEOUT);
        asked.push(...site.requests.filter((request) => request.includes(origin)));
      };
      const holding = driver.hold.hold({ origins, onFirst, ...TIMEOUT });
      if (!driver.features.hold) return assert.rejects(holding, isCode('UNSUPPORTED'));
      const hold = await holding;
      assert.deepEqual(await hold.unheld, []);
      await goto(`${origins[0]}/`);
      assert.equal(await evaluate('localStorage.getItem("k")'), 'v');
      await evaluate(
        `document.body.append(Object.assign(document.createElement('iframe'), { src: '${origins[1]}/' })) ?? 1`,
      );
      await eventually(async () => site.requests.includes(`GET ${origins[1]}/`), Boolean);
      await hold.release(origins[0] as string);
      await goto(`${origins[0]}/again`);
      await hold.end();
      await goto(`${origins[2]}/`);
      assert.deepEqual(firsts, origins.slice(0, 2));
      assert.deepEqual(asked, [], 'nothing is asked of a site before its storage is there');
      for (const url of [`${origins[0]}/`, `${origins[1]}/`, `${origins[2]}/`]) {
        assert.equal(site.requests.filter((request) => request === `GET ${url}`).length, 1, `${url} is asked for once`);
      }
    },
  },
  {
    name: 'what waits goes on when a hold ends, or the driver closes',
    async run({ driver, goto, evaluate }, site) {
      if (!driver.features.hold) return;
      const origins = [site.origin('a.localhost'), site.origin('b.localhost')];
      // While it is open the browser goes on pausing requests of its own.
      await driver.openHelper();
      for (const [index, ending] of ['hold', 'driver'].entries()) {
        let isWanted = false;
        const onFirst = (): Promise<void> => {
          isWanted = true;
          return new Promise(() => undefined);
        };
        const hold = await driver.hold.hold({ origins, onFirst, ...TIMEOUT });
        const going = goto(`${origins[index]}/`);
        await eventually(async () => isWanted, Boolean);
        await (ending === 'hold' ? hold.end() : driver.close());
        await going;
        assert.equal(await evaluate('document.title'), 'a page');
      }
    },
  },
  {
    name: '[PSP-RES-7] a hold names the origins whose documents no request announces',
    async run({ driver, goto, evaluate, dialogOpen, closeDialog }, site) {
      if (!driver.features.hold) return;
      const [before, open, framed, never] = ['before', 'open', 'framed', 'never'].map((name) =>
        site.origin(`${name}.localhost`),
      ) as [string, string, string, string];
      await goto(`${before}/`);
      await goto(`${open}/`);
      await evaluate(
        `new Promise((load) => document.body.append(Object.assign(document.createElement('iframe'), { src: '${framed}/', onload: load }))).then(() => 1)`,
      );
      const options = { origins: [before, open, framed, never], onFirst: async () => undefined, ...TIMEOUT };
      const hold = await driver.hold.hold(options);
      assert.deepEqual([...((await hold.atHand) ?? [])].toSorted(), [before, open, framed].toSorted());
      await hold.end();
      // A document without an address has the storage of whoever sent the tab there, which stands in no history.
      await evaluate('void setTimeout(() => location.replace("about:blank")) ?? 1');
      await eventually(
        async () => (await driver.tabs())[0]?.url,
        (url) => url === 'about:blank',
      );
      const blank = await driver.hold.hold(options);
      assert.deepEqual([...((await blank.atHand) ?? [])].toSorted(), [before, open].toSorted());
      await blank.end();
      await evaluate('void setTimeout(() => alert(1)) ?? 1');
      await eventually(dialogOpen, Boolean);
      const blocked = await driver.hold.hold(options);
      assert.equal(await blocked.atHand, undefined, 'a tab that does not answer may show any of them');
      await closeDialog();
      await blocked.end();
    },
  },
  {
    name: 'a hold names the origins whose service worker answers for them',
    async run({ driver, goto, evaluate }, site) {
      if (!driver.features.hold) return;
      const origins = [site.origin('worker.localhost'), site.origin('b.localhost')];
      await goto(`${origins[0]}/worker`);
      assert.equal(await evaluate('window.worker'), 'active');
      const hold = await driver.hold.hold({ origins, onFirst: async () => undefined, ...TIMEOUT });
      assert.deepEqual(await hold.unheld, [origins[0]]);
      await hold.end();
    },
  },
];
