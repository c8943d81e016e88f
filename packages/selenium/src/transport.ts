/** A WebDriver session over the driver object that the user has, so that its server, proxy and credentials are the user's own. */
import { PspError } from '@psp/protocol';
import { WebDriverRefusal, type WebDriverTransport } from '@psp/core/webdriver';
import { commandAt } from './commands.js';
import { SeleniumCommand, type SeleniumDriver, type SeleniumExecutor } from './selenium.js';

/** Selenium's errors go by the names of the standard's codes, but for these. */
const CODES: Readonly<Record<string, string>> = {
  JavascriptError: 'javascript error',
  NoSuchSessionError: 'invalid session id',
  WebDriverError: 'unknown error',
};

export class SeleniumTransport implements WebDriverTransport {
  readonly framework = 'selenium';

  private constructor(
    readonly sessionId: string,
    readonly executor: SeleniumExecutor,
    readonly capabilities: Readonly<Record<string, unknown>>,
  ) {}

  /** Throws BROWSER_GONE when the session has ended. */
  static async open(driver: SeleniumDriver): Promise<SeleniumTransport> {
    try {
      const session = await driver.getSession();
      const given = await driver.getCapabilities();
      const capabilities = Object.fromEntries([...given.keys()].map((name) => [name, given.get(name)]));
      // Sessions that are older than the standard say `version`.
      const browserVersion = capabilities['browserVersion'] ?? capabilities['version'];
      return new SeleniumTransport(session.getId(), driver.getExecutor(), { ...capabilities, browserVersion });
    } catch (error) {
      throw inOurWords('the session', error);
    }
  }

  async send(method: 'GET' | 'POST' | 'DELETE', path: string, body: object = {}): Promise<unknown> {
    const address = `${method} ${path}`;
    const command = commandAt(address);
    if (command === undefined) throw new WebDriverRefusal(address, 'unknown command', 'Selenium has no name for it.');
    const parameters = { ...body, ...command.parameters, sessionId: this.sessionId };
    try {
      // Past the driver, which would turn elements into objects of its own.
      return await this.executor.execute(new SeleniumCommand(command.name, parameters) as never);
    } catch (error) {
      throw inOurWords(address, error);
    }
  }

  async close(): Promise<void> {
    // The connection and the session are the user's; nothing here is ours.
  }
}

function inOurWords(address: string, error: unknown): Error {
  const { name, message } = error as Error;
  // Errors that a server sent say where in the server they arose; others come from the connection.
  if (!('remoteStacktrace' in (error as object))) {
    return new PspError('BROWSER_GONE', 'The WebDriver server does not answer.', { cause: error });
  }
  const code = CODES[name] ?? wordsOf(name);
  if (code === 'invalid session id') {
    return new PspError('BROWSER_GONE', 'The WebDriver session has ended.', { cause: error });
  }
  return new WebDriverRefusal(address, code, message);
}

/** `NoSuchWindowError` is `no such window`. */
function wordsOf(name: string): string {
  const words = name.replace(/Error$/, '').match(/[A-Z][a-z]*/g) ?? [];
  return words.join(' ').toLowerCase();
}
