/** What a document sees around it: machine and user, as its scripts are told of them, and permissions. Asks the user nothing. */
import type { PageView, SurroundingsReply, SurroundingsScope } from './contract.js';

type State = 'granted' | 'denied' | 'prompt';

/** Names of the Permissions API that a user decides about, with the state that browsers give when nobody has decided. */
const USUAL: Readonly<Record<string, State>> = {
  accelerometer: 'granted',
  'background-sync': 'granted',
  camera: 'prompt',
  'clipboard-read': 'prompt',
  'clipboard-write': 'granted',
  geolocation: 'prompt',
  gyroscope: 'granted',
  'idle-detection': 'prompt',
  'local-fonts': 'prompt',
  magnetometer: 'granted',
  microphone: 'prompt',
  midi: 'prompt',
  notifications: 'prompt',
  'payment-handler': 'granted',
  'persistent-storage': 'prompt',
  'window-management': 'prompt',
};

/** Milliseconds. Nothing here may hold a capture up: what is known, a browser tells at once. */
const PERMISSIONS_MS = 1_000;
const POSITION_MS = 100;

export async function readSurroundings(scope: SurroundingsScope): Promise<SurroundingsReply> {
  const permissions = await readPermissions();
  return {
    ...(permissions === undefined ? {} : { permissions }),
    ...(scope === 'permissions' ? {} : { view: readView() }),
    ...(scope === 'all' && permissions?.['geolocation'] === 'granted' ? { position: await readPosition() } : {}),
  };
}

/** Undefined where the document does not speak for its origin: an insecure one, and one below another origin. */
async function readPermissions(): Promise<SurroundingsReply['permissions'] | undefined> {
  if (!self.isSecureContext || !isOfTopOrigin() || navigator.permissions === undefined) return undefined;
  const asked = Object.keys(USUAL).map(async (name) => {
    const state = isShutOut(name) ? undefined : await inTime(stateOf(name), PERMISSIONS_MS);
    return state === undefined || state === 'prompt' || state === USUAL[name] ? [] : [[name, state] as const];
  });
  return Object.fromEntries((await Promise.all(asked)).flat());
}

/** Undefined where the browser does not know the name. */
async function stateOf(name: string): Promise<State | undefined> {
  try {
    return (await navigator.permissions.query({ name: name as PermissionName })).state;
  } catch {
    return undefined;
  }
}

/** A frame below another origin is asked for under the name of that one. */
function isOfTopOrigin(): boolean {
  try {
    return self.top?.origin === self.origin;
  } catch {
    return false;
  }
}

interface FeaturePolicy {
  features(): string[];
  allowsFeature(name: string): boolean;
}

/** The site forbids it to itself by a header (Permissions Policy), which looks like a denial by the user. */
function isShutOut(name: string): boolean {
  const { featurePolicy } = document as { featurePolicy?: FeaturePolicy };
  return featurePolicy !== undefined && featurePolicy.features().includes(name) && !featurePolicy.allowsFeature(name);
}

/** Of the tab: page code may run in a frame of the page's origin. */
function readView(): PageView {
  const page = isOfTopOrigin() && self.top !== null ? self.top : self;
  return {
    userAgent: navigator.userAgent,
    width: page.innerWidth,
    height: page.innerHeight,
    deviceScaleFactor: page.devicePixelRatio,
    locale: navigator.language,
    timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    colorScheme: page.matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light',
  };
}

/** Undefined where none comes at once: a device takes its time, an override does not. */
async function readPosition(): Promise<SurroundingsReply['position']> {
  return new Promise((resolve) => {
    const take = ({ coords }: GeolocationPosition): void => {
      resolve({ latitude: coords.latitude, longitude: coords.longitude, accuracy: coords.accuracy });
    };
    const options = { maximumAge: Infinity, timeout: POSITION_MS };
    navigator.geolocation.getCurrentPosition(take, () => resolve(undefined), options);
    // A tab in the background gets no answer at all.
    setTimeout(() => resolve(undefined), 2 * POSITION_MS);
  });
}

async function inTime<T>(promise: Promise<T>, milliseconds: number): Promise<T | undefined> {
  return Promise.race([
    promise,
    new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), milliseconds)),
  ]);
}
