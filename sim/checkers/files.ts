/**
 * What `ottla log check` says of a data directory that was stopped cleanly. Something derived may be damaged where a crash or a bit that fell over has left it so: it is
 * made anew when it is needed.
 */
import { checkDirectory } from '../../src/log/local/check/check-directory.ts';
import { MetadataTopicAudit } from '../../src/metadata/topic-audit.ts';
import { ProducerAudit } from '../../src/partition/producer-audit.ts';
import { violated, type World } from '../world/world.ts';

/** Of `topics`, which were in use since the last crash: of others there may be what nobody was promised, until somebody asks for them. Default: all. */
export async function checkFiles(world: World, root: string, topics?: ReadonlySet<string>): Promise<void> {
  const pause = (delayMs: number) => world.sleep(delayMs);
  const checked = { disk: world.machine.disk, pause };
  const report = await checkDirectory({
    world: checked,
    root,
    audit: () => new ProducerAudit(),
    topics: new MetadataTopicAudit(),
  });
  const logs = report.logs.filter(({ topic }) => topics?.has(topic) ?? true);
  for (const { faults } of [report, ...logs]) {
    const fault = faults.faults.find(({ harm }) => harm !== 'derived');
    if (fault !== undefined) violated(`${root}/${fault.file} is damaged: ${fault.problem} at ${fault.position}`);
  }
}
