/** CONTRACT of a real server that tests, the torture and the benchmark start: on loopback, on a free port, with a data folder of its own. */

export interface TestServer {
  /** The store URL, with what it takes to get in. */
  readonly url: string;
  /** Of the process that serves; another one after a restart. Undefined where the server is somebody else's. */
  readonly pid: number | undefined;
  /** Ends it as SIGKILL does. The data stays. */
  kill(): Promise<void>;
  /** Starts it again after `kill`, on the same port and data; resolves when it answers. */
  restart(): Promise<void>;
  /** Ends it, by pid, and removes its folder. A server of somebody else's (`PSP_TEST_..._URL`) is left alone. */
  stop(): Promise<void>;
}

export interface ServerKind {
  readonly name: 'redis' | 'postgres' | 'mariadb' | 'radosgw' | 'azurite' | 'gcs-fake';
  /** Where a server that runs elsewhere can be named: `PSP_TEST_REDIS_URL`. */
  readonly variable: string;
  /** The programs that it needs, as programs.mjs finds them; none where Node runs it. */
  readonly programs: readonly string[];
  /** The Debian packages that bring them, none where npm does. */
  readonly debian: readonly string[];
  /** Why it cannot be started here, for `context.skip(reason)`; undefined when it can. */
  missing(): string | undefined;
  /** Resolves when it answers; the store in it is made (`init`). */
  start(): Promise<TestServer>;
}
