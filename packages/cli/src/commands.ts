/** The table of commands, in the order in which the help lists them. */
import type { Command, OptionRow } from './command.js';
import { capture } from './commands/capture.js';
import { completionCommand } from './commands/completion.js';
import { remove } from './commands/delete.js';
import { diff } from './commands/diff.js';
import { doctor } from './commands/doctor.js';
import { exportSession } from './commands/export.js';
import { gc } from './commands/gc.js';
import { importFile } from './commands/import.js';
import { list } from './commands/list.js';
import { login } from './commands/login.js';
import { merge } from './commands/merge.js';
import { rename } from './commands/rename.js';
import { restore } from './commands/restore.js';
import { rollback } from './commands/rollback.js';
import { show } from './commands/show.js';
import { storeCheck } from './commands/store-check.js';
import { storeCopy } from './commands/store-copy.js';
import { storeInit } from './commands/store-init.js';
import { storeRaiseEpoch } from './commands/store-raise-epoch.js';
import { tag } from './commands/tag.js';
import { versions } from './commands/versions.js';

/** Taken by every command, before or after its name. */
export const GLOBAL_OPTIONS: readonly OptionRow[] = [
  { flags: '--store <url>', description: 'where the sessions are (default: PSP_STORE, else the local folder)' },
  {
    flags: '--key-file <path>',
    description: 'the key file (default: PSP_KEY_FILE, else one in the configuration folder)',
  },
  { flags: '--json', description: 'one JSON document on standard output; errors as JSON on standard error' },
  { flags: '--timeout <seconds>', description: 'seconds that one page or call may take' },
];

/** First words that several commands share. */
export const GROUPS: Readonly<Record<string, string>> = { store: 'check, make, copy and put back stores' };

export const COMMANDS: readonly Command<never>[] = [
  login,
  capture,
  restore,
  list,
  show,
  versions,
  rollback,
  diff,
  merge,
  rename,
  tag,
  remove,
  exportSession,
  importFile,
  storeCheck,
  storeInit,
  storeCopy,
  storeRaiseEpoch,
  gc,
  doctor,
  completionCommand(() => COMMANDS, GLOBAL_OPTIONS),
];
