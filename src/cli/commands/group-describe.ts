/** `ottla group describe` */
import type { Shell } from '../../platform/shell.ts';
import { brokerCommand, example } from '../command.ts';
import { Connection } from '../connection.ts';
import { plural, print, tableText } from '../output.ts';

export function groupDescribe(shell: Shell) {
  return brokerCommand('describe', shell)
    .description('show the members of a group and what each of them reads')
    .argument('<group>', 'id')
    .addHelpText('after', example('ottla group describe billing'))
    .action(async (groupId, flags) => {
      const found = await new Connection(shell, flags).admin((admin) => admin.describeGroups({ groups: [groupId] }));
      const group = found.get(groupId);
      const members = [...(group?.members.values() ?? [])].map((member) => ({
        memberId: member.id,
        instanceId: member.groupInstanceId ?? null,
        clientId: member.clientId,
        host: member.clientHost,
        assignment: [...(member.assignments?.values() ?? [])].map(({ topic, partitions }) => ({ topic, partitions })),
      }));
      const described = { group: groupId, state: group?.state, protocol: group?.protocol, members };
      await print(shell, flags, described, () => {
        const head = `${groupId} is ${described.state}, ${plural(members.length, 'member')}\n`;
        if (members.length === 0) return head;
        const table = tableText({
          columns: ['member', 'instance', 'client', 'host', 'partitions'],
          rows: members.map((member) => [
            member.memberId,
            member.instanceId,
            member.clientId,
            member.host,
            member.assignment.map(({ topic, partitions }) => `${topic}:${partitions.join(',')}`).join(' '),
          ]),
        });
        return head + table;
      });
    });
}
