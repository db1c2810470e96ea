/** TLS (not served yet). */
import { boolean, javaClass, list, password, string } from '../setting.ts';

export const sslSettings = {
  'ssl.allow.dn.changes': boolean(false, { importance: 'low' }),
  'ssl.allow.san.changes': boolean(false, { importance: 'low' }),
  'ssl.cipher.suites': list([], { dynamic: 'per-broker' }),
  'ssl.client.auth': string('none', { oneOf: ['required', 'requested', 'none'], dynamic: 'per-broker' }),
  'ssl.enabled.protocols': list(['TLSv1.2', 'TLSv1.3'], { dynamic: 'per-broker' }),
  'ssl.endpoint.identification.algorithm': string('https', { importance: 'low', dynamic: 'per-broker' }),
  'ssl.engine.factory.class': javaClass(undefined, { importance: 'low', dynamic: 'per-broker' }),
  'ssl.key.password': password({ dynamic: 'per-broker' }),
  'ssl.keymanager.algorithm': string('SunX509', { dynamic: 'per-broker' }),
  'ssl.keystore.certificate.chain': password({ dynamic: 'per-broker' }),
  'ssl.keystore.key': password({ dynamic: 'per-broker' }),
  'ssl.keystore.location': string(undefined, { dynamic: 'per-broker' }),
  'ssl.keystore.password': password({ dynamic: 'per-broker' }),
  'ssl.keystore.type': string('JKS', { dynamic: 'per-broker' }),
  'ssl.principal.mapping.rules': string('DEFAULT', { importance: 'low' }),
  'ssl.protocol': string('TLSv1.3', { dynamic: 'per-broker' }),
  'ssl.provider': string(undefined, { dynamic: 'per-broker' }),
  'ssl.secure.random.implementation': string(undefined, { importance: 'low', dynamic: 'per-broker' }),
  'ssl.trustmanager.algorithm': string('PKIX', { dynamic: 'per-broker' }),
  'ssl.truststore.certificates': password({ dynamic: 'per-broker' }),
  'ssl.truststore.location': string(undefined, { dynamic: 'per-broker' }),
  'ssl.truststore.password': password({ dynamic: 'per-broker' }),
  'ssl.truststore.type': string('JKS', { dynamic: 'per-broker' }),
};
