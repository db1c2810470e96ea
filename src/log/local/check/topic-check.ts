/**
 * Checks that every log of a data directory is of the topic that has its name: by the log of the metadata, where that is in the directory, else by the topic's other
 * partitions. A directory with another topic id is not served but set aside, with its records. A broker may be working meanwhile. Writes nothing.
 */
import { ifAbsent } from '../../../base/faults.ts';
import { batches } from '../../../protocol/batch/iterate.ts';
import type { LogId } from '../../log-engine.ts';
import { keyOf } from '../../log-key.ts';
import { walkBatches } from '../batch-walk.ts';
import { directoryName, JOURNAL, LOG, PARTITION_METADATA, parseFileName } from '../file-names.ts';
import { FREE } from '../journal/journal-frame.ts';
import { readFileHeader, readFrames } from '../journal/read-frames.ts';
import { readTopicId } from '../partition-metadata.ts';
import type { LogReport } from './check-log.ts';
import type { CheckWorld } from './check-world.ts';
import type { TopicAudit } from './topic-audit.ts';

export interface TopicsToCheck {
  readonly world: CheckWorld;
  readonly root: string;
  /** All of the directory, which have been checked: what they are of was written down before. */
  readonly logs: readonly LogReport[];
  readonly topics: TopicAudit | undefined;
}

/** Adds what it finds to the faults of the logs. */
export async function checkTopics(check: TopicsToCheck): Promise<void> {
  const { topics } = check;
  const knowsTopics = topics !== undefined && isSound(check.logs, topics.log) && (await readTopics(check, topics));
  const idOf = knowsTopics ? undefined : usualTopicId(check.logs);
  for (const { topic, partition, topicId, records, journalEndOffset, faults } of check.logs) {
    // Without records nothing is harmed.
    if (topicId === undefined || (records === 0 && journalEndOffset === undefined)) continue;
    const id = { topic, partition, topicId };
    const problem = idOf === undefined ? topics?.problem(id) : otherPartitionsProblem(topicId, idOf.get(topic));
    if (problem === undefined || !(await isStillThere(check, id))) continue;
    faults.data(`${directoryName(id)}/${PARTITION_METADATA}`, problem);
  }
}

/** What a damaged log of the topics lacks would be missed. */
function isSound(logs: readonly LogReport[], { topic, partition }: LogId): boolean {
  const report = logs.find((log) => log.topic === topic && log.partition === partition);
  return !report?.faults.faults.some(({ harm }) => harm === 'data');
}

/** A topic may have been deleted, or made anew, since the look at its log. */
async function isStillThere({ world, root }: TopicsToCheck, id: LogId): Promise<boolean> {
  return (await readTopicId(world.disk, `${root}/${directoryName(id)}`)) === id.topicId;
}

function otherPartitionsProblem(topicId: string, usual: string | undefined): string | undefined {
  return topicId === usual
    ? undefined
    : `the topic id is ${topicId}, and that of most partitions of the topic here is ${usual}: those that are not of the topic are set aside`;
}

/** By topic: the id that most of its partitions have; of equals, that of the first. */
function usualTopicId(logs: readonly LogReport[]): ReadonlyMap<string, string> {
  const counts = new Map<string, Map<string, number>>();
  for (const { topic, topicId } of logs) {
    if (topicId === undefined) continue;
    const ofTopic = counts.get(topic) ?? new Map<string, number>();
    counts.set(topic, ofTopic);
    ofTopic.set(topicId, (ofTopic.get(topicId) ?? 0) + 1);
  }
  return new Map(
    Array.from(counts, ([topic, ofTopic]) => {
      const most = Math.max(...ofTopic.values());
      const [usual = ''] = [...ofTopic].find(([, count]) => count === most) ?? [];
      return [topic, usual];
    }),
  );
}

/** False when the log of the topics is not here. The journal first: what leaves it meanwhile is in the segments already. */
async function readTopics({ world, root }: TopicsToCheck, topics: TopicAudit): Promise<boolean> {
  let isHere = false;
  const onBatch = (batch: Uint8Array): boolean => {
    isHere = true;
    topics.onBatch(batch);
    return true;
  };
  const names = (await world.disk.list(root)).map(({ name }) => name).filter((name) => name.startsWith(JOURNAL));
  for (const name of names) await readJournal({ world, path: `${root}/${name}`, id: topics.log, onBatch });
  const directory = `${root}/${directoryName(topics.log)}`;
  for (const { name } of (await world.disk.list(directory).catch(ifAbsent)) ?? []) {
    if (parseFileName(name)?.suffix === LOG) await readSegment({ world, path: `${directory}/${name}`, onBatch });
  }
  return isHere;
}

interface Reading {
  readonly world: CheckWorld;
  readonly path: string;
  readonly onBatch: (batch: Uint8Array) => boolean;
}

async function readJournal({ world, path, id, onBatch }: Reading & { readonly id: LogId }): Promise<void> {
  const file = await world.disk.open(path, 'readOnly').catch(ifAbsent);
  if (file === undefined) return;
  try {
    const { generation } = await readFileHeader(file);
    if (generation === undefined || generation === FREE) return;
    await readFrames(file, generation, ({ bytes, entries }) => {
      for (const entry of entries) {
        if (keyOf(entry.id) !== keyOf(id)) continue;
        for (const batch of batches(bytes.subarray(entry.at, entry.at + entry.bytes))) onBatch(batch);
      }
    });
  } finally {
    await file.close();
  }
}

async function readSegment({ world, path, onBatch }: Reading): Promise<void> {
  const file = await world.disk.open(path, 'readOnly').catch(ifAbsent);
  if (file === undefined) return;
  try {
    await walkBatches({ file, from: 0, to: await file.size(), whole: true, visit: onBatch });
  } finally {
    await file.close();
  }
}
