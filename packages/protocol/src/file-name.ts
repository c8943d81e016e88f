/** Names of private files and folders. */
import { expected, unfit, type Problem } from './place.js';

/** Names that a file system would take for something else (File System, section 2.1). */
const NOT_A_NAME = /^(?:|\.|\.\.)$|\//;

/** What is wrong with the name of a file or folder, or undefined. */
export function fileNameProblem(name: unknown): Problem | undefined {
  if (typeof name !== 'string') return expected('the name of a file or folder', name);
  return NOT_A_NAME.test(name) ? unfit('the name of a file or folder', name) : undefined;
}
