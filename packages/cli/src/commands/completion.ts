/** psp completion: the script by which a shell completes `psp`. Made of the table of commands. */
import type { Command, OptionRow } from '../command.js';

const SHELLS = ['bash', 'zsh', 'fish'] as const;
type Shell = (typeof SHELLS)[number];

/** `commands` is asked for when the command runs, since it is one of them. */
export function completionCommand(commands: () => readonly Command[], globals: readonly OptionRow[]): Command {
  return {
    name: 'completion',
    summary: 'print the completion script of a shell',
    arguments: [{ name: '<shell>', description: 'the shell', choices: SHELLS }],
    options: [],
    examples: [
      'psp completion bash > ~/.local/share/bash-completion/completions/psp',
      'psp completion fish > ~/.config/fish/completions/psp.fish',
    ],
    async run(run, [shell]) {
      run.output.raw(SCRIPTS[shell as Shell](commands().map((command) => wordsOf(command, globals))));
    },
  };
}

interface Words {
  readonly command: string;
  readonly summary: string;
  readonly options: readonly { flag: string; description: string; choices: readonly string[]; takesValue: boolean }[];
  /** What the first argument may be, where that is a fixed list. */
  readonly choices: readonly string[];
}

function wordsOf({ name, summary, options, arguments: args }: Command, globals: readonly OptionRow[]): Words {
  const words = [...options, ...globals].map(({ flags, description, choices = [] }) => ({
    flag: /--[\w-]+/.exec(flags)?.[0] ?? '',
    description,
    choices,
    takesValue: flags.includes('<'),
  }));
  return { command: name, summary, options: words, choices: args[0]?.choices ?? [] };
}

const SCRIPTS: Readonly<Record<Shell, (all: readonly Words[]) => string>> = { bash, zsh, fish };

function bash(all: readonly Words[]): string {
  const cases = all.map(
    ({ command, options, choices }) =>
      `    ${command}) words='${[...options.map(({ flag }) => flag), ...choices].join(' ')}' ;;`,
  );
  return `# bash completion of psp
_psp() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} words=
  COMPREPLY=()
  case $previous in
${valueCases(all, (choices) => `words='${choices.join(' ')}'`)}
    --output|--key-file) COMPREPLY=($(compgen -f -- "$current")); return ;;
  esac
  if [ -z "$words" ]; then
    case \${COMP_WORDS[1]} in
${cases.join('\n')}
    esac
    if [ "$COMP_CWORD" -eq 1 ]; then words='${all.map(({ command }) => command).join(' ')} --help --version'; fi
  fi
  if [ "\${COMP_WORDS[1]}" = import ] && [ "\${current#-}" = "$current" ]; then
    COMPREPLY=($(compgen -f -- "$current"))
  else
    COMPREPLY=($(compgen -W "$words" -- "$current"))
  fi
}
complete -o filenames -F _psp psp
`;
}

function zsh(all: readonly Words[]): string {
  const commands = all.map(({ command, summary }) => `    ${quoted(`${command}:${summary}`)}`);
  const cases = all.map(({ command, options, choices }) => {
    const specs = options.map(({ flag, description, choices: values, takesValue }) => {
      const action = values.length > 0 ? `:value:(${values.join(' ')})` : takesValue ? ':value:_files' : '';
      return quoted(`*${flag}[${description.replace(/[[\]:]/g, ' ')}]${action}`);
    });
    const argument = choices.length > 0 ? `:argument:(${choices.join(' ')})` : ':argument:_files';
    return `    ${command}) _arguments ${[...specs, quoted(`*${argument}`)].join(' ')} ;;`;
  });
  return `#compdef psp
_psp() {
  local -a commands
  commands=(
${commands.join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe 'command' commands
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
${cases.join('\n')}
  esac
}
if [ "$funcstack[1]" = _psp ]; then _psp "$@"; else compdef _psp psp; fi
`;
}

function fish(all: readonly Words[]): string {
  const lines = all.flatMap(({ command, summary, options, choices }) => [
    `complete -c psp -n __fish_use_subcommand -f -a ${command} -d ${quoted(summary)}`,
    ...options.map(({ flag, description, choices: values, takesValue }) => {
      const value = values.length > 0 ? ` -x -a ${quoted(values.join(' '))}` : takesValue ? ' -r' : '';
      return `complete -c psp -n '__fish_seen_subcommand_from ${command}' -l ${flag.slice(2)}${value} -d ${quoted(description)}`;
    }),
    ...(choices.length === 0
      ? []
      : [`complete -c psp -n '__fish_seen_subcommand_from ${command}' -f -a ${quoted(choices.join(' '))}`]),
  ]);
  return `# fish completion of psp\n${lines.join('\n')}\n`;
}

/** One case for each option with a fixed list of values; where commands differ, the longest list. */
function valueCases(all: readonly Words[], act: (choices: readonly string[]) => string): string {
  const lists = new Map<string, readonly string[]>();
  for (const { flag, choices } of all.flatMap(({ options }) => options)) {
    if (choices.length > (lists.get(flag)?.length ?? 0)) lists.set(flag, choices);
  }
  return [...lists].map(([flag, choices]) => `    ${flag}) ${act(choices)} ;;`).join('\n');
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
