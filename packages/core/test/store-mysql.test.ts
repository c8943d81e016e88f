/** The store in MariaDB, on a real server: the suite, its errors, its crash. */
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { expect, it } from 'vitest';
import { mariadb } from '../../../servers/mariadb.mjs';
import { openStore } from '../src/store/open.js';
import { sqlServerSuite } from './support/sql-server-suite.js';

async function execute(url: string, text: string): Promise<RowDataPacket[]> {
  const connection = await createConnection({ uri: url });
  const [rows] = await connection.query<RowDataPacket[]>(text);
  await connection.end();
  return rows;
}

const running = sqlServerSuite({
  kind: mariadb,
  peer: 'mysql2',
  weaken: [{ name: 'innodb_flush_log_at_trx_commit', weak: '2', strong: '1' }],
  execute,
});

it('[PSP-STORE-3] a server that takes too small packets, and a table without transactions, are UNSUPPORTED', async () => {
  const { url } = running.server;
  const [{ size } = { size: 0 }] = await execute(url, 'SELECT @@global.max_allowed_packet AS size');
  await execute(url, 'SET GLOBAL max_allowed_packet = 1048576');
  try {
    const message = expect.stringContaining('max_allowed_packet = 1048576');
    await expect((await running.open()).get('a')).rejects.toMatchObject({ code: 'UNSUPPORTED', message });
  } finally {
    await execute(url, `SET GLOBAL max_allowed_packet = ${size}`);
  }
  for (const name of ['plain', 'plain_pieces']) await execute(url, `CREATE TABLE ${name} (name INT) ENGINE=Aria`);
  const plain = await running.open((one) => one.searchParams.set('table', 'plain'));
  await expect(plain.get('a')).rejects.toMatchObject({
    code: 'UNSUPPORTED',
    message: expect.stringContaining('InnoDB'),
  });
});

it('writers that create and remove one key at once succeed or see a conflict, never a deadlock', async () => {
  const store = await running.open();
  const codes = new Set<string>();
  const writer = async (_: unknown, lane: number): Promise<void> => {
    for (let round = 0; round < 20; round += 1) {
      const work = lane % 2 === 1 ? store.put('one', new Uint8Array(1), { absent: true }) : store.remove('one');
      codes.add(await work.then(() => 'done').catch((error: { code: string }) => error.code));
    }
  };
  await Promise.all(Array.from({ length: 16 }, writer));
  expect(codes).toEqual(new Set(['done', 'CONFLICT']));
});

it('a URL may begin with mariadb:, and knows no other parameters', async () => {
  const store = await openStore(running.server.url.replace('mysql:', 'mariadb:'));
  expect(store.url).toMatch(/^mysql:\/\/127\.0\.0\.1:\d+\/psp$/);
  expect(await store.get('a')).toBeUndefined();
  await store.close();
  const opened = openStore(`${running.server.url}?multipleStatements=true`);
  await expect(opened).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  await expect(openStore('mysql://host')).rejects.toMatchObject({ code: 'INVALID_INPUT' });
});
