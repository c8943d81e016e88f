/** What frameworks take at launch so that sites see the machine and user of a session. Knows documents, no browser. */
import { PspError, type Environment, type HttpAccess, type SessionDocument } from '@psp/protocol';
import { headersOf } from './headers.js';

/** `browser.newContext(options)` of Playwright. */
export interface PlaywrightLaunch extends Pick<
  Environment,
  'userAgent' | 'viewport' | 'deviceScaleFactor' | 'locale' | 'colorScheme' | 'geolocation'
> {
  timezoneId?: string;
  permissions?: string[];
  httpCredentials?: { username: string; password: string; origin?: string };
  extraHTTPHeaders?: Record<string, string>;
}

/** `puppeteer.launch(options)`. */
export interface PuppeteerLaunch {
  args: string[];
  defaultViewport?: { width: number; height: number; deviceScaleFactor?: number };
}

/** `new chrome.Options().addArguments(...options.args)` of Selenium. */
export interface SeleniumLaunch {
  args: string[];
}

/** `localBrowserLaunchOptions` of Stagehand. */
export interface StagehandLaunch {
  args: string[];
  viewport?: { width: number; height: number };
  deviceScaleFactor?: number;
  locale?: string;
}

export interface LaunchOptionsByFramework {
  playwright: PlaywrightLaunch;
  puppeteer: PuppeteerLaunch;
  selenium: SeleniumLaunch;
  stagehand: StagehandLaunch;
}
export type LaunchFramework = keyof LaunchOptionsByFramework;

/** A member of the session for which there is no option: `timeZone`, `http.headers`. */
export interface MissingOption {
  readonly member: string;
  /** What does it instead, where something does. */
  readonly instead?: string;
}

export interface LaunchAdvice<F extends LaunchFramework> {
  readonly options: LaunchOptionsByFramework[F];
  readonly missing: readonly MissingOption[];
}

/** A framework in this table: what it takes, and what stands in for the members that it does not. */
interface Framework<F extends LaunchFramework> {
  options(parts: Parts): LaunchOptionsByFramework[F];
  /** Members that have no option, or not always, with what does it instead. */
  readonly without: Readonly<Record<string, string | undefined>>;
  /** Whether a member of `without` is in the options this time. */
  holds?(member: string, parts: Parts): boolean;
}

interface Parts {
  readonly environment: Environment;
  readonly http: HttpAccess;
  /** Names that are granted to every origin of the session. */
  readonly grantedToAll: readonly string[];
}

/** Names that Playwright's `permissions` takes, of those that a capture tells. */
const PLAYWRIGHT_PERMISSIONS = new Set(
  'accelerometer background-sync camera clipboard-read clipboard-write geolocation gyroscope local-fonts magnetometer microphone midi notifications payment-handler storage-access'.split(
    ' ',
  ),
);

const BY_RESTORE = 'session.restore(page, { environment: true })';
const PASSKEYS = 'session.restore(page, { webauthn })';

/** What launches of a browser without contexts of its own have no option for. */
const NOT_AT_LAUNCH = {
  timeZone: BY_RESTORE,
  colorScheme: BY_RESTORE,
  geolocation: BY_RESTORE,
  permissions: 'session.restore(page)',
  'http.credentials': undefined,
  'http.headers': BY_RESTORE,
  authenticators: undefined,
};

const FRAMEWORKS: { readonly [F in LaunchFramework]: Framework<F> } = {
  playwright: {
    options: playwrightOptions,
    without: {
      permissions: 'context.grantPermissions(names, { origin })',
      'http.credentials': undefined,
      authenticators: PASSKEYS,
    },
    holds: (member, { http, environment, grantedToAll }) => {
      if (member === 'http.credentials') return http.credentials?.length === 1;
      const all = (environment.permissions ?? []).every(
        ({ name, state }) => state === 'granted' && isHeld(name, grantedToAll),
      );
      return member === 'permissions' && all;
    },
  },
  puppeteer: {
    options: puppeteerOptions,
    without: {
      timeZone: 'page.emulateTimezone(timeZone)',
      colorScheme: "page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value }])",
      geolocation: 'page.setGeolocation(position)',
      permissions: 'context.overridePermissions(origin, names)',
      'http.credentials': 'page.authenticate(credentials)',
      'http.headers': 'page.setExtraHTTPHeaders(headers)',
      authenticators: PASSKEYS,
    },
  },
  selenium: {
    options: ({ environment }) => ({ args: argsOf(environment, ['userAgent', 'locale', 'deviceScaleFactor']) }),
    without: { viewport: BY_RESTORE, ...NOT_AT_LAUNCH },
  },
  stagehand: {
    options: ({ environment: { viewport, deviceScaleFactor, locale, ...others } }) => ({
      args: argsOf(others, ['userAgent']),
      ...(viewport === undefined ? {} : { viewport }),
      ...(deviceScaleFactor === undefined ? {} : { deviceScaleFactor }),
      ...(locale === undefined ? {} : { locale }),
    }),
    without: NOT_AT_LAUNCH,
  },
};

