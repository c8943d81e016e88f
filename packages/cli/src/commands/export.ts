/** psp export: a session as a file for another tool. The file is plaintext: whoever reads it is logged in. */
import { resolve } from 'node:path';
import { inlineRecords } from '@psp/core';
import { formatNamed, FORMATS, type Format } from '@psp/core/formats';
import { ID_ARGUMENT, type Command } from '../command.js';
import { usageError } from '../failure.js';
import { writeSecretFile } from '../secret-file.js';
import { findSession } from '../sessions.js';
import { byteSize } from '../units.js';

interface Options {
  format: string;
  output?: string;
  force?: boolean;
}

export const exportSession: Command<Options> = {
  name: 'export',
  summary: 'write a session to a file for another tool',
  description: [
    'The file holds the session in plaintext, readable by you alone. What the format cannot hold is named.',
    '',
    'Formats:',
    ...FORMATS.map(({ name, description }) => `  ${name.padEnd(13)}${description}`),
  ].join('\n'),
  arguments: [ID_ARGUMENT],
  options: [
    {
      flags: '--format <format>',
      description: 'the format to write',
      required: true,
      choices: FORMATS.map(({ name }) => name),
    },
    {
      flags: '--output <file>',
      description: 'the file (default: one named after id and format, here); "-" is standard output',
    },
    { flags: '--force', description: 'overwrite the file if it exists' },
  ],
  examples: [
    'psp export my-session --format playwright --output state.json',
    'curl --cookie <(psp export my-session --format cookies.txt --output -) https://app.example',
  ],
  async run(run, [given = ''], { format: name, output: file, force = false }) {
    if (file === '-' && run.globals.json)
      throw usageError('--output -: expected no --json beside it, since both want standard output');
    const format = formatNamed(name);
    const archive = await run.archive();
    const id = await findSession(archive, given);
    const { state } = await archive.open(id);
    const { text, losses } = format.write(await inlineRecords(state));
    const { output } = run;
    if (file === '-') {
      output.warn('what follows is the session in plaintext: whoever reads it is logged in');
      output.losses(losses);
      output.raw(text);
      return;
    }
    const path = resolve(file ?? defaultName(id, format));
    await writeSecretFile(path, text, force);
    const bytes = Buffer.byteLength(text);
    output.warn(`${path} is plaintext: whoever reads it is logged in. Delete it when done`);
    output.result({ id, format: name, file: path, bytes, losses }, () => {
      output.line(`exported to ${path} (${byteSize(bytes)})`);
      output.losses(losses);
    });
  },
};

function defaultName(id: string, { name, extension }: Format): string {
  const suffix = name.endsWith(extension) ? name : `${name}${extension}`;
  return `psp-${id.slice(0, 13)}-${suffix}`;
}
