/** The table of kinds: by class for the writer, by tag for the reader. A class that is not here cannot leave its browser. */
import { boxedKind, dateKind, domExceptionKind, errorKind, regexpKind } from './basics.js';
import { blobKind, bufferKind, fileKind, viewKind } from './binary.js';
import { arrayKind, mapKind, objectKind, setKind } from './collections.js';
import { cryptoKeyKind } from './crypto-key.js';
import { geometryKind, imageBitmapKind, imageDataKind } from './graphics.js';
import { handleKind } from './handle.js';
import type { Kind } from './kind.js';

const KINDS: readonly Kind[] = [
  objectKind,
  arrayKind,
  mapKind,
  setKind,
  dateKind,
  regexpKind,
  boxedKind,
  errorKind,
  domExceptionKind,
  bufferKind,
  viewKind,
  blobKind,
  fileKind,
  imageDataKind,
  imageBitmapKind,
  geometryKind,
  cryptoKeyKind,
  handleKind,
];

export const KIND_BY_CLASS: ReadonlyMap<string, Kind> = new Map(
  KINDS.flatMap((kind) => kind.classes.map((name) => [name, kind] as const)),
);

export const KIND_BY_TAG: ReadonlyMap<string, Kind> = new Map(
  KINDS.flatMap((kind) => kind.tags.map((tag) => [tag, kind] as const)),
);
