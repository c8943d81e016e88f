/** The slices of Selenium's objects that are used, so that any version of selenium-webdriver fits. */
import { PspError } from '@psp/protocol';

/** What the browser answered when the session began. */
export interface SeleniumCapabilities {
  keys(): Iterable<string>;
  get(name: string): unknown;
}

/** Sends commands to the WebDriver server and gives the bare values of its answers. */
export interface SeleniumExecutor {
  execute(command: never): PromiseLike<unknown>;
}

/** The slice of Selenium's WebDriver that is used. */
export interface SeleniumDriver {
  getSession(): PromiseLike<{ getId(): string }>;
  getCapabilities(): PromiseLike<SeleniumCapabilities>;
  getExecutor(): SeleniumExecutor;
}

const METHODS = ['getSession', 'getCapabilities', 'getExecutor'] as const;

/** Throws INVALID_INPUT when it is no driver of Selenium's. */
export function checkDriver(driver: SeleniumDriver): void {
  if (METHODS.every((method) => typeof driver?.[method] === 'function')) return;
  throw new PspError('INVALID_INPUT', 'Expected a WebDriver of selenium-webdriver, as new Builder().build() gives it.');
}

/** A command as executors take it. They put parameters that the path names into the path, and send the others. */
export class SeleniumCommand {
  #parameters: Record<string, unknown>;

  constructor(
    readonly name: string,
    parameters: Record<string, unknown>,
  ) {
    this.#parameters = parameters;
  }

  getName(): string {
    return this.name;
  }

  getParameter(name: string): unknown {
    return this.#parameters[name];
  }

  getParameters(): Record<string, unknown> {
    return this.#parameters;
  }

  setParameter(name: string, value: unknown): this {
    this.#parameters[name] = value;
    return this;
  }

  setParameters(parameters: Record<string, unknown>): this {
    this.#parameters = parameters;
    return this;
  }
}
