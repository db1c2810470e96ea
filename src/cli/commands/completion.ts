/** `ottla complete`: what the shell asks while somebody types, and the script that makes it ask. */
import tab from '@bomb.sh/tab/commander';
import type { Command } from 'commander';

/** Adds the command to `program`, after all others are there. `ottla complete zsh` prints the script for zsh. */
export function addCompletion(program: object): void {
  // The typed command and the plain one are the same class at run time; only their declarations differ.
  tab(program as Command);
}
