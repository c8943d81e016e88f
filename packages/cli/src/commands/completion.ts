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
      const words = commands().map((command) => wordsOf(command, globals));
      run.output.raw(SCRIPTS[shell as Shell](words, globals.map(flagOf)));
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
  const words = [...options, ...globals].map((row) => ({
    flag: flagOf(row),
    description: row.description,
    choices: row.choices ?? [],
    takesValue: row.flags.includes('<'),
  }));
  return { command: name, summary, options: words, choices: args[0]?.choices ?? [] };
}

const flagOf = ({ flags }: OptionRow): string => /--[\w-]+/.exec(flags)?.[0] ?? '';

const SCRIPTS: Readonly<Record<Shell, (all: readonly Words[], globals: readonly string[]) => string>> = {
  bash,
  zsh,
  fish,
};

/** Options that take a value: the word after one is no command. */
function valueFlags(all: readonly Words[]): string[] {
  const flags = all.flatMap(({ options }) => options.filter(({ takesValue }) => takesValue).map(({ flag }) => flag));
  return [...new Set(flags)];
}

/** `help` is of no table row, and takes a command. */
function namesOf(all: readonly Words[]): string {
  return all.map(({ command }) => command).join(' ');
}

/** Bash splits words at colons too, so the command is looked for by its name. Its version 3 of macOS has no mapfile. */
function bash(all: readonly Words[], globals: readonly string[]): string {
  const cases = all.map(
    ({ command, options, choices }) =>
      `      ${command}) words='${[...options.map(({ flag }) => flag), ...choices].join(' ')}' ;;`,
  );
  return `# bash completion of psp
_psp() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} words= command= at line
  COMPREPLY=()
  for ((at = 1; at < COMP_CWORD; at++)); do
    case \${COMP_WORDS[at]} in
      ${valueFlags(all).join('|')}) at=$((at + 1)) ;;
      ${namesOf(all).replaceAll(' ', '|')}|help) command=\${COMP_WORDS[at]}; break ;;
    esac
  done
  case $command:$previous in
${bashValueCases(all).join('\n')}
    *:--output|*:--key-file) _psp_files "$current"; return ;;
  esac
  if [ -z "$words" ]; then
    case $command in
      '') words='${namesOf(all)} help ${globals.join(' ')} --help --version' ;;
      help) words='${namesOf(all)}' ;;
${cases.join('\n')}
    esac
  fi
  if [ "$command" = import ] && [ "$previous" != --format ] && [ "\${current#-}" = "$current" ]; then
    _psp_files "$current"
  else
    COMPREPLY=($(compgen -W "$words" -- "$current"))
  fi
}
_psp_files() {
  local line
  while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "$1")
}
complete -o filenames -F _psp psp
`;
}

/** The fixed values of an option, for each command that has them. */
function bashValueCases(all: readonly Words[]): string[] {
  return all.flatMap(({ command, options }) =>
    options
      .filter(({ choices }) => choices.length > 0)
      .map(({ flag, choices }) => `    ${command}:${flag}) words='${choices.join(' ')}' ;;`),
  );
}

function zsh(all: readonly Words[], globals: readonly string[]): string {
  const commands = all.map(({ command, summary }) => `    ${quoted(`${command}:${summary}`)}`);
  return `#compdef psp
_psp() {
  local -a commands
  local command= at
  commands=(
${commands.join('\n')}
    'help:show the help of a command'
  )
  for (( at = 2; at < CURRENT; at++ )); do
    case $words[at] in
      ${valueFlags(all).join('|')}) (( at++ )) ;;
      ${namesOf(all).replaceAll(' ', '|')}|help) command=$words[at]; break ;;
    esac
  done
  if [[ -z $command && $words[CURRENT-1] == (${valueFlags(all).join('|')}) ]]; then
    _files
    return
  fi
  if [[ -z $command || $command == help ]]; then
    _describe 'command' commands
    [[ -z $command ]] && compadd -- ${globals.join(' ')} --help --version
    return
  fi
  shift $(( at - 1 )) words
  (( CURRENT -= at - 1 ))
  case $command in
${zshCases(all).join('\n')}
  esac
}
if [ "$funcstack[1]" = _psp ]; then _psp "$@"; else compdef _psp psp; fi
`;
}

function zshCases(all: readonly Words[]): string[] {
  return all.map(({ command, options, choices }) => {
    const specs = options.map(({ flag, description, choices: values, takesValue }) => {
      const action = values.length > 0 ? `:value:(${values.join(' ')})` : takesValue ? ':value:_files' : '';
      return quoted(`*${flag}[${description.replace(/[[\]:]/g, ' ')}]${action}`);
    });
    const argument = choices.length > 0 ? `:argument:(${choices.join(' ')})` : ':argument:_files';
    return `    ${command}) _arguments ${[...specs, quoted(`*${argument}`)].join(' ')} ;;`;
  });
}

/** Fish takes the value of an option before the command for a command, hence the list of those that there are. */
function fish(all: readonly Words[]): string {
  const none = quoted(`not __fish_seen_subcommand_from ${namesOf(all)} help`);
  const lines = all.flatMap(({ command, summary, options, choices }) => [
    `complete -c psp -n ${none} -f -a ${command} -d ${quoted(summary)}`,
    ...options.map(({ flag, description, choices: values, takesValue }) => {
      const value = values.length > 0 ? ` -x -a ${quoted(values.join(' '))}` : takesValue ? ' -r' : '';
      return `complete -c psp -n '__fish_seen_subcommand_from ${command}' -l ${flag.slice(2)}${value} -d ${quoted(description)}`;
    }),
    ...(choices.length === 0
      ? []
      : [`complete -c psp -n '__fish_seen_subcommand_from ${command}' -f -a ${quoted(choices.join(' '))}`]),
  ]);
  const help = [
    `complete -c psp -n ${none} -f -a help -d 'show the help of a command'`,
    `complete -c psp -n '__fish_seen_subcommand_from help' -f -a ${quoted(namesOf(all))}`,
  ];
  return `# fish completion of psp\n${[...lines, ...help].join('\n')}\n`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
