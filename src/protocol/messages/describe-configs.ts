/**
 * The settings of topics, brokers, groups and client metrics, and where each value comes from (KIP-133).
 *
 * - v1: source and synonyms in place of "is default" (KIP-226). v2: throttling happens after the answer. v3: types
 *   and documentation (KIP-569). v4: flexible.
 */
import { api, array, bool, int8, int16, int32, string } from '../schema.ts';

export const DescribeConfigs = api({
  key: 32,
  name: 'DescribeConfigs',
  versions: '1-4',
  flexible: '4+',
  request: {
    resources: array({
      resourceType: int8(),
      resourceName: string(),
      configurationKeys: array(string(), { nullable: true }),
    }),
    includeSynonyms: bool(),
    includeDocumentation: bool({ versions: '3+' }),
  },

  response: {
    throttleTimeMs: int32(),
    results: array({
      errorCode: int16(),
      errorMessage: string({ nullable: true }),
      resourceType: int8(),
      resourceName: string(),
      configs: array({
        name: string(),
        value: string({ nullable: true }),
        readOnly: bool(),
        configSource: int8({ default: -1 }),
        isSensitive: bool(),
        synonyms: array({ name: string(), value: string({ nullable: true }), source: int8() }),
        configType: int8({ versions: '3+' }),
        documentation: string({ versions: '3+', nullable: true }),
      }),
    }),
  },
});
