/** The completion script of bash. */
import { commandArms, groupsOf, namesOf, pattern, type Script, type Words } from './words.js';

/** Bash splits words at colons too, so the command is looked for by its name. Its version 3 of macOS has no mapfile. */
export const bash: Script = (all, globals) => {
  const names = namesOf(all).join(' ');
  return `# bash completion of psp
_psp() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} words= command= at line
  COMPREPLY=()
  for ((at = 1; at < COMP_CWORD; at++)); do
    case $command/\${COMP_WORDS[at]} in
${commandArms(all, '${COMP_WORDS[at]}', 'at=$((at + 1))')}
    esac
  done
  case $command:$previous in
${bashValueCases(all).join('\n')}
    *:--output|*:--key-file) _psp_files "$current"; return ;;
  esac
  if [ -z "$words" ]; then
    case $command in
      '') words='${names} help ${globals.join(' ')} --help --version' ;;
      help) words='${names}' ;;
${wordCases(all).join('\n')}
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
};

/** What may follow each command, and the first word of one. */
function wordCases(all: readonly Words[]): string[] {
  return [
    ...groupsOf(all).map(({ name, seconds }) => `      ${name}) words='${seconds.join(' ')}' ;;`),
    ...all.map(
      ({ command, options, choices }) =>
        `      ${pattern(command)}) words='${[...options.map(({ flag }) => flag), ...choices].join(' ')}' ;;`,
    ),
  ];
}

/** The fixed values of an option, for each command that has them. */
function bashValueCases(all: readonly Words[]): string[] {
  return all.flatMap(({ command, options }) =>
    options
      .filter(({ choices }) => choices.length > 0)
      .map(({ flag, choices }) => `    ${pattern(command)}:${flag}) words='${choices.join(' ')}' ;;`),
  );
}
