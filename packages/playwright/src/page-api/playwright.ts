/** The slices of Playwright's public objects that the page-api driver uses, so that any version of any of its packages fits. */

export interface ApiFrame {
  url(): string;
  parentFrame(): ApiFrame | null;
  childFrames(): ApiFrame[];
  isDetached(): boolean;
  /** In the page's own world. Rejects when the document goes. */
  evaluate(expression: string): Promise<unknown>;
}

export interface ApiRequest {
  url(): string;
  isNavigationRequest(): boolean;
  frame(): ApiFrame;
}

export interface ApiRoute {
  request(): ApiRequest;
  fulfill(response: { status: number; headers: Record<string, string>; body: string }): Promise<void>;
  abort(): Promise<void>;
  /** Leaves the request to the handlers that were there before. */
  fallback(): Promise<void>;
}

export type RouteHandler = (route: ApiRoute) => Promise<void>;

export interface NavigationOptions {
  readonly waitUntil: 'commit';
  /** Milliseconds. */
  readonly timeout: number;
}

export interface ApiPage {
  context(): ApiContext;
  mainFrame(): ApiFrame;
  /** The main frame first. */
  frames(): ApiFrame[];
  url(): string;
  isClosed(): boolean;
  goto(url: string, options: NavigationOptions): Promise<unknown>;
  waitForNavigation(options: NavigationOptions & { url?: (url: URL) => boolean }): Promise<unknown>;
  addInitScript(script: { content: string }): Promise<unknown>;
  route(url: string, handler: RouteHandler): Promise<unknown>;
  unroute(url: string, handler: RouteHandler): Promise<void>;
  close(): Promise<void>;
  on(event: 'framenavigated', listener: (frame: ApiFrame) => void): unknown;
  on(event: 'crash' | 'close', listener: () => void): unknown;
  off(event: 'framenavigated', listener: (frame: ApiFrame) => void): unknown;
  off(event: 'crash' | 'close', listener: () => void): unknown;
}

export interface ApiCookie {
  readonly name: string;
  readonly value: string;
  /** With a leading dot where subdomains receive it. */
  readonly domain: string;
  readonly path: string;
  /** Seconds since 1970, -1 for a session cookie. */
  readonly expires: number;
  readonly httpOnly: boolean;
  readonly secure: boolean;
  readonly sameSite: 'Strict' | 'Lax' | 'None';
}

export type NewCookie = Omit<ApiCookie, 'sameSite'> & Partial<Pick<ApiCookie, 'sameSite'>>;

export interface ApiContext {
  pages(): ApiPage[];
  newPage(): Promise<ApiPage>;
  cookies(urls?: string): Promise<ApiCookie[]>;
  addCookies(cookies: readonly NewCookie[]): Promise<void>;
  clearCookies(filter: { name: string; domain: string; path: string }): Promise<void>;
  on(event: 'page', listener: (page: ApiPage) => void): unknown;
  on(event: 'close', listener: () => void): unknown;
  off(event: 'page', listener: (page: ApiPage) => void): unknown;
  off(event: 'close', listener: () => void): unknown;
}
