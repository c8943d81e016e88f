/** What a completion script must know of each command. Knows nothing of shells. */
import type { Command, OptionRow } from '../command.js';

export interface Words {
  /** One word or two. */
  readonly command: string;
  readonly summary: string;
  readonly options: readonly { flag: string; description: string; choices: readonly string[]; takesValue: boolean }[];
  /** What the first argument may be, where that is a fixed list. */
  readonly choices: readonly string[];
}

/** First words that several commands share, with their second words. */
export interface Group {
  readonly name: string;
  readonly seconds: readonly string[];
}

export type Script = (all: readonly Words[], globals: readonly string[]) => string;

export function wordsOf({ name, summary, options, arguments: args }: Command, globals: readonly OptionRow[]): Words {
  const words = [...options, ...globals].map((row) => ({
    flag: flagOf(row),
    description: row.description,
    choices: row.choices ?? [],
    takesValue: row.flags.includes('<'),
  }));
  return { command: name, summary, options: words, choices: args[0]?.choices ?? [] };
}

export const flagOf = ({ flags }: OptionRow): string => /--[\w-]+/.exec(flags)?.[0] ?? '';

/** Options that take a value: the word after one is no command. */
export function valueFlags(all: readonly Words[]): string[] {
  const flags = all.flatMap(({ options }) => options.filter(({ takesValue }) => takesValue).map(({ flag }) => flag));
  return [...new Set(flags)];
}

/** The first words. `help` is of no table row, and takes a command. */
export function namesOf(all: readonly Words[]): string[] {
  return [...new Set(all.map(({ command }) => command.split(' ')[0] ?? ''))];
}

export function groupsOf(all: readonly Words[]): Group[] {
  const groups = new Map<string, string[]>();
  for (const { command } of all) {
    const [first = '', second] = command.split(' ');
    if (second !== undefined) groups.set(first, [...(groups.get(first) ?? []), second]);
  }
  return [...groups].map(([name, seconds]) => ({ name, seconds }));
}

/**
 * The arms of a `case $command/$word` that finds the command, in the syntax that bash and zsh share: `take` is what takes the word
 * itself, and `skip` what passes by the value of an option.
 */
export function commandArms(all: readonly Words[], take: string, skip: string): string {
  const groups = groupsOf(all);
  const single = namesOf(all).filter((name) => !groups.some((group) => group.name === name));
  const arms = [
    `${valueFlags(all)
      .map((flag) => `*/${flag}`)
      .join('|')}) ${skip} ;;`,
    `${[...single, 'help'].map((name) => `/${name}`).join('|')}) command=${take}; break ;;`,
    ...groups.flatMap(({ name, seconds }) => [
      `/${name}) command=${name} ;;`,
      `${seconds.map((second) => `${name}/${second}`).join('|')}) command="${name} ${take}"; break ;;`,
    ]),
  ];
  return arms.map((arm) => `      ${arm}`).join('\n');
}

/** For a shell, in single quotes. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** A command as the pattern of a case. */
export const pattern = (command: string): string => (command.includes(' ') ? quoted(command) : command);
