// @ts-check
/**
 * The S3 gateway of Ceph (Debian: radosgw) over one monitor and one object server whose data is in memory. `kill` and `restart` are of
 * the gateway; what it acknowledged is in the object server, which stays.
 */
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { dataFolder, freePort, killProcess, startServer } from './process.mjs';
import { foreignStore, makeStore } from './made.mjs';
import { elsewhere, missingPrograms, requireProgram } from './programs.mjs';

/** @typedef {import('node:child_process').ChildProcess} ChildProcess */
/** @typedef {Awaited<ReturnType<typeof dataFolder>>} Folder */

const run = promisify(execFile);
const KIND = /** @type {const} */ ({
  name: 'radosgw',
  variable: 'PSP_TEST_S3_URL',
  programs: ['radosgw', 'radosgw-admin', 'ceph-mon', 'ceph-osd', 'ceph', 'ceph-authtool', 'monmaptool'],
  debian: ['radosgw', 'ceph-mon', 'ceph-osd', 'ceph-common'],
});
const USER = { key: 'psp', secret: 'psp-test-secret' };

/** @type {import('./server.js').ServerKind} */
export const radosgw = {
  ...KIND,
  missing: () => missingPrograms(KIND),
  async start() {
    const given = elsewhere(KIND.variable);
    if (given !== undefined) return foreignStore(given);
    const folder = await dataFolder('ceph');
    const ceph = new Ceph(folder, await freePort());
    try {
      await ceph.start();
    } catch (error) {
      await ceph.stop();
      throw error;
    }
    return makeStore(ceph);
  },
};

/** The three daemons, in the order in which they need each other. */
class Ceph {
  url;
  /** @type {ChildProcess | undefined} */
  #gateway;
  /** @type {ChildProcess[]} */
  #others = [];
  #folder;
  #port;

  /** @param {Folder} folder @param {number} port */
  constructor(folder, port) {
    this.#folder = folder;
    this.#port = port;
    this.url = `s3://${USER.key}:${USER.secret}@psp-test/sessions?endpoint=http://127.0.0.1:${port}`;
  }

  get pid() {
    return this.#gateway?.pid;
  }

  async start() {
    const { path } = this.#folder;
    const id = randomUUID();
    const monitor = `[v2:127.0.0.1:${await freePort()},v1:127.0.0.1:${await freePort()}]`;
    for (const name of ['mon', 'osd', 'run', 'logs']) await mkdir(join(path, name));
    await writeFile(join(path, 'ceph.conf'), configuration(path, id, monitor));
    await this.#makeKeys();
    const map = join(path, 'monmap');
    await this.#run('monmaptool', '--create', '--fsid', id, '--addv', 'a', monitor, map);
    await this.#run('ceph-mon', '--mkfs', '-i', 'a', '--monmap', map, '--keyring', join(path, 'keyring'));
    // What asks the monitor before it answers waits for it.
    this.#others.push(await this.#launch('ceph-mon', ['-f', '-i', 'a']));
    await this.#run('ceph', 'osd', 'create');
    await this.#run('ceph-osd', '--mkfs', '-i', '0');
    this.#others.push(await this.#launch('ceph-osd', ['-f', '-i', '0']));
    const { key, secret } = USER;
    // Before the gateway starts: both make the pools that are not there, and one would wait for the other.
    await this.#run(
      'radosgw-admin',
      ...['user', 'create', '--uid=psp', '--display-name=psp', `--access-key=${key}`, `--secret-key=${secret}`],
    );
    await this.restart();
  }

  async restart() {
    // Else its answers wait 40 ms for an acknowledgement (Nagle), which is no property of a store.
    const frontend = `--rgw-frontends=beast tcp_nodelay=1 endpoint=127.0.0.1:${this.#port}`;
    const answers = async () => {
      const { status } = await fetch(`http://127.0.0.1:${this.#port}/`);
      if (status !== 200) throw new Error(`status ${status}`);
    };
    this.#gateway = await this.#launch('radosgw', ['-f', '-n', 'client.rgw', frontend], answers);
  }

  async kill() {
    if (this.#gateway !== undefined) await killProcess(this.#gateway);
  }

  async stop() {
    await this.kill();
    // Their data is in memory, and nobody wants it any more.
    for (const child of this.#others.reverse()) await killProcess(child);
    await this.#folder.remove();
  }

  /** cephx keys: a gateway that asks for none hangs. */
  async #makeKeys() {
    const path = join(this.#folder.path, 'keyring');
    await this.#run('ceph-authtool', '--create-keyring', path, '--gen-key', '-n', 'mon.', '--cap', 'mon', 'allow *');
    const full = ['--cap', 'mon', 'allow *', '--cap', 'osd', 'allow *', '--cap', 'mgr', 'allow *'];
    for (const name of ['client.admin', 'client.rgw'])
      await this.#run('ceph-authtool', path, '--gen-key', '-n', name, ...full);
    const osd = ['--cap', 'mon', 'allow profile osd', '--cap', 'osd', 'allow *'];
    await this.#run('ceph-authtool', path, '--gen-key', '-n', 'osd.0', ...osd);
  }

  get #env() {
    return { CEPH_CONF: join(this.#folder.path, 'ceph.conf') };
  }

  /** @param {string} command @param {string[]} args */
  #run(command, ...args) {
    return run(requireProgram(command), args, { env: { ...process.env, ...this.#env } });
  }

  /** @param {string} command @param {string[]} args @param {() => Promise<unknown>} [answers] */
  #launch(command, args, answers = async () => undefined) {
    return startServer(requireProgram(command), args, { folder: this.#folder, answers, env: this.#env });
  }
}

/** @param {string} folder @param {string} id @param {string} monitor */
function configuration(folder, id, monitor) {
  const settings = {
    fsid: id,
    mon_host: monitor,
    keyring: `${folder}/keyring`,
    public_addr: '127.0.0.1',
    cluster_addr: '127.0.0.1',
    ms_bind_ipv6: false,
    auth_cluster_required: 'cephx',
    auth_service_required: 'cephx',
    auth_client_required: 'cephx',
    osd_pool_default_size: 1,
    osd_pool_default_min_size: 1,
    osd_pool_default_pg_num: 1,
    osd_pool_default_pg_autoscale_mode: 'off',
    mon_allow_pool_size_one: true,
    mon_max_pg_per_osd: 1000,
    osd_crush_chooseleaf_type: 0,
    osd_objectstore: 'memstore',
    memstore_device_bytes: 4 * 1024 ** 3,
    run_dir: `${folder}/run`,
    admin_socket: `${folder}/run/$name.$pid.asok`,
    log_file: `${folder}/logs/$name.log`,
    pid_file: `${folder}/run/$name.pid`,
    crash_dir: folder,
    mon_data: `${folder}/mon`,
    osd_data: `${folder}/osd`,
    // The monitor gathers changes for a second before it decides, and the gateway's pools are one change after another.
    paxos_propose_interval: 0.02,
    paxos_min_wait: 0.01,
    rgw_data: folder,
    rgw_thread_pool_size: 32,
    rgw_num_rados_handles: 1,
  };
  return `[global]\n${Object.entries(settings)
    .map(([name, value]) => `${name} = ${value}\n`)
    .join('')}`;
}
