/** psp store copy into a bucket, and out of it again. */
import { postgres } from '../../../servers/postgres.mjs';
import { radosgw } from '../../../servers/radosgw.mjs';
import { redis } from '../../../servers/redis.mjs';
import { testCopies, useServers } from './server-chain.js';

useServers([redis, radosgw, postgres]);
testCopies('Redis, S3 and PostgreSQL');
