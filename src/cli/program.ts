/** All commands of the command line, in one tree. A new command is one file in `commands/` and one line here. */
import type { Shell } from '../platform/shell.ts';
import { plainCommand } from './command.ts';
import { backup } from './commands/backup.ts';
import { addCompletion } from './commands/completion.ts';
import { configDescribe } from './commands/config-describe.ts';
import { configSet } from './commands/config-set.ts';
import { configUnset } from './commands/config-unset.ts';
import { consume } from './commands/consume.ts';
import { groupDelete } from './commands/group-delete.ts';
import { groupDescribe } from './commands/group-describe.ts';
import { groupList } from './commands/group-list.ts';
import { groupOffsets } from './commands/group-offsets.ts';
import { groupReset } from './commands/group-reset.ts';
import { logCheck } from './commands/log-check.ts';
import { logDump } from './commands/log-dump.ts';
import { produce } from './commands/produce.ts';
import { restore } from './commands/restore.ts';
import { status } from './commands/status.ts';
import { topicAlter } from './commands/topic-alter.ts';
import { topicCreate } from './commands/topic-create.ts';
import { topicDelete } from './commands/topic-delete.ts';
import { topicDescribe } from './commands/topic-describe.ts';
import { topicList } from './commands/topic-list.ts';
import { startHelp } from './start/start.ts';

export function makeProgram(shell: Shell) {
  const topic = plainCommand('topic', shell)
    .description('create, look at and change topics')
    .addCommand(topicCreate(shell))
    .addCommand(topicList(shell))
    .addCommand(topicDescribe(shell))
    .addCommand(topicAlter(shell))
    .addCommand(topicDelete(shell));
  const group = plainCommand('group', shell)
    .description('look at groups, move and forget their offsets')
    .addCommand(groupList(shell))
    .addCommand(groupDescribe(shell))
    .addCommand(groupOffsets(shell))
    .addCommand(groupReset(shell))
    .addCommand(groupDelete(shell));
  const config = plainCommand('config', shell)
    .description('look at and change settings')
    .addCommand(configDescribe(shell))
    .addCommand(configSet(shell))
    .addCommand(configUnset(shell));
  const log = plainCommand('log', shell)
    .description('look into the files of a data directory')
    .addCommand(logCheck(shell))
    .addCommand(logDump(shell));
  const program = plainCommand('ottla', shell)
    .description('A message broker that speaks the Kafka protocol. The commands work with any Kafka.')
    .addCommand(topic)
    .addCommand(produce(shell))
    .addCommand(consume(shell))
    .addCommand(group)
    .addCommand(config)
    .addCommand(log)
    .addCommand(backup(shell))
    .addCommand(restore(shell))
    .addCommand(status(shell))
    .addHelpText('beforeAll', '')
    .addHelpText('after', () => `\n${startHelp(shell.commandName)}`);
  addCompletion(program);
  return program;
}
