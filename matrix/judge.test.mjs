/** The judge lets nothing pass that is neither equal nor named, and takes general words for what they say only. */
import { describe, expect, it } from 'vitest';
import { itemOf } from './app/items.mjs';
import { judge, names } from './judge.mjs';

const urls = { app: 'https://app.example', id: 'https://id.example', widget: 'https://widget.example' };
const IDS = ['session', 'widget', 'token', 'idToken', 'tab', 'value:map', 'structure:keys'];

/** A verdict where everything came through but `wrong`. */
function verdict(wrong, losses = [], limits = []) {
  const equal = IDS.filter((id) => !Object.hasOwn(wrong, id));
  const loggedIn = equal.includes('session') && equal.includes('token');
  return judge({ expected: IDS, report: { loggedIn, expected: IDS, equal, wrong }, losses, limits, urls });
}

describe('a pair', () => {
  it('is good when everything is equal', () => {
    expect(verdict({})).toMatchObject({ good: true, equal: IDS, lost: [], reason: '' });
  });

  it('is not good when something is missing that no loss names', () => {
    expect(verdict({ 'value:map': 'no record' })).toMatchObject({
      good: false,
      unexplained: { 'value:map': 'no record' },
      reason: 'IndexedDB map: no record, and no loss names it',
    });
  });

  it('is good when a loss names what is missing', () => {
    const loss = { code: 'item-refused', kind: 'indexedDB', origin: urls.app, item: 'kinds/values/map' };
    expect(verdict({ 'value:map': 'no record' }, [loss])).toMatchObject({ good: true, lost: ['value:map'] });
  });

  it('is not good when the user is not logged in, whatever the losses say', () => {
    const loss = { code: 'cookie-refused', kind: 'cookie', item: 'session' };
    expect(verdict({ session: 'absent' }, [loss])).toMatchObject({ good: false, reason: 'not logged in' });
  });

  it('takes limits of the browser for values only', () => {
    const wrong = { 'value:map': 'other', widget: 'absent' };
    expect(verdict(wrong, [], ['value:map', 'widget'])).toMatchObject({
      good: false,
      limits: ['value:map'],
      unexplained: { widget: 'absent' },
    });
  });

  it('does not ask for what the source itself did not hold', () => {
    const report = { loggedIn: true, expected: IDS, equal: ['session', 'token'], wrong: { widget: 'absent' } };
    expect(judge({ expected: ['session', 'token'], report, losses: [], limits: [], urls }).good).toBe(true);
  });
});

describe('a loss', () => {
  const cases = [
    ['names its item', 'value:map', { code: 'item-refused', kind: 'indexedDB', item: 'kinds/values/map' }, true],
    [
      'names no neighbour',
      'value:map',
      { code: 'item-refused', kind: 'indexedDB', item: 'kinds/values/mapping' },
      false,
    ],
    ['names all of its database', 'value:map', { code: 'database-failed', kind: 'indexedDB', item: 'kinds' }, true],
    [
      'names no other database',
      'structure:indexes',
      { code: 'database-failed', kind: 'indexedDB', item: 'kinds' },
      false,
    ],
    [
      'of a record tells of its store',
      'structure:keys',
      { code: 'item-refused', kind: 'indexedDB', item: 'kinds/keys/0' },
      true,
    ],
    ['names a storage', 'token', { code: 'storage-denied', kind: 'localStorage', origin: urls.app }, true],
    [
      'names the storage of its origin only',
      'idToken',
      { code: 'storage-denied', kind: 'localStorage', origin: urls.app },
      false,
    ],
    [
      'of an origin tells of its storage',
      'idToken',
      { code: 'origin-not-open', kind: 'origin', origin: urls.id },
      true,
    ],
    [
      'of an origin tells of no cookie',
      'idSession',
      { code: 'origin-not-open', kind: 'origin', origin: urls.id },
      false,
    ],
    [
      'of cookies without a name tells of those of other origins',
      'idSession',
      { code: 'cookies-may-be-missing', kind: 'cookie' },
      true,
    ],
    [
      'of cookies without a name tells of none of an open page',
      'device',
      { code: 'cookies-may-be-missing', kind: 'cookie' },
      false,
    ],
    [
      'of cookies of an origin tells of those',
      'device',
      { code: 'cookies-may-be-missing', kind: 'cookie', origin: urls.app },
      true,
    ],
    [
      'names a cookie with its place',
      'widget',
      { code: 'cookie-refused', kind: 'cookie', item: 'widget (widget.example/)' },
      true,
    ],
    [
      'names a cookie, not a longer name',
      'session',
      { code: 'cookie-refused', kind: 'cookie', item: 'sessions (app.example/)' },
      false,
    ],
    ['of an unnamed cookie tells of none', 'session', { code: 'cookie-refused', kind: 'cookie' }, false],
    [
      'of attributes tells of no absence',
      'session',
      { code: 'cookie-attributes-dropped', kind: 'cookie', item: 'session' },
      false,
    ],
    [
      'of a tab tells of its sessionStorage',
      'tab',
      { code: 'tab-failed', kind: 'tab', item: 'https://app.example/' },
      true,
    ],
  ];
  it.for(cases)('%s', ([, id, loss, expected]) => {
    expect(names(/** @type {any} */ (loss), itemOf(String(id)), urls)).toBe(expected);
  });
});
