/** Decides about partitions that shall be led by another broker (AlterPartitionReassignments). With one replica there is nothing to copy: the move is done at once. */
import { ErrorCode } from '../protocol/error-code.ts';
import type { ClusterRecord } from './cluster-record.ts';
import { type Decision, type Refusal, refuse } from './decision.ts';
import type { MetadataImage } from './metadata-image.ts';
import { assignmentProblem } from './placement.ts';

export interface Reassignment {
  readonly topic: string;
  readonly partition: number;
  /** Null: stop the move that is under way. */
  readonly brokerIds: readonly number[] | null;
}

export type ReassignmentResult = { readonly kind: 'reassigned' } | Refusal;

/** One result per partition, in order. */
export function reassignPartitions(
  image: MetadataImage,
  reassignments: readonly Reassignment[],
): Decision<readonly ReassignmentResult[]> {
  const records: ClusterRecord[] = [];
  const reply = reassignments.map((reassignment): ReassignmentResult => {
    const topic = image.topicByName(reassignment.topic);
    if (topic === undefined) {
      return refuse(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, `Unable to find a topic named ${reassignment.topic}.`);
    }
    const partition = topic.partitions[reassignment.partition];
    if (partition === undefined) {
      const why = `Unable to find partition ${reassignment.topic}:${reassignment.partition}.`;
      return refuse(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, why);
    }
    if (reassignment.brokerIds === null) return refuse(ErrorCode.NO_REASSIGNMENT_IN_PROGRESS, null);
    const problem = assignmentProblem(image, reassignment.brokerIds, undefined);
    if (problem !== undefined) return problem;
    const leader = reassignment.brokerIds[0] ?? partition.leader;
    if (leader !== partition.leader) {
      const moved = { topicId: topic.id, partitionId: partition.index, leader, replicas: [leader], isr: [leader] };
      records.push({ kind: 'partitionChange', ...moved });
    }
    return { kind: 'reassigned' };
  });
  return { records, reply };
}
