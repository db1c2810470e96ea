/**
 * The features of a cluster (KIP-584): which level of each holds, and what it may become. A level tells clients what they may use. Requests are served by
 * their own version at every level, as in Apache Kafka.
 */
import { ErrorCode } from '../protocol/error-code.ts';
import type { ClusterRecord } from './cluster-record.ts';
import { type Decision, type Refusal, refuse } from './decision.ts';
import type { MetadataImage } from './metadata-image.ts';

export interface Feature {
  readonly name: string;
  /** The highest level there is. The lowest is 0: without the feature. */
  readonly maxLevel: number;
}

export interface FeatureUpdate {
  readonly feature: string;
  readonly level: number;
  readonly upgradeType: number;
}

export type UpdateFeaturesResult = { readonly kind: 'updated' } | Refusal;

/** Of UpdateFeatures: to go up, or to go down in one of two ways that are the same for every feature here. */
const UPGRADE = 1;
const SAFE_DOWNGRADE = 2;
const UNSAFE_DOWNGRADE = 3;

/** A level that nobody has set is the highest: a newer Ottla offers what it has without being asked. */
export function featureLevel(image: MetadataImage, { name, maxLevel }: Feature): number {
  return image.features.get(name) ?? maxLevel;
}

/** All of them or none. Of two updates of one feature the last counts. `supported`: what the broker `nodeId` serves. */
export function updateFeatures(
  image: MetadataImage,
  updates: readonly FeatureUpdate[],
  { supported, nodeId }: { readonly supported: readonly Feature[]; readonly nodeId: number },
): Decision<UpdateFeaturesResult> {
  const records: ClusterRecord[] = [];
  for (const update of new Map(updates.map((each) => [each.feature, each])).values()) {
    const feature = supported.find(({ name }) => name === update.feature);
    const current = feature === undefined ? 0 : featureLevel(image, feature);
    const problem =
      malformed(update) ??
      outOfRange(update, feature, nodeId) ??
      wrongDirection(update, current) ??
      (feature === undefined ? `Feature ${update.feature} not found.` : undefined);
    if (problem !== undefined) {
      const why = `Invalid update version ${update.level} for feature ${update.feature}. ${problem}`;
      return { records: [], reply: refuse(ErrorCode.INVALID_UPDATE_VERSION, why) };
    }
    records.push({ kind: 'featureLevel', name: update.feature, featureLevel: update.level });
  }
  return { records, reply: { kind: 'updated' } };
}

function malformed({ level, upgradeType }: FeatureUpdate): string | undefined {
  if (![UPGRADE, SAFE_DOWNGRADE, UNSAFE_DOWNGRADE].includes(upgradeType)) {
    return 'The controller does not support the given upgrade type.';
  }
  return level < 0 ? 'A feature version cannot be less than 0.' : undefined;
}

/** Being without a feature is always possible. */
function outOfRange({ level }: FeatureUpdate, feature: Feature | undefined, nodeId: number): string | undefined {
  if (level === 0) return undefined;
  if (feature === undefined) return `Local controller ${nodeId} does not support this feature.`;
  if (level <= feature.maxLevel) return undefined;
  return `Local controller ${nodeId} only supports versions 0-${feature.maxLevel}`;
}

function wrongDirection({ level, upgradeType }: FeatureUpdate, current: number): string | undefined {
  if (level < current && upgradeType === UPGRADE) {
    return "Can't downgrade the version of this feature without setting the upgrade type to either safe or unsafe downgrade.";
  }
  return level > current && upgradeType !== UPGRADE ? "Can't downgrade to a newer version." : undefined;
}
