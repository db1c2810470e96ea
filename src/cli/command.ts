/**
 * What every command is made of: the parser's command with the options that all of them share, an example in its help, and the shell. Says how a
 * command is declared; knows none of them.
 */
import { Command } from '@commander-js/extra-typings';
import type { Shell } from '../platform/shell.ts';
import { defaultBootstrapServer, passwordVariable } from './connection.ts';

export function brokerCommand(name: string, shell: Shell) {
  return plainCommand(name, shell)
    .option('-b, --bootstrap-server <hosts>', 'brokers to ask first, HOST:PORT,...', defaultBootstrapServer)
    .option('--tls', 'encrypt the connection')
    .option('--sasl-mechanism <name>', `log in; the password is taken from ${passwordVariable}`)
    .option('--username <name>', 'who logs in')
    .option('--json', 'print JSON instead of a table');
}

/** A command that holds others. */
export function plainCommand(name: string, shell: Shell) {
  return new Command(name)
    .exitOverride()
    .showSuggestionAfterError()
    .configureOutput({
      writeOut: (text) => void shell.out(text),
      writeErr: (text) => shell.error(text),
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    });
}

export function example(...lines: readonly string[]): string {
  return `\nExample:\n${lines.map((line) => `  ${line}\n`).join('')}`;
}
