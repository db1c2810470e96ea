/** Listeners, connections, request queues and threads. */
import { int, intMax, list, long, string } from '../setting.ts';

export const networkSettings = {
  'advertised.listeners': list(undefined, {
    filled: true,
    importance: 'high',
    effect: 'The addresses that clients are told. Without it, each client is told the address that it connected to.',
  }),
  'background.threads': int(10, { min: 1, importance: 'high', dynamic: 'cluster-wide' }),
  'connections.max.idle.ms': long(600_000, { effect: 'A connection without requests for this long is closed.' }),
  'early.start.listeners': list(undefined, { importance: 'high' }),
  'inter.broker.listener.name': string(undefined),
  'listener.security.protocol.map': string(
    'SASL_SSL:SASL_SSL,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT',
    { importance: 'low', dynamic: 'per-broker', effect: 'The protocol of each listener name.' },
  ),
  listeners: list(['PLAINTEXT://127.0.0.1:9092'], {
    filled: true,
    importance: 'high',
    dynamic: 'per-broker',
    kafkaDefault: 'PLAINTEXT://:9092',
    effect: 'The addresses that the broker listens on, as NAME://HOST:PORT; port 0 takes a free one.',
  }),
  'max.connection.creation.rate': int(intMax, { min: 0, dynamic: 'cluster-wide' }),
  'max.connections': int(intMax, {
    min: 0,
    dynamic: 'cluster-wide',
    effect: 'Connections of all listeners together; the one too many is closed.',
  }),
  'max.connections.per.ip': int(intMax, { min: 0, dynamic: 'cluster-wide', effect: 'Connections from one address.' }),
  'max.connections.per.ip.overrides': string('', {
    dynamic: 'cluster-wide',
    effect: 'Other bounds for some addresses, as ADDRESS:COUNT,...',
  }),
  'num.io.threads': int(8, { min: 1, importance: 'high', dynamic: 'cluster-wide' }),
  'num.network.threads': int(3, { min: 1, importance: 'high', dynamic: 'cluster-wide' }),
  'queued.max.request.bytes': long(-1, {
    effect:
      "Bytes of requests in hand before the broker stops reading from its connections; -1 takes Ottla's own bound.",
  }),
  'queued.max.requests': int(500, { min: 1, importance: 'high' }),
  'request.timeout.ms': int(30_000, { importance: 'high' }),
  'socket.connection.setup.timeout.max.ms': long(30_000),
  'socket.connection.setup.timeout.ms': long(10_000),
  'socket.listen.backlog.size': int(50, {
    min: 1,
    effect: 'Connections that may wait to be taken; at least 511, since a burst beyond it would wait a second.',
  }),
  'socket.receive.buffer.bytes': int(102_400, { importance: 'high' }),
  'socket.request.max.bytes': int(104_857_600, {
    min: 1,
    importance: 'high',
    effect: 'The longest request; a longer one closes the connection.',
  }),
  'socket.send.buffer.bytes': int(102_400, { importance: 'high' }),
};
