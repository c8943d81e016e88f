/** The cookie formats, the choice of a format, and what each says of its losses and of bad input. */
import { PspError, type Cookie, type SessionDocument } from '@psp/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { detectFormat, formatNamed, FORMATS } from '../src/formats/index.js';
import { cookie, sessionOf, without } from './formats-arbitraries.js';

const plain: Cookie = {
  name: 'sid',
  value: 'secret-value',
  domain: 'example.com',
  hostOnly: true,
  path: '/',
  httpOnly: true,
  secure: true,
};

const full = sessionOf({
  cookies: [
    {
      ...plain,
      expires: 1_900_000_000.5,
      sameSite: 'lax',
      partitionKey: { topLevelSite: 'https://top.example', hasCrossSiteAncestor: true },
      priority: 'high',
      sourceScheme: 'secure',
      sourcePort: 443,
    },
  ],
  origins: [
    {
      origin: 'https://example.com',
      localStorage: [{ name: 'token', value: 'secret-value' }],
      indexedDB: [{ name: 'db', version: 1, stores: [] }],
    },
  ],
  tabs: [
    {
      url: 'https://example.com/home?token=secret-value',
      sessionStorage: [{ origin: 'https://example.com', items: [{ name: 'a', value: 'secret-value' }] }],
    },
  ],
  environment: { locale: 'de-DE' },
  http: { credentials: [{ username: 'user', password: 'secret-value' }] },
  authenticators: [
    { protocol: 'ctap2', transport: 'usb', hasResidentKey: true, hasUserVerification: true, credentials: [] },
  ],
});

/** The kinds of state that PSP's own format alone holds: environment, HTTP access, passkeys. */
const AROUND = ['environment', 'environment', 'webauthn'];

/** What a format cannot hold of a cookie. */
const UNHELD: Readonly<Record<string, readonly string[]>> = {
  'cookies.txt': ['sameSite', 'partitionKey', 'priority', 'sourceScheme', 'sourcePort'],
  selenium: ['partitionKey', 'priority', 'sourceScheme', 'sourcePort'],
  puppeteer: [],
  playwright: ['priority', 'sourceScheme', 'sourcePort'],
  psp: [],
};

function failure(run: () => unknown): PspError {
  try {
    run();
  } catch (error) {
    if (error instanceof PspError) return error;
    throw error;
  }
  throw new Error('expected an error, found none');
}

describe('every format', () => {
  test('stands in the table under a name of its own, with a line of description', () => {
    expect(FORMATS.map((format) => format.name).sort()).toEqual(Object.keys(UNHELD).sort());
    for (const format of FORMATS) {
      expect(format.extension).toMatch(/^\.\w+$/);
      expect(format.description.length).toBeGreaterThan(10);
      expect(formatNamed(format.name)).toBe(format);
    }
    expect(failure(() => formatNamed('pdf')).message).toMatch(/expected one of psp, .* found "pdf"/);
  });

  test.each(FORMATS.map((format) => [format.name, format] as const))(
    '%s gives back the cookies that it can hold',
    (name, format) => {
      fc.assert(
        fc.property(fc.uniqueArray(cookie, { maxLength: 5, selector: (one) => one.name }), (cookies) => {
          const { text } = format.write(sessionOf({ cookies }));
          expect(format.read(text).cookies).toEqual(without(cookies, UNHELD[name] ?? []));
        }),
      );
    },
  );

  test.each(FORMATS.map((format) => [format.name, format] as const))(
    '%s names every attribute that it drops, and no value',
    (name, format) => {
      const { losses } = format.write(full);
      expect(JSON.stringify(losses)).not.toContain('secret-value');
      const cookieLoss = losses.find((loss) => loss.kind === 'cookie');
      expect(cookieLoss?.detail?.replace(/^.* does not hold /, '')).toBe(
        UNHELD[name]?.length ? UNHELD[name].join(', ') : undefined,
      );
      expect(losses.every((loss) => loss.code === 'format-cannot-hold')).toBe(true);
    },
  );

  test.each(FORMATS.map((format) => [format.name, format] as const))(
    '%s has no loss where there is nothing to lose',
    (_name, format) => {
      expect(format.write(sessionOf({ cookies: [plain] })).losses).toEqual([]);
    },
  );

  test.each(FORMATS.map((format) => [format.name, format] as const))(
    '%s is recognised by its text',
    (_name, format) => {
      expect(detectFormat(format.write(full).text)).toBe(format);
    },
  );

  test.each([
    ['cookies.txt', ['localStorage', 'indexedDB', 'tab', 'sessionStorage', ...AROUND]],
    ['selenium', ['localStorage', 'indexedDB', 'tab', 'sessionStorage', ...AROUND]],
    ['puppeteer', ['localStorage', 'indexedDB', 'tab', 'sessionStorage', ...AROUND]],
    ['playwright', ['tab', 'sessionStorage', ...AROUND]],
    ['psp', []],
  ])('%s names the kinds of state that it drops', (name, kinds) => {
    const found = formatNamed(name)
      .write(full)
      .losses.filter((loss) => loss.kind !== 'cookie');
    expect(found.map((loss) => loss.kind)).toEqual(kinds);
  });
});

