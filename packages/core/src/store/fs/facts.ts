/** What a folder guarantees, for `psp store check`. */
import type { StoreFact } from '../store.js';

export const FACTS: readonly StoreFact[] = [
  { name: 'server', value: 'none: files of this machine' },
  { name: 'durability', value: 'fsync of file and folder before a save counts as done: it outlives a loss of power' },
  { name: 'conditions', value: 'renaming and linking, which fail where somebody was first; tried on this file system' },
  { name: 'limits', value: 'one machine: file systems of a network may break the promises without a word' },
];
