/** The compatibility page says what the results say, good or not. */
import { describe, expect, it } from 'vitest';
import { compatibilityPage } from './page.mjs';

const urls = {
  app: 'https://app.psp.localhost:4711',
  id: 'https://id.psp.localhost:4711',
  widget: 'https://widget.localhost:4711',
};
const ONE = { name: 'one', label: 'One', engine: 'chromium', through: 'OneAdapter', framework: 'one 1.0.0' };
const TWO = { name: 'two', label: 'Two', engine: 'webkit', through: 'TwoAdapter', framework: undefined };
const LOSS = {
  code: 'value-not-portable',
  kind: 'indexedDB',
  origin: urls.app,
  item: 'kinds/values/hidden key',
  detail: 'a | b',
  advice: 'Advice.',
};
const HELD = ['session', 'token', 'value:map', 'value:hidden key'];
const captured = {
  endpoint: 'one',
  id: 'x',
  expected: HELD,
  absent: { 'value:blob': 'DataCloneError', 'value:error': 'no cause' },
  losses: [LOSS],
  browser: 'chromium 1.2',
  reason: '',
  durationMs: 1,
};
const pair = {
  source: 'one',
  target: 'one',
  good: true,
  reason: '',
  equal: HELD.slice(0, 3),
  lost: ['value:hidden key'],
  limits: [],
  losses: [],
  durationMs: 1,
};

/** @returns {any} */
const results = (change = {}) => ({
  endpoints: [ONE, TWO],
  absent: [{ name: 'two', reason: 'no WebKit here' }],
  never: [{ name: 'Three', reason: 'nobody has it' }],
  sources: [captured],
  pairs: [pair],
  urls,
  node: '20.0.0',
  ...change,
});

describe('the page', () => {
  it('shows what came through, beside what the source held', () => {
    const page = compatibilityPage(results());
    expect(page).toContain('**1 of 1 pairs are good.**');
    expect(page).toContain('| 1 One | sL V2 | sL V1 |');
    expect(page).toContain('| 1 | One | `OneAdapter` | one 1.0.0 | chromium 1.2 |');
    expect(page).toContain('## Pairs that are not good\n\nNone.');
  });

  it('names a pair that is not good, and why', () => {
    const bad = { ...pair, good: false, equal: ['session'], reason: 'not logged in' };
    const page = compatibilityPage(results({ pairs: [bad] }));
    expect(page).toContain('**0 of 1 pairs are good.**');
    expect(page).toContain('| 1 One | sL V2 | ✗ s |');
    expect(page).toContain('- One → One: not logged in');
  });

  it('names losses in their own words, at capture and at restore, without the port of the run', () => {
    const restored = {
      ...pair,
      losses: [
        { ...LOSS, code: 'record-not-restored' },
        { ...LOSS, code: 'record-not-restored', item: 'kinds/values/other' },
      ],
    };
    const page = compatibilityPage(results({ pairs: [restored] }));
    expect(page).toContain(
      '- `value-not-portable`: indexedDB `kinds/values/hidden key` of https://app.psp.localhost. a | b. Advice.',
    );
    expect(page).toContain(
      '- `record-not-restored`: indexedDB `kinds/values/hidden key`, `kinds/values/other` of https://app.psp.localhost. a | b. Advice.',
    );
    expect(page).not.toContain('4711');
  });

  it('gives endpoints with the same losses one list', () => {
    const other = { ...captured, endpoint: 'two' };
    const page = compatibilityPage(results({ absent: [], sources: [captured, other] }));
    expect(page).toContain('### One; Two');
    expect(page.match(/`value-not-portable`/g)).toHaveLength(1);
  });

  it('says what a browser does not hold by itself, and what did not run', () => {
    const page = compatibilityPage(results());
    expect(page).toContain('- One: IndexedDB blob (DataCloneError); IndexedDB error (no cause)');
    expect(page).toContain('- two: no WebKit here\n- Three: nobody has it');
  });
});
