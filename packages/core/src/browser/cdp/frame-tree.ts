/** The frames of a target's own process, its root first, level by level. */
import type { Protocol } from 'devtools-protocol';

export function framesOf(root: Protocol.Page.FrameTree): Protocol.Page.Frame[] {
  const trees = [root];
  // Grows while it is walked.
  for (const { childFrames = [] } of trees) trees.push(...childFrames);
  return trees.map(({ frame }) => frame);
}
