/** A user who drives a browser over the same BiDi session as we do: the most that Firefox allows where no WebDriver made the session. */
import type { BidiTransport } from '../../src/browser/bidi/transport.js';
import type { DriverTarget } from '../../src/testing/driver-suite.js';

interface Tree {
  readonly contexts: readonly { readonly context: string; readonly userContext: string }[];
}

/** Dialogs of the user's tab. */
const PROMPTS = { opened: 'browsingContext.userPromptOpened', closed: 'browsingContext.userPromptClosed' };

export class BidiUser {
  #dialogIsOpen = false;

  private constructor(
    readonly transport: BidiTransport,
    /** The user's tab. */
    readonly context: string,
    readonly userContext: string,
  ) {
    transport.onEvent(({ method, params }) => {
      if ((params as { context?: string }).context !== context) return;
      if (method === PROMPTS.opened) this.#dialogIsOpen = true;
      if (method === PROMPTS.closed) this.#dialogIsOpen = false;
    });
  }

  /** Takes the first tab of the browser. */
  static async atFirstTab(transport: BidiTransport): Promise<BidiUser> {
    const { contexts } = (await transport.send('browsingContext.getTree', {})) as Tree;
    return BidiUser.#of(transport, contexts[0]?.context ?? '', 'default');
  }

  /** Opens a tab in a user context of its own. */
  static async inNewContext(transport: BidiTransport): Promise<BidiUser> {
    const { userContext } = (await transport.send('browser.createUserContext', {})) as { userContext: string };
    const params = { type: 'tab', userContext };
    const { context } = (await transport.send('browsingContext.create', params)) as { context: string };
    return BidiUser.#of(transport, context, userContext);
  }

  static async #of(transport: BidiTransport, context: string, userContext: string): Promise<BidiUser> {
    await transport.send('session.subscribe', { events: Object.values(PROMPTS), contexts: [context] });
    return new BidiUser(transport, context, userContext);
  }

  /** The user's side of the driver suite. */
  get target(): Omit<DriverTarget, 'driver'> {
    return {
      goto: (url) => this.goto(url),
      evaluate: (expression) => this.evaluate(expression),
      shownTabs: () => this.shownTabs(),
      dialogOpen: async () => this.#dialogIsOpen,
      closeDialog: async () =>
        void (await this.transport.send('browsingContext.handleUserPrompt', { context: this.context })),
    };
  }

  /** The session for somebody who must not end it. */
  get shared(): BidiTransport {
    const { transport } = this;
    return {
      framework: 'a test',
      capabilities: transport.capabilities,
      send: (method, params) => transport.send(method, params),
      onEvent: (listener) => transport.onEvent(listener),
      close: async () => undefined,
    };
  }

  async shownTabs(): Promise<number> {
    const { contexts } = (await this.transport.send('browsingContext.getTree', {})) as Tree;
    return contexts.filter(({ userContext }) => userContext === this.userContext).length;
  }

  async goto(url: string): Promise<void> {
    await this.transport.send('browsingContext.navigate', { context: this.context, url, wait: 'complete' });
  }

  /** The value of an expression as the page's own scripts see it. */
  async evaluate(expression: string): Promise<unknown> {
    const target = { context: this.context };
    const params = { expression: `Promise.resolve(${expression}).then(JSON.stringify)`, target, awaitPromise: true };
    const answer = (await this.transport.send('script.evaluate', params)) as {
      result?: { value?: string };
      exceptionDetails?: { text: string };
    };
    if (answer.exceptionDetails !== undefined) throw new Error(answer.exceptionDetails.text);
    const text = answer.result?.value;
    return text === undefined ? undefined : JSON.parse(text);
  }
}
