/** The topology of a streams group: subtopologies with their source, sink and changelog topics (KIP-1071). */
import { array, int16, int32, string } from '../../schema.ts';
import { coordinatorRecord } from '../coordinator-record.ts';

const topicConfig = { key: string(), value: string() };

const topicInfo = {
  name: string(),
  partitions: int32(),
  replicationFactor: int16(),
  topicConfigs: array(topicConfig),
};

export const StreamsGroupTopology = coordinatorRecord({
  type: 23,
  name: 'StreamsGroupTopology',
  key: { groupId: string() },
  value: {
    versions: '0',
    flexible: '0+',
    fields: {
      epoch: int32(),
      subtopologies: array({
        subtopologyId: string(),
        sourceTopics: array(string()),
        sourceTopicRegex: array(string()),
        stateChangelogTopics: array(topicInfo),
        repartitionSinkTopics: array(string()),
        repartitionSourceTopics: array(topicInfo),
        copartitionGroups: array({
          sourceTopics: array(int16()),
          sourceTopicRegex: array(int16()),
          repartitionSourceTopics: array(int16()),
        }),
      }),
    },
  },
});