describe('the psp format', () => {
  test('gives the whole session back', () => {
    const format = formatNamed('psp');
    const { format: _format, version: _version, id: _id, ...parts } = full;
    expect(format.read(format.write(full).text)).toEqual(parts);
  });

  test('refuses a document that is wrong in one place, and names it', () => {
    const broken = structuredClone(full) as unknown as { origins: { localStorage: { name: unknown }[] }[] };
    broken.origins[0]!.localStorage[0]!.name = 7;
    const error = failure(() => formatNamed('psp').read(JSON.stringify(broken)));
    expect(error.code).toBe('INVALID_DOCUMENT');
    expect(error.message).toContain('origins[0].localStorage[0].name: expected string, found number');
  });
});

describe('cookies.txt', () => {
  const format = formatNamed('cookies.txt');

  test('is written as curl writes it', () => {
    const cookies: Cookie[] = [
      { ...plain, expires: 1_900_000_000.9 },
      { ...plain, name: 'theme', value: '', hostOnly: false, httpOnly: false, secure: false, path: '/app' },
    ];
    const lines = format.write(sessionOf({ cookies })).text.split('\n');
    expect(lines[0]).toBe('# Netscape HTTP Cookie File');
    expect(lines.slice(3)).toEqual([
      '#HttpOnly_example.com\tFALSE\t/\tTRUE\t1900000000\tsid\tsecret-value',
      '.example.com\tTRUE\t/app\tFALSE\t0\ttheme\t',
      '',
    ]);
  });

  test('reads Windows line ends, comments, and a line whose empty value lost its tab', () => {
    const { cookies } = format.read('# HTTP Cookie File\r\n\r\n# a comment\r\n.a.example\tTRUE\t/\tFALSE\t0\tn\r\n');
    expect(cookies).toEqual([
      { name: 'n', value: '', domain: 'a.example', hostOnly: false, path: '/', httpOnly: false, secure: false },
    ]);
  });

  test('[PSP-TRAP-20] keeps a cookie that expired in the first second of 1970 from becoming a session cookie', () => {
    const { text } = format.write(sessionOf({ cookies: [{ ...plain, expires: 0 }] }));
    expect(format.read(text).cookies[0]?.expires).toBe(1);
  });

  test('leaves a cookie out that would break the lines, and says so', () => {
    const written = format.write(sessionOf({ cookies: [{ ...plain, value: 'a\tb\nc' }] }));
    expect(format.read(written.text).cookies).toEqual([]);
    expect(written.losses).toMatchObject([{ code: 'format-cannot-hold', kind: 'cookie', item: 'sid' }]);
  });

  test.each([
    ['a.example\tTRUE\t/\tFALSE\t0', 'line 1: expected 7 fields separated by tabs, found 5'],
    ['# x\n\na.example\tyes\t/\tFALSE\t0\tn\tv', 'line 3, field 2: expected TRUE or FALSE'],
    ['a.example\tTRUE\t/\tFALSE\tsoon\tn\tv', 'line 1, field 5: expected seconds since 1970'],
    ['\tTRUE\t/\tFALSE\t0\tn\tv', 'line 1.domain: expected a host name'],
    ['a.example\tTRUE\tapp\tFALSE\t0\tn\tv', 'line 1.path: expected a path that starts with /'],
    ['hello', 'line 1: expected 7 fields separated by tabs, found 1'],
    ['', 'found no cookie'],
  ])('refuses %j', (bad, message) => {
    const error = failure(() => format.read(bad));
    expect(error.code).toBe('INVALID_DOCUMENT');
    expect(error.message).toContain(message);
  });
});

