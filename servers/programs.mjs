// @ts-check
/** Where the programs of servers are. Knows nothing of how they are started. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { onPath, program } from '../scripts/on-path.mjs';

/** @typedef {import('./server.js').ServerKind} ServerKind */

const DEBIAN_POSTGRES = '/usr/lib/postgresql';
/** On Debian the PATH of an ordinary user lacks them. */
const SYSTEM_FOLDERS = ['/usr/sbin', '/usr/local/sbin'];

/**
 * The path of a server's program, `undefined` when it is not here. Those of PostgreSQL come from one version: its folder in Debian,
 * which no PATH names, goes before PATH.
 *
 * @param {string} name
 */
export function findProgram(name) {
  const isPostgres = ['initdb', 'pg_ctl', 'postgres'].includes(name);
  return (isPostgres ? postgresProgram(name) : undefined) ?? onPath(name, SYSTEM_FOLDERS);
}

/** The path of a program that `missing` has found. @param {string} name */
export function requireProgram(name) {
  const path = findProgram(name);
  if (path === undefined) throw new Error(`${name} not found`);
  return path;
}

/**
 * For `ServerKind.missing`: why it cannot be used here. Nothing is missing where its variable names a server.
 *
 * @param {Pick<ServerKind, 'variable' | 'programs' | 'debian'>} kind
 */
export function missingPrograms({ variable, programs, debian }) {
  if (elsewhere(variable) !== undefined) return undefined;
  const absent = programs.filter((name) => findProgram(name) === undefined);
  if (absent.length === 0) return undefined;
  return `${absent.join(' and ')} not found (Debian: ${debian.join(' ')}; or ${variable})`;
}

/** The URL of a server that runs elsewhere. @param {string} variable */
export function elsewhere(variable) {
  const url = process.env[variable];
  return url === undefined || url === '' ? undefined : url;
}

/** In a line for people: the server elsewhere without credentials, or the path of the program. @param {ServerKind} kind */
export function describeServer(kind) {
  const url = elsewhere(kind.variable);
  if (url !== undefined) return `${hostOf(url)} (${kind.variable})`;
  const [first] = kind.programs;
  return first === undefined ? 'run by Node' : findProgram(first);
}

/** @param {string} url */
function hostOf(url) {
  const { protocol, host } = new URL(url);
  return `${protocol}//${host}`;
}

/** @param {string} name */
function postgresProgram(name) {
  let versions;
  try {
    versions = readdirSync(DEBIAN_POSTGRES);
  } catch {
    return undefined; // not a Debian with PostgreSQL
  }
  const newestFirst = versions.sort((a, b) => Number(b) - Number(a));
  for (const version of newestFirst) {
    const path = program(join(DEBIAN_POSTGRES, version, 'bin', name));
    if (path !== undefined) return path;
  }
  return undefined;
}
