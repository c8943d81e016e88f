/** psp export: a session as a file for another tool. The file is plaintext: whoever reads it is logged in. */
import { resolve } from 'node:path';
import { chooserOf, chooseState, inlineRecords, refuseLosses } from '@psp/core';
import { formatNamed, FORMATS, type Format } from '@psp/core/formats';
import { CHOICE_HELP, CHOICE_OPTIONS, choiceOf, STRICT_OPTION, tellSkipped, type ChoiceOptions } from '../choosing.js';
import type { Command } from '../command.js';
import { usageError } from '../failure.js';
import { writeSecretFile } from '../secret-file.js';
import { byteSize } from '../units.js';
import { openVersion, VERSION_ARGUMENT } from '../version-of.js';

interface Options extends ChoiceOptions {
  format: string;
  output?: string;
  force?: boolean;
}

export const exportSession: Command<Options> = {
  name: 'export',
  summary: 'write a session to a file for another tool',
  description: [
    'The file holds the session in plaintext, readable by you alone. What the format cannot hold is named.',
    CHOICE_HELP,
    '',
    'Formats:',
    ...FORMATS.map(({ name, description }) => `  ${name.padEnd(13)}${description}`),
  ].join('\n'),
  arguments: [VERSION_ARGUMENT],
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
    ...CHOICE_OPTIONS,
    STRICT_OPTION,
  ],
  examples: [
    'psp export my-session --format playwright --output state.json',
    "psp export my-session --format playwright --output state.json --include app.example --exclude 'cookie:ads*'",
    'curl --cookie <(psp export my-session --format cookies.txt --output -) https://app.example',
  ],
  async run(run, [given = ''], { format: name, output: file, force = false, include, exclude, strict = false }) {
    if (file === '-' && run.globals.json)
      throw usageError('--output -: expected no --json beside it, since both want standard output');
    const format = formatNamed(name);
    const chooser = chooserOf(choiceOf({ include, exclude }));
    const archive = await run.archive();
    const { metadata, state } = await openVersion(archive, given);
    const { id } = metadata;
    const { state: chosen, skipped } = chooseState(state, chooser);
    const whole = await inlineRecords(chosen);
    const { text, losses } = format.write(whole);
    if (strict) refuseLosses(whole, losses);
    const { output } = run;
    if (file === '-') {
      output.warn('what follows is the session in plaintext: whoever reads it is logged in');
      output.losses(losses);
      tellSkipped(output, skipped);
      output.raw(text);
      return;
    }
    const path = resolve(file ?? defaultName(id, format));
    await writeSecretFile(path, text, force);
    const bytes = Buffer.byteLength(text);
    output.warn(`${path} is plaintext: whoever reads it is logged in. Delete it when done`);
    output.result({ id, format: name, file: path, bytes, losses, skipped }, () => {
      output.line(`exported to ${path} (${byteSize(bytes)})`);
      output.losses(losses);
      tellSkipped(output, skipped);
    });
  },
};

function defaultName(id: string, { name, extension }: Format): string {
  const suffix = name.endsWith(extension) ? name : `${name}${extension}`;
  return `psp-${id.slice(0, 13)}-${suffix}`;
}
