/** Whether a file system keeps the two promises on which the store rests. Knows nothing of keys and values. */
import { link, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { PspError } from '@psp/protocol';
import { systemCode } from './error.js';
import { discard, makeFolder, scratchName, writeDurably } from './scratch.js';

/** What a rename onto a folder that is not empty gives, by platform. */
export const OCCUPIED: ReadonlySet<string> = new Set([
  'ENOTEMPTY',
  'EEXIST',
  ...(process.platform === 'win32' ? ['EPERM'] : []),
]);

/** Throws UNSUPPORTED where a link or a rename would replace what another process wrote. `root` is for messages. */
export async function requireConflicts(root: string, scratchFolder: string): Promise<void> {
  const scratch = join(scratchFolder, scratchName());
  const [one, two] = [join(scratch, 'one'), join(scratch, 'two')];
  try {
    for (const folder of [scratch, one, two]) await makeFolder(folder);
    for (const folder of [one, two]) await writeDurably(join(folder, 'file'), []);
    await link(join(one, 'file'), join(one, 'linked'));
    await mustFail(root, 'a hard link', link(join(two, 'file'), join(one, 'linked')));
    await mustFail(root, 'a rename', rename(one, two));
  } catch (error) {
    const unable = ['ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'].includes(systemCode(error) ?? '');
    if (!unable) throw error;
    throw new PspError(
      'UNSUPPORTED',
      `store folder ${root}: its file system has no hard links. Use a folder on a local disk`,
      { cause: error },
    );
  } finally {
    await discard(scratch);
  }
}

async function mustFail(root: string, what: string, operation: Promise<void>): Promise<void> {
  const code = await operation.then(
    () => undefined,
    (error: unknown) => systemCode(error),
  );
  if (code !== undefined && OCCUPIED.has(code)) return;
  throw new PspError(
    'UNSUPPORTED',
    `store folder ${root}: ${what} onto an existing name gave ${code ?? 'success'}. Use a folder on a local disk`,
  );
}
