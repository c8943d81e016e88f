/** From the table of commands to a command line: parsing, help, and the errors of both. */
import { Argument, Command as Program, CommanderError, Help, Option } from 'commander';
import { ERROR_KINDS } from '@psp/protocol';
import type { Command, OptionRow } from './command.js';
import { COMMANDS, GLOBAL_OPTIONS, GROUPS } from './commands.js';
import { EXIT, usageError } from './failure.js';
import { Run, type Globals } from './run.js';

type Options = Record<string, unknown>;

const FIRST_STEPS = [
  'psp login https://app.example --name admin',
  'psp list',
  'psp restore admin --cdp http://127.0.0.1:9222',
  'psp export admin --format playwright --output state.json',
];

/** Gives the exit code. Throws what the command throws, and PspError INVALID_INPUT for a wrong command line. */
export async function runProgram(argv: readonly string[], version: string): Promise<number> {
  let code: number = EXIT.ok;
  const program = programOf(version, async (command, args, options) => {
    code = await runCommand(command, args, options);
  });
  try {
    const [first, ...rest] = argv;
    // Commander's own help knows one word of a command.
    const given = first === 'help' && rest.length > 1 ? [...rest, '--help'] : [...argv];
    await program.parseAsync(given, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return EXIT.ok;
    throw usageError(usageMessage(error));
  }
  return code;
}

async function runCommand(command: Command<never>, args: readonly string[], options: Options): Promise<number> {
  const run = new Run(globalsOf(options));
  const undo = run.listenForSignals();
  try {
    return (await command.run(run, args, options as never)) ?? EXIT.ok;
  } finally {
    // What an interruption closes fails the command: that is neither a result nor a failure to report.
    await run.goOn();
    undo();
    await run.close();
  }
}

type Act = (command: Command<never>, args: readonly string[], options: Options) => Promise<void>;

/** Exported for the completion and the help tests. */
function programOf(version: string, act: Act): Program {
  const program = new Program('psp')
    .description('Log in once, be logged in anywhere else: capture, store and restore browser sessions.')
    .version(version, '--version', 'print the version')
    .helpOption('--help', 'show this help')
    .helpCommand('help [command]', 'show the help of a command')
    .configureHelp({ showGlobalOptions: true, sortSubcommands: false, visibleCommands, subcommandTerm });
  prepare(program);
  GLOBAL_OPTIONS.forEach((row) => program.addOption(optionOf(row)));
  program.addHelpText('after', `\n${exampleHelp(FIRST_STEPS)}\n\n${exitCodeHelp()}`);
  for (const row of COMMANDS) {
    const [first = '', second] = row.name.split(' ');
    const command = (second === undefined ? program : groupOf(program, first)).command(second ?? first);
    command.summary(row.summary).description(row.description ?? `${capitalised(row.summary)}.`);
    prepare(command.helpOption('--help', 'show this help'));
    row.arguments.forEach((argument) => command.addArgument(argumentOf(argument)));
    row.options.forEach((option) => command.addOption(optionOf(option)));
    command.addHelpText('after', `\n${exampleHelp(row.examples)}`);
    command.action(async () => {
      await act(row, command.args, command.optsWithGlobals<Options>());
    });
  }
  return program;
}

/** Made with its first command, so that the help has the order of the table. */
function groupOf(program: Program, name: string): Program {
  const found = program.commands.find((command) => command.name() === name);
  if (found !== undefined) return found;
  const group = program.command(name).description(`${capitalised(GROUPS[name] ?? name)}.`);
  prepare(group.helpOption('--help', 'show this help').helpCommand(false));
  return group;
}

/** The help of `psp` lists `store check` and not `store`: what can be typed. */
function visibleCommands(program: Program): Program[] {
  const visible = new Help().visibleCommands(program);
  return visible.flatMap((command) => (command.commands.length === 0 ? [command] : command.commands));
}

function subcommandTerm(command: Program): string {
  const term = new Help().subcommandTerm(command);
  const { parent } = command;
  return parent === null || parent.parent === null ? term : `${parent.name()} ${term}`;
}

/** Errors are thrown, and written by one place only. */
function prepare(command: Program): void {
  command.exitOverride().configureOutput({ writeErr: () => undefined, outputError: () => undefined });
}

function optionOf({ flags, description, required, repeated, choices, fallback }: OptionRow): Option {
  const option = new Option(flags, description);
  if (required === true) option.makeOptionMandatory();
  if (choices !== undefined) option.choices([...choices]);
  if (fallback !== undefined) option.default(fallback);
  if (repeated === true) option.argParser((value: string, before: string[] | undefined) => [...(before ?? []), value]);
  return option;
}

function argumentOf({ name, description, choices }: Command['arguments'][number]): Argument {
  const argument = new Argument(name, description);
  return choices === undefined ? argument : argument.choices([...choices]);
}

function globalsOf({ store, keyFile, json, timeout }: Options): Globals {
  return {
    json: json === true,
    ...(typeof store === 'string' ? { store } : {}),
    ...(typeof keyFile === 'string' ? { keyFile } : {}),
    ...(timeout === undefined ? {} : { timeoutMs: milliseconds(String(timeout)) }),
  };
}

function milliseconds(seconds: string): number {
  const MAX_SECONDS = 86_400;
  const value = Number(seconds);
  if (/^\d+(\.\d+)?$/.test(seconds) && value > 0 && value <= MAX_SECONDS) return Math.ceil(value * 1000);
  throw usageError(
    `--timeout: expected seconds, more than 0 and at most ${MAX_SECONDS}, found ${JSON.stringify(seconds.slice(0, 20))}`,
  );
}

/** Commander says "error: unknown option '--x'\n(Did you mean --y?)". */
function usageMessage(error: CommanderError): string {
  if (error.code === 'commander.help') return 'expected a command. See psp --help';
  return `${error.message
    .replace(/^error: /, '')
    .replaceAll('\n', ' ')
    .replace(/\.$/, '')}. See psp --help`;
}

function exampleHelp(examples: readonly string[]): string {
  return `Examples:\n${examples.map((example) => `  $ ${example}`).join('\n')}`;
}

/** The exit codes as the help shows them; docs/cli.md says the same at more length. */
function exitCodeHelp(): string {
  const codes = new Map<number, string[]>([
    [EXIT.ok, ['done']],
    [EXIT.unexpected, ['unexpected error, or doctor found something wrong']],
    [EXIT.interrupted, ['interrupted']],
  ]);
  for (const [code, { exit }] of Object.entries(ERROR_KINDS)) codes.set(exit, [...(codes.get(exit) ?? []), code]);
  const rows = [...codes]
    .sort(([a], [b]) => a - b)
    .map(([code, names]) => `  ${String(code).padEnd(5)}${names.join(', ')}`);
  return ['Exit codes:', ...rows].join('\n');
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
