/** Selenium publishes no types. What the tests use of it. */
declare module 'selenium-webdriver' {
  export interface WebDriver {
    getSession(): Promise<{ getId(): string; getCapability(name: string): unknown }>;
    getCapabilities(): Promise<{ keys(): Iterable<string>; get(name: string): unknown }>;
    getExecutor(): { execute(command: object): Promise<unknown> };
    get(url: string): Promise<void>;
    getTitle(): Promise<string>;
    getCurrentUrl(): Promise<string>;
    getWindowHandle(): Promise<string>;
    getAllWindowHandles(): Promise<string[]>;
    close(): Promise<void>;
    quit(): Promise<void>;
    executeScript(script: string, ...args: unknown[]): Promise<unknown>;
    executeAsyncScript(script: string, ...args: unknown[]): Promise<unknown>;
    findElement(by: object): Promise<{ click(): Promise<void> }>;
    manage(): {
      setTimeouts(timeouts: object): Promise<void>;
      getTimeouts(): Promise<{ implicit: number; pageLoad: number; script: number }>;
    };
    switchTo(): {
      window(handle: string): Promise<void>;
      newWindow(type: 'tab' | 'window'): Promise<void>;
      frame(target: object | number | null): Promise<void>;
      alert(): Promise<{ getText(): Promise<string>; dismiss(): Promise<void> }>;
    };
  }
  export interface Capabilities {
    get(name: string): unknown;
  }
  export class Builder {
    usingServer(url: string): this;
    withCapabilities(capabilities: Capabilities): this;
    build(): WebDriver;
  }
  const selenium: {
    Builder: typeof Builder;
    Capabilities: new (from: object) => Capabilities;
    By: { css(selector: string): object };
  };
  export default selenium;
}
