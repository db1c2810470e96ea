/** The group coordinator's view of the metadata: the topics that offsets are for. */
import type { TopicNames } from '../coordinator/group/topic-names.ts';
import type { MetadataImage } from '../metadata/metadata-image.ts';

export function topicNames(image: MetadataImage): TopicNames {
  return {
    idOf: (name) => image.topicByName(name)?.id,
    nameOf: (id) => image.topicById(id)?.name,
  };
}
