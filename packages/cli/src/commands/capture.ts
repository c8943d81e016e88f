/** psp capture: the session of a browser that runs already, whatever drives it. */
import { captureState, checkedOrigin, refuseLosses } from '@psp/core';
import { newSessionId } from '@psp/protocol';
import { LIMIT_OPTION, maxBytesOf } from '../limits.js';
import { CHOICE_HELP, CHOICE_OPTIONS, choiceOf, STRICT_OPTION, type ChoiceOptions } from '../choosing.js';
import type { Command } from '../command.js';
import { ADDRESS_HELP, BROWSER_OPTIONS, runningBrowser, type BrowserOptions } from '../running-browser.js';
import { reportSaved } from '../saved.js';

interface Options extends BrowserOptions, ChoiceOptions {
  name?: string;
  tag?: string[];
  origin?: string[];
  maxBytes?: string[];
}

export const capture: Command<Options> = {
  name: 'capture',
  summary: 'capture the session of a running browser',
  description: `Connects to a browser that runs already, whatever language drives it, and leaves it as it was. ${ADDRESS_HELP} ${CHOICE_HELP}`,
  arguments: [],
  options: [
    ...BROWSER_OPTIONS,
    { flags: '--name <name>', description: 'name of the session (default: the host of its first tab)' },
    { flags: '--tag <tag>', description: 'a tag for it (again for several)', repeated: true },
    {
      flags: '--origin <url>',
      description: 'an origin to look at besides those found (again for several)',
      repeated: true,
    },
    ...CHOICE_OPTIONS,
    LIMIT_OPTION,
    STRICT_OPTION,
  ],
  examples: [
    'psp capture --cdp http://127.0.0.1:9222 --name my-session',
    'psp capture --cdp http://127.0.0.1:9222 --origin https://app.example --tag staging',
    "psp capture --cdp http://127.0.0.1:9222 --include app.example --exclude 'cookie:ads*'",
    'psp capture --bidi ws://127.0.0.1:9222',
    'psp capture --webdriver http://127.0.0.1:4444 --session-id 1f8b6c0e-5d3a-4a7e-9a55-0c5f2b7d9e10',
  ],
  async run(
    run,
    _args,
    { name, tag = [], origin = [], include, exclude, maxBytes: limits = [], strict = false, ...browser },
  ) {
    const origins = origin.map(checkedOrigin);
    const choices = [choiceOf({ include, exclude })];
    const maxBytes = maxBytesOf(limits);
    const connect = await runningBrowser(browser);
    // A store that cannot be is found before the browser is touched.
    await run.archive();
    const state = await run.inBrowser(
      () => connect(run.timeout()),
      async (driver) => {
        const chosen =
          name ?? hostOf((await driver.tabs()).find(({ url }) => hostOf(url) !== undefined)?.url) ?? 'session';
        const onProgress = run.showProgress('reading');
        return captureState(driver, {
          id: newSessionId(),
          name: chosen,
          tags: tag,
          origins,
          choices,
          maxBytes,
          onProgress,
          ...run.timeout(),
        });
      },
    );
    if (strict) refuseLosses(state.document, state.document.losses, state.batches);
    const { metadata } = await run.save(state);
    reportSaved(run, 'captured', metadata, state.document);
  },
};

function hostOf(url: string | undefined): string | undefined {
  if (url === undefined || !URL.canParse(url)) return undefined;
  return new URL(url).hostname || undefined;
}
