/** The Netscape cookie file of curl, wget, yt-dlp: seven fields a line, separated by tabs (curl, docs/HTTP-COOKIES.md). */
import type { Cookie } from '@psp/protocol';
import { PspError } from '@psp/protocol';
import { attributeLosses, checkedCookie, cookieLoss, dottedDomain, wholeSeconds } from './cookie.js';
import type { Format } from './format.js';
import { environmentLosses, storageLosses, tabLosses } from './losses.js';

const HEADER =
  '# Netscape HTTP Cookie File\n# Whoever reads this file is logged in. Keep it secret, delete it when done.\n\n';
const HTTP_ONLY = '#HttpOnly_';
const WITHOUT = ['sameSite', 'partitionKey', 'priority', 'sourceScheme', 'sourcePort'];

export const cookiesTxt: Format = {
  name: 'cookies.txt',
  extension: '.txt',
  description: 'cookie file of curl, wget and yt-dlp: cookies only',
  write(document) {
    const [held, unheld] = split(document.cookies, (cookie) => !/[\t\r\n]/.test(fields(cookie).join('')));
    return {
      text: HEADER + held.map((cookie) => `${line(cookie)}\n`).join(''),
      losses: [
        ...unheld.map((cookie) =>
          cookieLoss(cookie, 'cookies.txt cannot hold tabs and line breaks: the cookie was left out'),
        ),
        ...attributeLosses(held, 'cookies.txt', WITHOUT),
        ...storageLosses(document, 'cookies.txt'),
        ...tabLosses(document, 'cookies.txt'),
        ...environmentLosses(document, 'cookies.txt'),
      ],
    };
  },
  read(text) {
    const cookies = text.split('\n').flatMap((raw, index) => readLine(raw.replace(/\r$/, ''), index + 1));
    if (cookies.length === 0 && !isHeader(text)) {
      throw new PspError('INVALID_DOCUMENT', 'cookies.txt: expected lines of 7 fields, found no cookie');
    }
    return { cookies, origins: [], tabs: [], losses: [] };
  },
  recognises(json, text) {
    return json === undefined && (isHeader(text) || text.split('\n').some((row) => row.split('\t').length === 7));
  },
};

function isHeader(text: string): boolean {
  return /^# (Netscape )?HTTP Cookie File/i.test(text);
}

function fields(cookie: Cookie): string[] {
  const expires = cookie.expires === undefined ? 0 : wholeSeconds(cookie.expires);
  const { name, value, path } = cookie;
  return [dottedDomain(cookie), flag(!cookie.hostOnly), path, flag(cookie.secure), String(expires), name, value];
}

function line(cookie: Cookie): string {
  return (cookie.httpOnly ? HTTP_ONLY : '') + fields(cookie).join('\t');
}

function readLine(row: string, lineNumber: number): Cookie[] {
  const httpOnly = row.startsWith(HTTP_ONLY);
  if (row.trim() === '' || (row.startsWith('#') && !httpOnly)) return [];
  const columns = (httpOnly ? row.slice(HTTP_ONLY.length) : row).split('\t');
  // curl leaves the last tab out when the value is empty.
  if (columns.length === 6) columns.push('');
  if (columns.length !== 7) {
    throw new PspError(
      'INVALID_DOCUMENT',
      `line ${lineNumber}: expected 7 fields separated by tabs, found ${columns.length}`,
    );
  }
  const [domain, subdomains, path, secure, expires, name, value] = columns as [
    string,
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  const cookie: Cookie = {
    name,
    value,
    domain: domain.replace(/^\./, '').toLowerCase(),
    hostOnly: !readFlag(subdomains, `line ${lineNumber}, field 2`),
    path,
    ...readExpires(expires, `line ${lineNumber}, field 5`),
    httpOnly,
    secure: readFlag(secure, `line ${lineNumber}, field 4`),
  };
  return [checkedCookie(cookie, `line ${lineNumber}`)];
}

function readExpires(column: string, place: string): { expires?: number } {
  if (!/^-?\d{1,15}(\.\d+)?$/.test(column)) {
    throw new PspError('INVALID_DOCUMENT', `${place}: expected seconds since 1970 or 0, found another text`);
  }
  return Number(column) <= 0 ? {} : { expires: Number(column) };
}

function flag(value: boolean): string {
  return value ? 'TRUE' : 'FALSE';
}

function readFlag(column: string, place: string): boolean {
  const flags: Readonly<Record<string, boolean>> = { TRUE: true, FALSE: false };
  const value = flags[column.toUpperCase()];
  if (value === undefined)
    throw new PspError('INVALID_DOCUMENT', `${place}: expected TRUE or FALSE, found another text`);
  return value;
}

function split<T>(items: readonly T[], keep: (item: T) => boolean): [T[], T[]] {
  return [items.filter(keep), items.filter((item) => !keep(item))];
}
