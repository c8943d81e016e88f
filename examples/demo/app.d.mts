/** One answer of `GET /api/me`: who the server saw, or what the request lacked. */
export interface WhoAmI {
  readonly at: Date;
  readonly user?: string;
  readonly name?: string;
  readonly missing?: 'session cookie' | 'token' | 'tab value';
}

export interface DemoApp {
  /** Such as `http://app.localhost:40001`. */
  readonly appUrl: string;
  readonly idpUrl: string;
  readonly user: string;
  readonly name: string;
  readonly password: string;
  /** Grows by one entry with each `GET /api/me`, oldest first. */
  readonly whoami: readonly WhoAmI[];
  close(): Promise<void>;
}

export declare function startDemoApp(): Promise<DemoApp>;
