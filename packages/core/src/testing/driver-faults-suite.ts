/** Cases of the driver suite about pages that fail: what they cost, and what they do not. */
import assert from 'node:assert/strict';
import { PspError } from '@psp/protocol';
import { eventually, isCode, mainFrame, TIMEOUT, type DriverCase } from './driver-case.js';

export const FAULT_CASES: readonly DriverCase[] = [
  {
    name: '[PSP-CAP-4] an open dialog costs its own tab only, and stays open',
    async run({ driver, goto, evaluate, dialogOpen, closeDialog }, site) {
      const origin = site.origin('a.localhost');
      await goto(`${origin}/`);
      await evaluate('document.cookie = "k=v"');
      const { tab, frame } = await mainFrame(driver);
      await evaluate('void setTimeout(() => alert("hello"))');
      assert.equal(await eventually(dialogOpen, Boolean), true, 'the page opens a dialog');
      const read = driver.evaluate(tab, frame, 'async () => "read"', '', { timeoutMs: 500 });
      // Firefox lets code of ours run while a dialog waits.
      if (driver.engine === 'firefox') await read.catch((error: unknown) => assert.ok(isCode('TIMEOUT')(error)));
      else await assert.rejects(read, isCode('TIMEOUT'));
      // A browser may know the frames of a page that does not answer.
      await driver.frames(tab, { timeoutMs: 500 }).catch((error: unknown) => assert.ok(isCode('TIMEOUT')(error)));
      assert.deepEqual(
        (await driver.tabs()).map(({ url }) => url),
        [`${origin}/`],
      );
      const { cookies } = await driver.cookies([`${origin}/`]);
      assert.deepEqual(
        cookies.map(({ name }) => name),
        ['k'],
      );
      const helper = await driver.openHelper();
      const blank = await driver.visitBlank(helper, site.origin('b.localhost'), TIMEOUT);
      assert.equal(await driver.evaluate(helper, blank, 'async () => "works"', '', TIMEOUT), 'works');
      await driver.closeTab(helper);
      assert.equal(await dialogOpen(), true, 'the dialog is for the user to answer');
      await closeDialog();
      assert.equal(await driver.evaluate(tab, frame, 'async () => "again"', '', TIMEOUT), 'again');
    },
  },
  {
    name: '[PSP-CAP-4] a tab that closes while it is read is gone at once, and the others are not',
    async run({ driver, goto, evaluate }, site) {
      const url = `${site.origin('closing.localhost')}/`;
      await goto(`${site.origin('a.localhost')}/`);
      await evaluate(`void (window.popup = open("${url}"))`);
      const find = async () => (await driver.tabs()).find((tab) => tab.url === url);
      const popup = await eventually(find, (tab) => tab !== undefined);
      assert.ok(popup !== undefined, 'the driver lists the popup');
      const frames = await eventually(
        () => driver.frames(popup, TIMEOUT),
        ([main]) => main?.origin === new URL(url).origin,
      );
      const [frame] = frames;
      assert.ok(frame !== undefined);
      await evaluate('void setTimeout(() => popup.close(), 300)');
      const waiting = driver.evaluate(popup, frame, 'async () => new Promise(() => {})', '', TIMEOUT);
      await assert.rejects(waiting, isCode('BROWSER_GONE'));
      await assert.rejects(driver.evaluate(popup, frame, 'async () => ""', '', TIMEOUT), isCode('BROWSER_GONE'));
      assert.equal((await driver.tabs()).length, 1);
      const main = await mainFrame(driver);
      assert.equal(await driver.evaluate(main.tab, main.frame, 'async () => "there"', '', TIMEOUT), 'there');
    },
  },
  {
    name: 'throws errors of its own only, in words that hold no value',
    async run({ driver, goto }, site) {
      await goto(`${site.origin('a.localhost')}/`);
      const { tab, frame } = await mainFrame(driver);
      const failure = driver.evaluate(tab, frame, 'async () => { throw new Error("canary"); }', 'canary', TIMEOUT);
      await assert.rejects(failure, (error) => error instanceof PspError && !error.message.includes('canary'));
      const gone = { ...tab, id: 'no-such-tab' };
      await assert.rejects(driver.frames(gone, TIMEOUT), isCode('BROWSER_GONE'));
    },
  },
];
