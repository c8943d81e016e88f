/**
 * As write.ts, for records whose values JSON carries as they are: engines take long to compile what comes new to a process, and this is
 * half of it. Where a value is of another kind, the reply is `otherKinds`, and the request is to be made again of write.ts.
 */
import { answer } from './answer.js';
import { decodePlain } from './codec/decode-plain.js';
import { WireError } from './codec/wire.js';
import type { PageFailure } from './contract.js';
import { replaceActions } from './replace.js';

const OTHER_KINDS: PageFailure = { error: 'a value is no plain tree', otherKinds: true };

export async function run(text: string): Promise<string> {
  let meets = false;
  const decodeNodes = async (): Promise<never> => {
    meets = true;
    throw new WireError(OTHER_KINDS.error);
  };
  const actions = replaceActions({
    decode: (wire) => decodePlain(wire, decodeNodes),
    removeMade: async () => undefined,
  });
  const reply = await answer(actions, text);
  return meets ? JSON.stringify(OTHER_KINDS) : reply;
}
