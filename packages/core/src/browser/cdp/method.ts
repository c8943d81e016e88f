/** The parameters and answers of CDP's methods by name. Kept apart, so that the published types do not need the protocol's. */
import type { ProtocolMapping } from 'devtools-protocol/types/protocol-mapping.js';

type Commands = ProtocolMapping.Commands;
export type Method = keyof Commands;
export type Params<M extends Method> = Commands[M]['paramsType'][0] extends undefined
  ? object
  : NonNullable<Commands[M]['paramsType'][0]>;
export type Answer<M extends Method> = Commands[M]['returnType'];
