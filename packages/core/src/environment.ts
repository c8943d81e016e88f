/** Puts together what sites see of machine and user (spec/psp-1.md, section "Environment") from what documents told of it. */
import type { Environment, OriginPermission } from '@psp/protocol';
import type { PageView, SurroundingsReply } from './page/contract.js';

export class EnvironmentNotes {
  readonly #permissions = new Map<string, OriginPermission[]>();
  #seen: { readonly reply: SurroundingsReply; readonly primary: boolean } | undefined;

  /** What a document of `origin` told. Where several tell of the tab, the tab that the user handed over counts, else the first. */
  add(origin: string, reply: SurroundingsReply | undefined, primary = false): void {
    if (reply === undefined) return;
    if (reply.view !== undefined && (this.#seen === undefined || primary)) this.#seen = { reply, primary };
    if (reply.permissions !== undefined) this.#permissions.set(origin, permissionsOf(origin, reply.permissions));
  }

  /** Undefined where no page of a site was open and no origin has a permission. */
  environment(): Environment | undefined {
    const permissions = [...this.#permissions.values()].flat().toSorted(byOriginAndName);
    const environment = {
      ...(this.#seen?.reply.view === undefined ? {} : viewOf(this.#seen.reply.view)),
      ...positionOf(this.#seen?.reply.position),
      ...(permissions.length === 0 ? {} : { permissions }),
    };
    return Object.keys(environment).length === 0 ? undefined : environment;
  }
}

/** What a page says is data from outside: where there is no isolated world, its scripts can alter it. */
export function viewOf(view: PageView): Environment {
  const { width, height } = view;
  return {
    ...textField('userAgent', view.userAgent),
    // A window that nobody sees may have no size.
    ...(isSize(width) && isSize(height) ? { viewport: { width, height } } : {}),
    ...(isNumber(view.deviceScaleFactor) && view.deviceScaleFactor > 0
      ? { deviceScaleFactor: view.deviceScaleFactor }
      : {}),
    ...textField('locale', view.locale),
    ...textField('timeZone', view.timeZone),
    ...(view.colorScheme === 'dark' || view.colorScheme === 'light' ? { colorScheme: view.colorScheme } : {}),
  };
}

function positionOf(position: SurroundingsReply['position']): Pick<Environment, 'geolocation'> {
  if (position === undefined || !isNumber(position.latitude) || !isNumber(position.longitude)) return {};
  const { latitude, longitude, accuracy } = position;
  return { geolocation: { latitude, longitude, ...(isNumber(accuracy) && accuracy >= 0 ? { accuracy } : {}) } };
}

function permissionsOf(origin: string, states: Readonly<Record<string, unknown>>): OriginPermission[] {
  return Object.entries(states).flatMap(([name, state]) =>
    name !== '' && (state === 'granted' || state === 'denied') ? [{ origin, name: name.toWellFormed(), state }] : [],
  );
}

function textField<K extends string>(name: K, value: unknown): { [key in K]?: string } {
  return typeof value === 'string' && value !== '' ? ({ [name]: value.toWellFormed() } as { [key in K]?: string }) : {};
}

const isNumber = (value: unknown): value is number => Number.isFinite(value);
const isSize = (value: unknown): value is number => Number.isInteger(value) && (value as number) >= 1;

function byOriginAndName(a: OriginPermission, b: OriginPermission): number {
  if (a.origin !== b.origin) return a.origin < b.origin ? -1 : 1;
  return a.name < b.name ? -1 : 1;
}
