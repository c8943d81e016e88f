/** The completion script of fish. */
import { namesOf, quoted, type Script } from './words.js';

/** Fish takes the value of an option before the command for a command, hence the list of those that there are. */
export const fish: Script = (all) => {
  const none = quoted(`not __fish_seen_subcommand_from ${namesOf(all).join(' ')} help`);
  const lines = all.flatMap(({ command, summary, options, choices }) => [
    ...offer(none, command, summary),
    ...options.map(({ flag, description, choices: values, takesValue }) => {
      const value = values.length > 0 ? ` -x -a ${quoted(values.join(' '))}` : takesValue ? ' -r' : '';
      return `complete -c psp -n ${seen(command)} -l ${flag.slice(2)}${value} -d ${quoted(description)}`;
    }),
    ...(choices.length === 0 ? [] : [`complete -c psp -n ${seen(command)} -f -a ${quoted(choices.join(' '))}`]),
  ]);
  const help = [
    `complete -c psp -n ${none} -f -a help -d 'show the help of a command'`,
    `complete -c psp -n '__fish_seen_subcommand_from help' -f -a ${quoted(namesOf(all).join(' '))}`,
  ];
  return `# fish completion of psp\n${[...new Set([...lines, ...help])].join('\n')}\n`;
};

/** The second word of a command is offered after the first. */
function offer(none: string, command: string, summary: string): string[] {
  const [first = '', second] = command.split(' ');
  if (second === undefined) return [`complete -c psp -n ${none} -f -a ${first} -d ${quoted(summary)}`];
  return [
    `complete -c psp -n ${none} -f -a ${first}`,
    `complete -c psp -n '__fish_seen_subcommand_from ${first}' -f -a ${second} -d ${quoted(summary)}`,
  ];
}

const seen = (command: string): string =>
  quoted(
    command
      .split(' ')
      .map((word) => `__fish_seen_subcommand_from ${word}`)
      .join('; and '),
  );
