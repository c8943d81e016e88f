// @ts-check
/**
 * The real servers that tests, the torture and the benchmark start, in the order in which they are announced. The set-up reads this
 * before any dependency is installed, so the files of the kinds import packages only when they start.
 */
import { azurite } from './azurite.mjs';
import { gcsFake } from './gcs-fake.mjs';
import { mariadb } from './mariadb.mjs';
import { postgres } from './postgres.mjs';
import { radosgw } from './radosgw.mjs';
import { redis } from './redis.mjs';

/** @type {readonly import('./server.js').ServerKind[]} */
export const SERVERS = [redis, postgres, mariadb, radosgw, azurite, gcsFake];
