/** The pieces of work that are measured: the same job by Playwright's storageState and by PSP, each on a state of its own. */
import { join } from 'node:path';
import { PlaywrightAdapter } from '@psp/playwright';
import { bareCapture, bareLazyRestore, bareRestore } from './bare.mjs';
import { expectFilled, fill } from './fixture.mjs';
import { timed } from './turns.mjs';

/** What a row needs: a context full of state, and the session that PSP makes of it. Close it. */
export class Bench {
  /** Playwright's copy of the state, from its last capture. */
  storageState;
  /** The least copy of the state, by origin, from `leastCapture`. */
  texts;

  static async open({ browser, site, folder, row }) {
    const bench = new Bench();
    bench.browser = browser;
    bench.site = site;
    bench.row = row;
    bench.context = await browser.newContext();
    bench.page = await bench.context.newPage();
    bench.adapter = new PlaywrightAdapter({
      storage: `file:${folder}/${row.name}`,
      keyFile: join(folder, 'key'),
      onNotice: () => undefined,
    });
    bench.session = await bench.adapter.createSession(bench.page, { name: row.name });
    await fill(bench.page, site, row);
    if (row.open !== true) await bench.page.goto('about:blank');
    return bench;
  }

  async close() {
    await this.session.close();
    await this.context.close();
  }

  /** Playwright keeps what it captures in memory. */
  playwrightCapture = async () => {
    this.storageState = await this.context.storageState({ indexedDB: true });
  };

  /** PSP seals what it captures, and stores it. */
  pspCapture = async () => {
    await this.session.capture();
  };

  playwrightRestore = async () => {
    let page;
    const restore = async () => {
      page = await (await this.browser.newContext({ storageState: this.storageState })).newPage();
    };
    return timed(restore, () => this.#checked(page));
  };

  pspRestore = async () => {
    let page;
    const restore = async () => {
      page = await (await this.browser.newContext()).newPage();
      const saved = await this.adapter.loadSession(this.session.getId());
      await saved.restore(page, { speed: 'eager' });
      await saved.close();
    };
    return timed(restore, () => this.#checked(page));
  };

  /** Copies the state by the least that it takes. */
  leastCapture = async () => {
    const origins = Array.from({ length: this.row.origins }, (_, index) => this.site.origin(index));
    this.texts = await bareCapture(this.page, origins);
  };

  leastRestore = () => {
    let page;
    const restore = async () => {
      page = await (await this.browser.newContext()).newPage();
      await bareRestore(page, this.texts);
    };
    return timed(restore, () => this.#checked(page));
  };

  /** Until the page of one origin is there, with its storage. */
  playwrightFirstPage = async () => {
    let page;
    const visit = async () => {
      page = await (await this.browser.newContext({ storageState: this.storageState })).newPage();
      await page.goto(`${this.site.origin(0)}/`);
    };
    return timed(visit, () => this.#checked(page));
  };

  pspFirstPage = async () => {
    let page;
    let saved;
    const visit = async () => {
      page = await (await this.browser.newContext()).newPage();
      saved = await this.adapter.loadSession(this.session.getId());
      await saved.restore(page, { speed: 'lazy' });
      await page.goto(`${this.site.origin(0)}/`);
    };
    return timed(visit, async () => {
      await this.#checked(page);
      await saved.close();
    });
  };

  leastFirstPage = async () => {
    let page;
    let end;
    const visit = async () => {
      page = await (await this.browser.newContext()).newPage();
      end = await bareLazyRestore(page, this.texts);
      await page.goto(`${this.site.origin(0)}/`);
    };
    return timed(visit, () => this.#checked(page, end));
  };

  /** The same visit with nothing to restore. */
  plainVisit = async () => {
    let page;
    const visit = async () => {
      page = await (await this.browser.newContext()).newPage();
      await page.goto(`${this.site.origin(0)}/`);
    };
    return timed(visit, () => page.context().close());
  };

  playwrightCall = async () => {
    let context;
    const call = async () => {
      context = await this.browser.newContext({ storageState: this.storageState });
    };
    return timed(call, () => context.close());
  };

  /** The call of a lazy restore alone. */
  lazyCall = async (quiet) => {
    const page = await (await this.browser.newContext()).newPage();
    const saved = await this.adapter.loadSession(this.session.getId());
    await quiet(); // the process of the new page is none of the call's
    return timed(
      () => saved.restore(page, { speed: 'lazy' }),
      async () => {
        await page.context().close();
        await saved.close();
      },
    );
  };

  /** As far as a page may go to any site. */
  leastCall = async (quiet) => {
    const page = await (await this.browser.newContext()).newPage();
    await quiet();
    let end;
    const call = async () => {
      end = await bareLazyRestore(page, this.texts);
    };
    return timed(call, async () => {
      await end();
      await page.context().close();
    });
  };

  async #checked(page, end = async () => undefined) {
    await expectFilled(page, this.site, this.row);
    await end();
    await page.context().close();
  }
}
