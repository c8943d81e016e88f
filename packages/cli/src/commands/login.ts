/** psp login: a person logs in in a window, and the session is stored. */
import type { CapturedState } from '@psp/core';
import { countSession, newSessionId, type SessionMetadata } from '@psp/protocol';
import type { Command } from '../command.js';
import { usageError } from '../failure.js';
import { LoginWatch, type Ending, type LoginResult } from '../login-watch.js';
import { withoutQueries } from '../plain-text.js';
import { enterPressed } from '../prompt.js';
import type { Run } from '../run.js';
import { contents } from '../saved.js';

interface Options {
  name?: string;
  tag?: string[];
}

export const login: Command<Options> = {
  name: 'login',
  summary: 'open a browser window, log in by hand, keep the session',
  description:
    'Opens a new browser window, with nothing in it. Log in there, then press Enter in the terminal or close the window: the session is stored. Ctrl+C stores nothing.',
  arguments: [{ name: '<url>', description: 'where to log in' }],
  options: [
    { flags: '--name <name>', description: 'name of the session (default: the host of the address)' },
    { flags: '--tag <tag>', description: 'a tag for it (again for several)', repeated: true },
  ],
  examples: ['psp login https://app.example', 'psp login https://app.example --name admin --tag staging'],
  async run(run, [given = ''], { name, tag = [] }) {
    const url = addressOf(given);
    const archive = await run.archive();
    // A store or key that does not work is found before the person logs in, not after.
    await archive.list({ limit: 1 });
    // Playwright takes a while to load, and no other command needs it.
    const { openLoginBrowser } = await import('../login-browser.js');
    const opened = await openLoginBrowser(run.globals.timeoutMs);
    await run.tidied(
      () => opened.close(),
      async () => {
        const id = newSessionId();
        const options = { id, name: name ?? url.hostname, tags: tag, origins: [url.origin], ...run.timeout() };
        const watch = new LoginWatch(opened, options, (state) =>
          run.output.status(`seen so far: ${contents(countOf(state))}`),
        );
        await opened.page
          .goto(url.href, { waitUntil: 'commit' })
          .catch(() => run.output.tell(`${url.host} did not open. Go on in the window`));
        const result = await watch.finish(await waitForPerson(run, watch));
        const { metadata } = await archive.save(result.state);
        report(run, metadata, result);
      },
    );
  },
};

/** The JSON form is documented in docs/cli.md. */
function report(run: Run, metadata: SessionMetadata, result: LoginResult): void {
  const { output } = run;
  const { ending, capturedAt, tabsCapturedAt, fault, state } = result;
  const { losses } = state.document;
  if (fault !== undefined)
    output.warn(`the final look failed, the one before it was stored: ${withoutQueries(fault.message)}`);
  const { cookies, origins, sessionStorage } = metadata.counts;
  if (cookies + origins + sessionStorage === 0)
    output.warn('no cookies and no storage were found: this session logs nobody in');
  output.result({ ...metadata, losses, ending, capturedAt, tabsCapturedAt }, () => {
    output.line(`captured "${metadata.name}" ${WHEN[ending]}`);
    output.line(`  id       ${metadata.id}`);
    output.line(`  holds    ${contents(metadata)}`);
    tellAge(run, result);
    output.losses(losses);
  });
}

const WHEN: Readonly<Record<Ending, string>> = {
  enter: 'while the window was open',
  closed: 'as the window closed',
  gone: 'from the last look that succeeded',
};

function countOf({ document, batches }: CapturedState) {
  return { counts: countSession(document, batches) };
}

/** What was read earlier than the end is said to be so. */
function tellAge({ output }: Run, { ending, capturedAt, tabsCapturedAt }: LoginResult): void {
  if (ending === 'gone') output.line(`  as of    ${capturedAt}`);
  else if (tabsCapturedAt !== capturedAt)
    output.line(`  tabs     as of ${tabsCapturedAt}, the rest as of ${capturedAt}`);
  else if (ending === 'closed') output.line('  tabs     none could be read before the window closed');
}

async function waitForPerson(run: Run, watch: LoginWatch): Promise<Ending> {
  const done = new AbortController();
  run.output.tell('Log in in the browser window. Then press Enter here, or close the window.');
  try {
    return await Promise.race([watch.ended, enterPressed(done.signal).then(() => 'enter' as const)]);
  } finally {
    done.abort();
    watch.stop();
  }
}

/** `example.com` means https://example.com. */
function addressOf(given: string): URL {
  const text = /^[a-z][a-z0-9+.-]*:/i.test(given) && !/^[^/]+:\d+/.test(given) ? given : `https://${given}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw usageError('url: expected an address such as https://app.example');
  return url;
}
