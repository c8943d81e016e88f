/** The URL of a SQL server, taken apart: what the client gets, what PSP keeps, what may be shown. */
import { PspError } from '@psp/protocol';
import { DEFAULT_TABLE } from './tables.js';

/** Leaves room for what is appended, below the 63 bytes that PostgreSQL keeps of a name. */
const TABLE = /^[a-z][a-z0-9_]{0,39}$/;

export interface SqlAddress {
  /** For messages: no user, no password, no parameters but the table. */
  readonly shown: string;
  /** For the client: without the parameters of PSP. */
  readonly client: URL;
  readonly table: string;
  /** With `cache` a server that acknowledges before it is on the disk is accepted. */
  readonly durability: 'disk' | 'cache';
}

/** Throws INVALID_INPUT, without the URL, which may hold a password. `scheme` as it is shown: `postgres`. */
export function parseSqlAddress(url: string, scheme: string): SqlAddress {
  const client = parse(url, scheme);
  const table = client.searchParams.get('table') ?? DEFAULT_TABLE;
  if (!TABLE.test(table)) throw invalid(scheme, 'table= to be at most 40 of a-z, 0-9 and _, a letter first');
  const durability = client.searchParams.get('durability') ?? 'disk';
  if (durability !== 'disk' && durability !== 'cache') throw invalid(scheme, 'durability= to be disk or cache');
  for (const name of ['table', 'durability']) client.searchParams.delete(name);
  const suffix = table === DEFAULT_TABLE ? '' : `?table=${table}`;
  return { shown: `${scheme}://${client.host}${client.pathname}${suffix}`, client, table, durability };
}

export function invalid(scheme: string, expected: string): PspError {
  return new PspError('INVALID_INPUT', `storage: expected ${expected} in ${scheme}://user:password@host:port/database`);
}

function parse(url: string, scheme: string): URL {
  // Another name of the scheme is written as the one that is shown.
  const text = url.replace(/^[a-z]+:/, `${scheme}:`);
  try {
    return new URL(text);
  } catch {
    // No cause: the error of URL holds its input.
    throw invalid(scheme, 'a URL, with special characters of the password percent-encoded,');
  }
}
