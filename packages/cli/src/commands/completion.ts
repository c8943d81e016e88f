/** psp completion: the script by which a shell completes `psp`. Made of the table of commands. */
import type { Command, OptionRow } from '../command.js';
import { bash } from '../completion/bash.js';
import { fish } from '../completion/fish.js';
import { flagOf, wordsOf, type Script } from '../completion/words.js';
import { zsh } from '../completion/zsh.js';

const SHELLS = ['bash', 'zsh', 'fish'] as const;
type Shell = (typeof SHELLS)[number];

const SCRIPTS: Readonly<Record<Shell, Script>> = { bash, zsh, fish };

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