/** Throws INVALID_INPUT for a framework that is not in the table. [PSP-ENV-8] */
export function launchOptionsOf<F extends LaunchFramework>(document: SessionDocument, framework: F): LaunchAdvice<F> {
  if (!Object.hasOwn(FRAMEWORKS, framework)) {
    const known = Object.keys(FRAMEWORKS).join(', ');
    throw new PspError(
      'INVALID_INPUT',
      `launchOptions: expected one of ${known}, found "${String(framework).slice(0, 40)}".`,
    );
  }
  const { options, without, holds = () => false }: Framework<F> = FRAMEWORKS[framework];
  const { environment = {}, http = {} } = document;
  const parts: Parts = { environment, http, grantedToAll: grantedToAll(document) };
  const missing = Object.entries(without).filter(([member]) => isThere(document, member) && !holds(member, parts));
  return {
    options: options(parts),
    missing: missing.map(([member, instead]) => ({ member, ...(instead === undefined ? {} : { instead }) })),
  };
}

function playwrightOptions({ environment, http, grantedToAll: granted }: Parts): PlaywrightLaunch {
  const { timeZone, permissions: _, ...same } = environment;
  const [credential] = http.credentials ?? [];
  const names = granted.filter((name) => PLAYWRIGHT_PERMISSIONS.has(name));
  return {
    ...same,
    ...(timeZone === undefined ? {} : { timezoneId: timeZone }),
    ...(names.length === 0 ? {} : { permissions: names }),
    ...(credential === undefined ? {} : { httpCredentials: { ...credential } }),
    ...(http.headers === undefined || http.headers.length === 0 ? {} : { extraHTTPHeaders: headersOf(http.headers) }),
  };
}

/** Chromium's switches. None of them is a secret: every user of a machine sees the arguments of a process. */
const SWITCHES = { userAgent: 'user-agent', locale: 'accept-lang', deviceScaleFactor: 'force-device-scale-factor' };

function argsOf(environment: Environment, members: readonly (keyof typeof SWITCHES)[]): string[] {
  return members.flatMap((member) => {
    const value = environment[member];
    return value === undefined ? [] : [`--${SWITCHES[member]}=${value}`];
  });
}

function puppeteerOptions({ environment }: Parts): PuppeteerLaunch {
  const { viewport, deviceScaleFactor } = environment;
  // Its viewport needs a size.
  if (viewport === undefined) return { args: argsOf(environment, ['userAgent', 'locale', 'deviceScaleFactor']) };
  const scale = deviceScaleFactor === undefined ? {} : { deviceScaleFactor };
  return { args: argsOf(environment, ['userAgent', 'locale']), defaultViewport: { ...viewport, ...scale } };
}

/** An option for all origins is right only where all that the session knows have the permission. */
function grantedToAll({ environment, origins }: SessionDocument): string[] {
  const permissions = environment?.permissions ?? [];
  const all = new Set([...origins, ...permissions].map(({ origin }) => origin));
  const granted = permissions.filter(({ state }) => state === 'granted');
  const names = new Set(granted.map(({ name }) => name));
  return [...names].filter((name) => granted.filter((one) => one.name === name).length === all.size);
}

const isHeld = (name: string, granted: readonly string[]): boolean =>
  PLAYWRIGHT_PERMISSIONS.has(name) && granted.includes(name);

function isThere({ environment, http, authenticators }: SessionDocument, member: string): boolean {
  if (member === 'authenticators') return (authenticators ?? []).length > 0;
  if (member === 'http.credentials') return (http?.credentials ?? []).length > 0;
  if (member === 'http.headers') return (http?.headers ?? []).length > 0;
  const value = environment?.[member as keyof Environment];
  return value !== undefined && !(Array.isArray(value) && value.length === 0);
}
