/**
 * UpdateFeatures v0–2 (KIP-584): raises or lowers the levels of features.
 *
 * v1 may only validate, and says in which way a feature may be lowered (KIP-778): Kafka has never heeded what v0 says about that, so v0 only raises. v2 answers
 * without a result per feature (KIP-1022). Differs from Apache Kafka: the features are those that Ottla advertises, `metadata.version` is not among them.
 */
import type { Feature } from '../../metadata/features.ts';
import { ErrorCode } from '../../protocol/error-code.ts';
import { UpdateFeatures } from '../../protocol/messages/update-features.ts';
import { type Handler, handler } from '../handler.ts';
import { errorFields } from './error-fields.ts';

const FAILED = 'The update failed for all features since the following feature had an error: ';

export function updateFeatures(supported: readonly Feature[]): Handler {
  return handler(UpdateFeatures, async ({ featureUpdates, validateOnly }, { broker }) => {
    const updates = featureUpdates.map(({ feature, maxVersionLevel, upgradeType }) => ({
      feature,
      level: maxVersionLevel,
      upgradeType,
    }));
    const result = await broker.metadata.updateFeatures(updates, supported, { validateOnly });
    const { errorCode, errorMessage } = errorFields(result);
    return {
      errorCode,
      errorMessage: errorMessage === null ? null : FAILED + errorMessage,
      results:
        errorCode === ErrorCode.NONE
          ? updates.map(({ feature }) => ({ feature, errorCode, errorMessage: 'NONE' }))
          : [],
    };
  });
}
