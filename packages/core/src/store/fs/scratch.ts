/** The folder of temporary files of one store: how they are named, and how those of dead processes are swept. */
import { createHash, randomBytes } from 'node:crypto';
import { readlinkSync } from 'node:fs';
import { lstat, mkdir, open, readdir, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { systemCode } from './error.js';

/** A temporary file older than this is an orphan, whoever made it: writing one value takes seconds. */
const ORPHAN_AFTER_MS = 60 * 60 * 1000;
const NAME = /^(\d+)-([0-9a-f]{8})-[0-9a-f]{16}$/;

/** Process ids mean something on this machine and in this PID namespace only. */
const machine = createHash('sha256').update(`${hostname()} ${pidNamespace()}`).digest('hex').slice(0, 8);

/** A random name, so that an orphan never stands in the way of a later write. */
export function scratchName(): string {
  return `${process.pid}-${machine}-${randomBytes(8).toString('hex')}`;
}

/** Writes a file that nobody can read before it is complete and on the disk. */
export async function writeDurably(path: string, parts: readonly Uint8Array[]): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    const bytes = parts.reduce((sum, part) => sum + part.byteLength, 0);
    const written = bytes === 0 ? 0 : (await file.writev(parts)).bytesWritten;
    // A system may take less than all at once.
    if (written < bytes) await file.writeFile(Buffer.concat(parts).subarray(written));
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Makes the names in a folder durable. Windows cannot open folders, and needs it not. */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** Gives false where the folder stands already. */
export async function makeFolder(path: string): Promise<boolean> {
  try {
    await mkdir(path, { mode: 0o700 });
    return true;
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    throw error;
  }
}

/** Removes what killed processes left; what a living process may still need stays. */
export async function sweepScratch(folder: string): Promise<void> {
  const names = await readdir(folder);
  if (names.length === 0) return;
  const nowMs = await diskTimeMs(folder);
  for (const name of names) {
    const path = join(folder, name);
    if (await isOrphan(name, path, nowMs)) await discard(path);
  }
}

/** What time it is by the clock that gives files their times: that of this process may be an hour ahead, and then all would look old. */
async function diskTimeMs(folder: string): Promise<number> {
  const path = join(folder, scratchName());
  await makeFolder(path);
  const { mtimeMs } = await lstat(path);
  await discard(path);
  return mtimeMs;
}

/** Removes a temporary file or folder, which another sweep may be removing too. */
export async function discard(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true });
  } catch (error) {
    if (systemCode(error) !== 'ENOENT' && systemCode(error) !== 'ENOTEMPTY') throw error;
  }
}

async function isOrphan(name: string, path: string, nowMs: number): Promise<boolean> {
  const [, pid, host] = NAME.exec(name) ?? [];
  if (host === machine && Number(pid) !== process.pid && !isAlive(Number(pid))) return true;
  try {
    return nowMs - (await lstat(path)).mtimeMs > ORPHAN_AFTER_MS;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false;
    throw error;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCode(error) !== 'ESRCH';
  }
}

/** Two containers may have the same host name and the same process ids. Only Linux tells them apart. */
function pidNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return '';
  }
}
