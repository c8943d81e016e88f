/** psp capture: the session of a browser that runs already, whatever drives it. */
import { captureState, checkedOrigin, connectCdp } from '@psp/core';
import { newSessionId, PspError } from '@psp/protocol';
import type { Command, OptionRow } from '../command.js';
import { browserAddress } from '../addresses.js';
import { usageError } from '../failure.js';
import { reportSaved } from '../saved.js';

export const CDP_OPTIONS: readonly OptionRow[] = [
  {
    flags: '--cdp <url>',
    description: 'address of the browser, http://host:port or ws://...; "-" reads it from standard input',
    required: true,
  },
  { flags: '--context <id>', description: 'the browser context, where the browser has several in use' },
];

interface Options {
  cdp: string;
  context?: string;
  name?: string;
  tag?: string[];
  origin?: string[];
}

export const capture: Command<Options> = {
  name: 'capture',
  summary: 'capture the session of a running browser',
  description: 'Connects to a Chromium that was started with --remote-debugging-port, and leaves it as it was.',
  arguments: [],
  options: [
    ...CDP_OPTIONS,
    { flags: '--name <name>', description: 'name of the session (default: the host of its first tab)' },
    { flags: '--tag <tag>', description: 'a tag for it (again for several)', repeated: true },
    {
      flags: '--origin <url>',
      description: 'an origin to look at besides those found (again for several)',
      repeated: true,
    },
  ],
  examples: [
    'psp capture --cdp http://127.0.0.1:9222 --name my-session',
    'psp capture --cdp http://127.0.0.1:9222 --origin https://app.example --tag staging',
  ],
  async run(run, _args, { cdp, context, name, tag = [], origin = [] }) {
    const origins = origin.map(checkedOrigin);
    const address = await browserAddress(cdp);
    // A store that cannot be is found before the browser is touched.
    await run.archive();
    const driver = await openBrowser(address, context, run.timeout());
    await run.tidied(
      () => driver.close(),
      async () => {
        const chosen =
          name ?? hostOf((await driver.tabs()).find(({ url }) => hostOf(url) !== undefined)?.url) ?? 'session';
        const onProgress = run.showProgress('reading');
        const state = await captureState(driver, {
          id: newSessionId(),
          name: chosen,
          tags: tag,
          origins,
          onProgress,
          ...run.timeout(),
        });
        const { metadata } = await run.save(state);
        reportSaved(run, 'captured', metadata, state.document.losses);
      },
    );
  },
};

/** Connects to a browser. Throws INVALID_INPUT, naming the option, where it has several contexts to choose from. */
export async function openBrowser(url: string, context: string | undefined, timeout: { timeoutMs?: number }) {
  try {
    return await connectCdp(url, { ...timeout, ...(context === undefined ? {} : { browserContextId: context }) });
  } catch (error) {
    if (!(error instanceof PspError) || error.code !== 'AMBIGUOUS') throw error;
    throw usageError(`${error.message} (--context)`);
  }
}

function hostOf(url: string | undefined): string | undefined {
  if (url === undefined || !URL.canParse(url)) return undefined;
  return new URL(url).hostname || undefined;
}
