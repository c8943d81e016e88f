/** The vectors of spec/vectors, as other implementations read them too. */
import { readdirSync, readFileSync } from 'node:fs';

const FOLDER = new URL('../../../spec/vectors/', import.meta.url);

export interface ValidVector {
  name: string;
  description: string;
  /** The requirement that it is about. */
  proves: string;
  document: Record<string, unknown>;
  payload?: string[];
}

export interface InvalidVector {
  name: string;
  description: string;
  /** The requirement that it is about. */
  proves: string;
  input?: unknown;
  inputText?: string;
  payload?: string[];
  schema?: 'accepts' | 'rejects';
  error: { code: string; at: string };
}

export interface ValueVector {
  name: string;
  description: string;
  /** The requirement that it is about. */
  proves: string;
  wire: unknown;
  javascript: string;
  canonical?: false;
}

function readAll<T>(kind: string): T[] {
  const folder = new URL(`${kind}/`, FOLDER);
  return readdirSync(folder).map((file) => {
    const vector = JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as object;
    return { name: file.replace(/\.json$/, ''), ...vector } as T;
  });
}

export const validVectors = (): ValidVector[] => readAll('valid');
export const invalidVectors = (): InvalidVector[] => readAll('invalid');
export const valueVectors = (): ValueVector[] => readAll('values');
