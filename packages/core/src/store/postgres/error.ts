/** What PostgreSQL's error codes mean to a caller. https://www.postgresql.org/docs/current/errcodes-appendix.html */
import type { FailureTable } from '../sql/failure.js';

export const POSTGRES_FAILURES: FailureTable = {
  '28P01': ['STORE_DENIED', 'the server refused the password or the user'],
  '28000': ['STORE_DENIED', 'the server lets this user in from nowhere here. See its pg_hba.conf'],
  '42501': ['STORE_DENIED', 'this user may not do that. Grant it the tables, or let their owner run psp store init'],
  '25006': ['STORE_DENIED', 'the server is read-only. Use the primary server'],
  '3D000': ['STORE_MISSING', 'the server has no such database'],
  '3F000': ['STORE_MISSING', 'the database has no such schema'],
  '42P01': ['STORE_MISSING', 'the tables are not there'],
  '53100': ['STORE_FULL', 'no space is left on the disk of the server'],
  '53200': ['STORE_UNAVAILABLE', 'the server is out of memory. Nothing was changed'],
  '53300': ['STORE_UNAVAILABLE', 'the server has no connection left. Raise its max_connections'],
  '57P03': ['STORE_UNAVAILABLE', 'the server is starting or stopping'],
  '40001': ['STORE_UNAVAILABLE', 'the server could not tell two writers apart. Nothing was changed'],
  '40P01': ['STORE_UNAVAILABLE', 'two writers waited for each other. Nothing was changed'],
  '55P03': ['STORE_UNAVAILABLE', 'somebody else keeps the value locked. Nothing was changed'],
  // Not by the server: the client of PostgreSQL has no password for it.
  SASL: ['STORE_DENIED', 'the server asks for a password, and there is none'],
};
