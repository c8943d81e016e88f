/** The shape that every endpoint of the matrix has, and how an adapter and a page become one. */

/**
 * @typedef {object} Endpoint One framework with one browser, as a user would have them.
 * @property {string} name short and unique: `puppeteer-pipe`
 * @property {string} label for people
 * @property {'chromium' | 'firefox' | 'webkit'} engine
 * @property {string} through what a user imports
 * @property {string} [framework] the framework and its version
 * @property {() => string | undefined} missing why it cannot run on this machine, if it cannot
 * @property {(options: object) => Promise<Handle>} open starts a browser; `options` are those of an adapter
 */

/**
 * @typedef {object} Handle A browser that an endpoint opened. Losses are those of PSP's reports.
 * @property {(url: string) => Promise<unknown>} goto what the user does with the framework
 * @property {(name: string) => Promise<void>} begin `createSession`
 * @property {() => Promise<{ id: string, losses: object[], durationMs: number }>} capture
 * @property {(id: string) => Promise<{ losses: object[], durationMs: number }>} restore
 * @property {() => Promise<unknown>} close ends the browser
 */

/**
 * The verbs of any adapter on any page. `late` is for browsers that take one client at a time: the session begins when it is
 * captured, and is closed before the user goes on.
 *
 * @param {object} parts
 * @param {{ createSession(page: any, options: object): Promise<any>, loadSession(id: string): Promise<any> }} parts.adapter
 * @param {unknown} parts.page what the adapter takes for a page
 * @param {(url: string) => Promise<unknown>} parts.goto
 * @param {() => Promise<unknown>} parts.close
 * @param {boolean} [parts.late]
 * @returns {Handle}
 */
export function drive({ adapter, page, goto, close, late = false }) {
  let name = '';
  let session;
  return {
    goto,
    close,
    async begin(given) {
      name = given;
      if (!late) session = await adapter.createSession(page, { name });
    },
    async capture() {
      session ??= await adapter.createSession(page, { name });
      try {
        const { id, losses, durationMs } = await session.capture();
        return { id, losses, durationMs };
      } finally {
        await session.close();
      }
    },
    async restore(id) {
      const saved = await adapter.loadSession(id);
      try {
        const { losses, durationMs } = await saved.restore(page);
        return { losses, durationMs };
      } finally {
        await saved.close();
      }
    },
  };
}

/** Runs `open`; when it fails, ends what was started before. @template T @param {() => Promise<unknown>} end @param {() => Promise<T>} open */
export async function orEnd(end, open) {
  try {
    return await open();
  } catch (error) {
    await end();
    throw error;
  }
}