describe('bad input to the JSON formats', () => {
  const cookies = (fields: object): string =>
    JSON.stringify([
      { name: 'n', value: 'v', domain: 'a.example' },
      { name: 'n', value: 'v', domain: 'a.example', path: '/', ...fields },
    ]);
  test.each([
    ['selenium', cookies({ domain: 7 }), 'cookies[1].domain: expected string, found number'],
    ['selenium', cookies({ domain: 'https://a.example/' }), 'cookies[1].domain: expected a host name'],
    ['selenium', cookies({ expiry: '12' }), 'cookies[1].expiry: expected number, found another string'],
    ['selenium', cookies({ sameSite: 'loose' }), 'cookies[1].sameSite: expected Strict or Lax or None'],
    ['selenium', cookies({ value: '\ud800' }), 'cookies[1].value: expected well-formed text'],
    ['selenium', '{}', 'expected a JSON array of cookies'],
    ['selenium', '[null]', 'cookies[0]: expected object, found null'],
    ['puppeteer', cookies({ partitionKey: 7 }), 'cookies[1].partitionKey: expected object, found number'],
    ['puppeteer', cookies({ sourcePort: 1.5 }), 'cookies[1].sourcePort: expected a port'],
    ['puppeteer', cookies({ priority: 'Urgent' }), 'cookies[1].priority: expected Low or Medium or High'],
    ['playwright', '{"cookies":{}}', 'cookies: expected array, found object'],
    [
      'playwright',
      '{"cookies":[{"name":"n","value":"v","domain":"a.example"}]}',
      'cookies[0].path: expected string, found nothing',
    ],
    ['playwright', '{"origins":[{"origin":"https://a.example/x"}]}', 'origins[0].origin: expected an origin such as'],
    [
      'playwright',
      '{"origins":[{"origin":"https://a.example","localStorage":[{"name":1}]}]}',
      'origins[0].localStorage[0].name: expected string, found number',
    ],
    ['playwright', '"text"', 'storage state: expected object, found another string'],
    ['playwright', '', 'playwright: expected JSON, found an empty file'],
    ['playwright', '{"cookies":\n[\n secret', 'playwright: expected JSON, found text that is not JSON'],
    [
      'playwright',
      '{"cookies":[],\n"origins":[],\n' + ' '.repeat(40) + '}',
      'playwright: expected JSON, found a fault in line 3',
    ],
    ['playwright', '{"cookies":[', 'playwright: expected JSON, found JSON that is cut short'],
    ['selenium', '[{"name":"sid"', 'selenium: expected JSON, found JSON that is cut short'],
    ['playwright', '['.repeat(100_000), 'playwright: expected at most 500 levels of nesting'],
    ['puppeteer', `[{"value":"${'\\"['.repeat(3)}"}`, 'puppeteer: expected JSON'],
  ])('%s: %j', (name, bad, message) => {
    const error = failure(() => formatNamed(name).read(bad));
    expect(error.code).toBe('INVALID_DOCUMENT');
    expect(error.message).toContain(message);
    expect(error.message).not.toContain('secret');
    expect(error.cause).toBeUndefined();
  });

  test('text of no known format is refused with the names of those that are', () => {
    for (const bad of ['', 'hello', '{"a":1}', '7']) {
      const error = failure(() => detectFormat(bad));
      expect(error.code).toBe('INVALID_DOCUMENT');
      expect(error.message).toContain('psp, playwright, cookies.txt, selenium, puppeteer');
    }
  });

  test.each([
    ['{"format":"psp-session","cookies":[{"na', 'expected JSON, found JSON that is cut short'],
    ['[{"name":"n"},', 'expected JSON, found JSON that is cut short'],
    ['{"a":1,\n,"secret":2}', 'expected JSON, found a fault in line 2'],
    ['', 'found an empty file'],
    ['hello', 'found text that is not JSON'],
    ['{"a":1}', 'found JSON that is none of them'],
  ])('what is wrong with %j is said before its format is known', (bad, message) => {
    const error = failure(() => detectFormat(bad));
    expect(error.message).toContain(message);
    expect([error.message, error.cause]).toEqual([expect.not.stringContaining('secret'), undefined]);
  });

  test('no text makes a reader throw anything but INVALID_DOCUMENT, or pollute a prototype', () => {
    const hostile = fc.oneof(
      fc.json(),
      fc.string(),
      fc.constant('{"__proto__":{"polluted":1},"cookies":[],"origins":[]}'),
    );
    fc.assert(
      fc.property(hostile, fc.constantFrom(...FORMATS), (bad, format) => {
        try {
          format.read(bad);
        } catch (error) {
          expect(['INVALID_DOCUMENT', 'UNSUPPORTED_VERSION', 'TOO_LARGE']).toContain((error as PspError).code);
        }
        expect(({} as { polluted?: number }).polluted).toBeUndefined();
      }),
      { numRuns: 500 },
    );
  });
});

test('what puppeteer leaves out stays absent', () => {
  const { cookies } = formatNamed('puppeteer').read(
    '[{"name":"n","value":"v","domain":".a.example","expires":-1,"sameSite":"Default"}]',
  );
  const expected: SessionDocument['cookies'] = [
    { name: 'n', value: 'v', domain: 'a.example', hostOnly: false, path: '/', httpOnly: false, secure: false },
  ];
  expect(cookies).toEqual(expected);
});
