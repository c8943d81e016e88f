/** psp login: a person logs in in a window, and the session is stored. */
import { setTimeout } from 'node:timers/promises';
import type { CapturedState } from '@psp/core';
import { countSession, newSessionId, type SessionMetadata } from '@psp/protocol';
import type { Command } from '../command.js';
import { webAddress } from '../addresses.js';
import { LoginWatch, type Ending, type LoginResult } from '../login-watch.js';
import { withoutQueries } from '../plain-text.js';
import { enterPressed } from '../prompt.js';
import type { Run } from '../run.js';
import { contents, warnOfNothing } from '../saved.js';
import { refuseForeignKey } from '../sessions.js';

interface Options {
  name?: string;
  tag?: string[];
}

/** So long a browser that went away is taken for one that Ctrl+C ended. */
const SIGNAL_MS = 300;

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
    const url = webAddress(given);
    const archive = await run.archive();
    // A store or key that does not work is found before the person logs in, not after.
    refuseForeignKey(await archive.list(), archive.url);
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
        // Ctrl+C may reach the browser first. Its own signal is then a moment behind.
        if (result.ending !== 'enter') await setTimeout(SIGNAL_MS);
        const { metadata } = await run.save(result.state);
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
  warnOfNothing(output, metadata.counts);
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
