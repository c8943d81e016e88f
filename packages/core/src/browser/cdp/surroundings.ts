/** Permissions and what one tab is told of machine and user, by CDP. All of it ends when our sessions do. */
import type { Environment, PspError } from '@psp/protocol';
import { headersOf } from '../../headers.js';
import type { CallOptions, Tab } from '../driver.js';
import type { PermissionSetting, RequestHeader, Surroundings } from '../surroundings.js';
import type { Method, Params } from './method.js';
import { isRefusal } from './refusal.js';
import { Target } from './target.js';
import type { Targets } from './targets.js';

interface Step<M extends Method = Method> {
  readonly member: keyof Environment;
  readonly method: M;
  readonly params: Params<M>;
}

const step = <M extends Method>(member: keyof Environment, method: M, params: Params<M>): Step =>
  ({ member, method, params }) as unknown as Step;

export class CdpSurroundings implements Surroundings {
  /** Sessions of their own: what ends the interception of a blank page ends headers of its session, too. */
  readonly #tabs = new Map<string, Promise<Target>>();

  constructor(readonly targets: Targets) {}

  async setPermission({ origin, name, state }: PermissionSetting): Promise<void> {
    const { browserContextId } = this.targets;
    const context = browserContextId === undefined ? {} : { browserContextId };
    await this.targets.send('Browser.setPermission', { permission: { name }, setting: state, origin, ...context });
  }

  async apply(tab: Tab, environment: Environment, { timeoutMs }: CallOptions): Promise<string[]> {
    const target = await this.#open(tab);
    const results = stepsOf(environment).map(async ({ member, method, params }) => {
      try {
        await target.send(method, params, timeoutMs);
        return [];
      } catch (error) {
        // Another client may have set the same for this tab: the browser allows one of them.
        if (isRefusal(error) && (error as PspError).code !== 'BROWSER_GONE') return [member];
        throw error;
      }
    });
    return [...new Set((await Promise.all(results)).flat())];
  }

  async setHeaders(tab: Tab, headers: readonly RequestHeader[], { timeoutMs }: CallOptions): Promise<void> {
    const target = await this.#open(tab);
    await target.send('Network.enable', {}, timeoutMs);
    await target.send('Network.setExtraHTTPHeaders', { headers: headersOf(headers) }, timeoutMs);
  }

  #open({ id }: Tab): Promise<Target> {
    const known = this.#tabs.get(id);
    if (known !== undefined) return known;
    const { transport, timeoutMs } = this.targets;
    const onDetached = (): void => void this.#tabs.delete(id);
    const opening = Target.attach(id, transport, { timeoutMs, onDetached });
    this.#tabs.set(id, opening);
    opening.catch(onDetached);
    return opening;
  }
}

function stepsOf(environment: Environment): Step[] {
  const { userAgent, locale, timeZone, colorScheme, geolocation } = environment;
  const steps: Step[] = [...screenSteps(environment)];
  if (userAgent !== undefined) {
    const acceptLanguage = locale === undefined ? {} : { acceptLanguage: locale };
    steps.push(step('userAgent', 'Emulation.setUserAgentOverride', { userAgent, ...acceptLanguage }));
  }
  if (locale !== undefined) steps.push(step('locale', 'Emulation.setLocaleOverride', { locale }));
  if (timeZone !== undefined) steps.push(step('timeZone', 'Emulation.setTimezoneOverride', { timezoneId: timeZone }));
  if (colorScheme !== undefined) {
    const features = [{ name: 'prefers-color-scheme', value: colorScheme }];
    steps.push(step('colorScheme', 'Emulation.setEmulatedMedia', { features }));
  }
  if (geolocation !== undefined) {
    // Without an accuracy the browser would tell of no position at all.
    const position = { accuracy: 0, ...geolocation };
    steps.push(step('geolocation', 'Emulation.setGeolocationOverride', position));
  }
  return steps;
}

/** A size or factor of 0 leaves that of the browser. */
function screenSteps({ viewport, deviceScaleFactor }: Environment): Step[] {
  const { width, height } = viewport ?? { width: 0, height: 0 };
  const metrics = { width, height, deviceScaleFactor: deviceScaleFactor ?? 0, mobile: false };
  const members = [
    ...(viewport === undefined ? [] : (['viewport'] as const)),
    ...(deviceScaleFactor === undefined ? [] : (['deviceScaleFactor'] as const)),
  ];
  return members.slice(0, 1).map((member) => step(member, 'Emulation.setDeviceMetricsOverride', metrics));
}
