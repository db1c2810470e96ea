/** A broker in memory without a network, and calls of its handlers as a client would see them: through the bytes of a version. For tests. */
import { type TestEnv, testEnv } from '../../../sim/test-env.ts';
import { type Broker, type OpenBroker, openBroker } from '../../broker/broker.ts';
import { LogLevels } from '../../broker/log-levels.ts';
import { BrokerConfig } from '../../config/broker-config.ts';
import type { LogEngine } from '../../log/log-engine.ts';
import { MemoryLogEngine } from '../../log/memory/memory-engine.ts';
import { EngineMetadataLog } from '../../metadata/engine-metadata-log.ts';
import type { MetadataLog } from '../../metadata/metadata-log.ts';
import { codecOf } from '../../protocol/codec.ts';
import { Reader } from '../../protocol/reader.ts';
import type { Api, DecodedResponseOf, RequestInputOf } from '../../protocol/schema.ts';
import { Writer } from '../../protocol/writer.ts';
import type { ConnectionContext, Handler, RequestContext } from '../handler.ts';

export interface HandlerFixture {
  readonly env: TestEnv;
  readonly broker: OpenBroker;
  /** Shared with other brokers that a test starts. */
  readonly metadataLog: MetadataLog;
  /** The answer as `version` carries it. */
  call<A extends Api>(
    handler: Handler,
    api: A,
    version: number,
    request: RequestInputOf<A>,
    seen?: Partial<RequestContext>,
  ): Promise<DecodedResponseOf<A>>;
}

/** What a handler is given, unless a test wants to see or say something else. */
export function requestContext(broker: Broker, apiVersion: number, seen: Partial<RequestContext> = {}): RequestContext {
  return { broker, apiVersion, clientId: 'test', connection, admitNext() {}, disconnect() {}, ...seen };
}

/** `wrap` puts something between the broker and its logs; the metadata log stays outside. */
export async function handlerFixture(
  settings: Readonly<Record<string, string>> = {},
  wrap: (engine: LogEngine) => LogEngine = (engine) => engine,
): Promise<HandlerFixture> {
  const env = testEnv();
  const config = new BrokerConfig({ flag: { 'node.id': '1', ...settings } });
  const engine = new MemoryLogEngine({ env });
  const metadataLog = new EngineMetadataLog({ env, engine, config });
  const broker = await openBroker({
    env,
    config,
    logLevels: new LogLevels('INFO'),
    engine: wrap(engine),
    metadataLog,
    endPoints: [],
  });
  return {
    env,
    broker,
    metadataLog,
    async call(handler, api, version, request, seen) {
      const context = requestContext(broker, version, seen);
      const writer = new Writer();
      codecOf(api.request, version).write(writer, request);
      const decoded = codecOf(api.request, version).read(new Reader(writer.toBytes()));
      const response = await handler.handle(decoded, context);
      const answer = new Writer();
      // A handler answers with a response of its own API.
      codecOf(api.response, version).write(answer, response as RequestInputOf<typeof api>);
      return codecOf(api.response, version).read(new Reader(answer.toBytes())) as DecodedResponseOf<typeof api>;
    },
  };
}

export const connection: ConnectionContext = {
  id: '127.0.0.1:9092-127.0.0.1:50000-0',
  listenerName: 'PLAINTEXT',
  advertisedHost: 'where-you-are',
  advertisedPort: 19092,
  remoteAddress: '127.0.0.1',
  localAddress: '127.0.0.1',
  localPort: 9092,
  principal: 'User:ANONYMOUS',
  clientSoftwareName: '',
  clientSoftwareVersion: '',
  signal: new AbortController().signal,
};
