/** The completion script of zsh. */
import { commandArms, groupsOf, pattern, quoted, valueFlags, type Script, type Words } from './words.js';

export const zsh: Script = (all, globals) => {
  const singles = all.filter(({ command }) => !command.includes(' '));
  const commands = [
    ...singles.map(({ command, summary }) => `    ${quoted(`${command}:${summary}`)}`),
    ...groupsOf(all).map(({ name, seconds }) => `    ${quoted(`${name}:${seconds.join(', ')}`)}`),
  ];
  const groups = groupsOf(all).map(({ name, seconds }) => `    ${name}) compadd -- ${seconds.join(' ')} ;;`);
  return `#compdef psp
_psp() {
  local -a commands
  local command= at
  commands=(
${commands.join('\n')}
    'help:show the help of a command'
  )
  for (( at = 2; at < CURRENT; at++ )); do
    case $command/$words[at] in
${commandArms(all, '$words[at]', '(( at++ ))')}
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
${[...groups, ...cases(all)].join('\n')}
  esac
}
if [ "$funcstack[1]" = _psp ]; then _psp "$@"; else compdef _psp psp; fi
`;
};

function cases(all: readonly Words[]): string[] {
  return all.map(({ command, options, choices }) => {
    const specs = options.map(({ flag, description, choices: values, takesValue }) => {
      const action = values.length > 0 ? `:value:(${values.join(' ')})` : takesValue ? ':value:_files' : '';
      return quoted(`*${flag}[${description.replace(/[[\]:]/g, ' ')}]${action}`);
    });
    const argument = choices.length > 0 ? `:argument:(${choices.join(' ')})` : ':argument:_files';
    return `    ${pattern(command)}) _arguments ${[...specs, quoted(`*${argument}`)].join(' ')} ;;`;
  });
}
