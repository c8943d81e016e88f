/** psp restore: a stored session into a browser that runs already. */
import { PspError } from '@psp/protocol';
import { checkVerifyOptions, restoreState, verifyInNewTab, type RestoreReport, type Verification } from '@psp/core';
import { CHOICE_HELP, CHOICE_OPTIONS, choiceOf, STRICT_OPTION, tellSkipped, type ChoiceOptions } from '../choosing.js';
import type { Command } from '../command.js';
import { withoutQueries } from '../plain-text.js';
import { ADDRESS_HELP, BROWSER_OPTIONS, runningBrowser, type BrowserOptions } from '../running-browser.js';
import { plural } from '../units.js';
import { openVersion, VERSION_ARGUMENT } from '../version-of.js';

export const restore: Command<
  BrowserOptions & ChoiceOptions & { verifyUrl?: string; verifyText?: string; tabs: boolean }
> = {
  name: 'restore',
  summary: 'restore a session into a running browser',
  description: `Replaces what the browser holds for the origins of the session, and leaves other origins alone. Its tabs are opened, each with its history, sessionStorage, scroll position and form values. What is not chosen stays as it is. ${ADDRESS_HELP} ${CHOICE_HELP}`,
  arguments: [VERSION_ARGUMENT],
  options: [
    ...BROWSER_OPTIONS,
    { flags: '--no-tabs', description: 'open no tabs' },
    {
      flags: '--verify-url <url>',
      description: 'load this address in a tab afterwards; ends with 1 unless it shows the text',
    },
    { flags: '--verify-text <text>', description: 'what a logged-in user sees there' },
    ...CHOICE_OPTIONS,
    STRICT_OPTION,
  ],
  examples: [
    'psp restore my-session --cdp http://127.0.0.1:9222',
    'psp restore 01890a5d-ac96 --cdp http://127.0.0.1:9222 --no-tabs',
    'psp restore my-session --cdp http://127.0.0.1:9222 --include app.example --exclude tab',
    'psp restore my-session --bidi ws://127.0.0.1:9222',
    'psp restore my-session --webdriver http://127.0.0.1:4444 --session-id 1f8b6c0e-5d3a-4a7e-9a55-0c5f2b7d9e10',
  ],
  async run(
    run,
    [given = ''],
    { verifyUrl: url, verifyText: text, tabs, include, exclude, strict = false, ...browser },
  ) {
    const wanted = verificationOf(url, text);
    const choice = choiceOf({ include, exclude });
    const connect = await runningBrowser(browser);
    const archive = await run.archive();
    const { metadata, state } = await openVersion(archive, given);
    const { id } = metadata;
    const [report, verified] = await run.inBrowser(
      () => connect(run.timeout()),
      async (driver) => {
        const onProgress = run.showProgress('writing');
        const mode = tabs ? 'all' : 'none';
        const restored = await restoreState(driver, state, {
          ...choice,
          strict,
          tabs: mode,
          permissions: false,
          onProgress,
          ...run.timeout(),
        });
        return [restored, wanted && (await verifyInNewTab(driver, { ...wanted, ...run.timeout() }))] as const;
      },
    );
    const shown = publicReport(report);
    const verification = verified && { ...verified, url: withoutQueries(verified.url) };
    run.output.result({ id, name: metadata.name, ...shown, ...(verification && { verification }) }, () => {
      run.output.line(`restored "${metadata.name}": ${summaryOf(shown)}`);
      run.output.losses(shown.losses);
      tellSkipped(run.output, shown.skipped);
      if (verification !== undefined) run.output.line(verifiedText(verification));
    });
    return verified === undefined || verified.ok ? 0 : 1;
  },
};

/** Undefined where none is wanted. Throws INVALID_INPUT for half of one, before the browser is reached. */
function verificationOf(url: string | undefined, text: string | undefined): { url: string; text: string } | undefined {
  if (url === undefined && text === undefined) return undefined;
  if (url === undefined || text === undefined) {
    throw new PspError('INVALID_INPUT', 'Expected --verify-url and --verify-text together, found one of them.');
  }
  checkVerifyOptions({ url, text });
  return { url, text };
}

function verifiedText({ ok, status, url }: Verification): string {
  const where = status === undefined ? url : `${url} (status ${status})`;
  return ok ? `verified: the text is at ${where}` : `NOT verified: the text is not at ${where}`;
}

/** Tabs are named by their addresses, which may hold tokens. */
function publicReport(report: RestoreReport): RestoreReport {
  return JSON.parse(withoutQueries(JSON.stringify(report))) as RestoreReport;
}

function summaryOf({ done, durationMs }: RestoreReport): string {
  const tabs = done.filter((one) => one.startsWith('tab ')).length;
  const origins = done.filter((one) => /^https?:/.test(one)).length;
  const rest = done.filter((one) => !one.startsWith('tab ') && !/^https?:/.test(one));
  return [...rest, plural(origins, 'origin'), plural(tabs, 'tab'), `in ${(durationMs / 1000).toFixed(1)} s`].join(', ');
}
