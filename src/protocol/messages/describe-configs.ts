/**
 * DescribeConfigs (key 32).
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
