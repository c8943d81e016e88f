/** psp import: a file of another tool becomes a session. */
import { open } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { splitRecords } from '@psp/core';
import { detectFormat, formatNamed, FORMATS, type Format, type SessionParts } from '@psp/core/formats';
import { newSessionId, parseSessionDocument, PspError, SESSION_VERSION, type SessionDocument } from '@psp/protocol';
import type { Command } from '../command.js';
import { reportSaved } from '../saved.js';
import { inputError } from '../secret-file.js';

/** Larger files are refused before they are read. */
const MAX_FILE_BYTES = 256 * 1024 * 1024;
const BATCH_BYTES = 4 * 1024 * 1024;

interface Options {
  format: string;
  name?: string;
  tag?: string[];
}

export const importFile: Command<Options> = {
  name: 'import',
  summary: 'make a session of a file from another tool',
  description:
    'Reads what `psp export` writes and what the tools themselves write. The file stays: delete it when done.',
  arguments: [{ name: '<file>', description: 'the file; "-" is standard input' }],
  options: [
    {
      flags: '--format <format>',
      description: 'its format',
      choices: ['auto', ...FORMATS.map(({ name }) => name)],
      fallback: 'auto',
    },
    {
      flags: '--name <name>',
      description: 'name of the session (default: that in the file, else the name of the file)',
    },
    { flags: '--tag <tag>', description: 'a tag for it (again for several)', repeated: true },
  ],
  examples: ['psp import state.json --name my-session', 'psp import cookies.txt --format cookies.txt --tag legacy'],
  async run(run, [file = ''], { format, name, tag }) {
    const text = textOf(await readInput(file), titled(file));
    const { chosen, parts } = readParts(text, format, titled(file));
    const document = documentOf(parts, { name: name ?? parts.name ?? titleOf(file), tags: tag ?? parts.tags ?? [] });
    const { metadata } = await run.save(splitRecords(document, { maxBytes: BATCH_BYTES }));
    reportSaved(run, `imported from ${chosen.name}:`, metadata, document);
  },
};

/** What is wrong in a file is said with the file's name. */
function readParts(text: string, format: string, file: string): { chosen: Format; parts: SessionParts } {
  const named = format === 'auto' ? undefined : formatNamed(format);
  try {
    const chosen = named ?? detectFormat(text);
    return { chosen, parts: chosen.read(text) };
  } catch (error) {
    if (!(error instanceof PspError)) throw error;
    throw new PspError(error.code, `${file}: ${error.message}`, { cause: error });
  }
}

/** A new session, checked as a whole: each format checks its own fields only. */
function documentOf(
  { name: _, tags: __, ...parts }: SessionParts,
  naming: { name: string; tags: readonly string[] },
): SessionDocument {
  const capturedAt = new Date().toISOString();
  return parseSessionDocument({
    format: 'psp-session',
    version: SESSION_VERSION,
    id: newSessionId(),
    ...naming,
    capturedAt,
    ...parts,
  });
}

async function readInput(file: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    const stream = file === '-' ? process.stdin : (await open(file, 'r')).createReadStream();
    for await (const chunk of stream as AsyncIterable<Uint8Array>) {
      bytes += chunk.length;
      if (bytes > MAX_FILE_BYTES)
        throw new PspError('TOO_LARGE', `${titled(file)}: expected at most ${MAX_FILE_BYTES} bytes, found more`);
      chunks.push(chunk);
    }
  } catch (error) {
    throw error instanceof PspError ? error : inputError(error as NodeJS.ErrnoException, titled(file));
  }
  return Buffer.concat(chunks);
}

/** UTF-8, with or without a byte order mark. */
function textOf(bytes: Uint8Array, file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new PspError('INVALID_DOCUMENT', `${file}: expected UTF-8 text, found other bytes`, { cause });
  }
}

const titled = (file: string): string => (file === '-' ? 'standard input' : file);

function titleOf(file: string): string {
  return file === '-' ? 'imported' : basename(file, extname(file)).slice(0, 100);
}
