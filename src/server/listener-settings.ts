/**
 * What `listeners`, `advertised.listeners` and `listener.security.protocol.map` say together. A pure function of the settings; refuses
 * what cannot be served before anything is opened.
 */
import { type BrokerConfig, ConfigError } from '../config/broker-config.ts';

export interface ListenerSettings {
  /** Upper case, as clients and other settings name it. */
  readonly name: string;
  /** Empty: every address of the machine. */
  readonly host: string;
  /** 0: a free port. */
  readonly port: number;
  /** Undefined: clients are told the address that they connected to. */
  readonly advertised: { readonly host: string; readonly port: number } | undefined;
}

interface Endpoint {
  readonly name: string;
  readonly host: string;
  readonly port: number;
}

type ListenerSettingName = 'listeners' | 'advertised.listeners' | 'listener.security.protocol.map';

/** Throws a `ConfigError` that names the setting. */
export function listenerSettings(config: BrokerConfig): readonly ListenerSettings[] {
  const refuse = (name: ListenerSettingName, message: string): never => {
    const layer = config.staticEntries.get(name)?.layer ?? 'file';
    throw new ConfigError([{ name, layer, message: `${name}: ${message}` }]);
  };
  const endpoints = (name: 'listeners' | 'advertised.listeners'): readonly Endpoint[] =>
    (config.get(name) ?? []).map((text) => parseEndpoint(text) ?? refuse(name, `"${text}" is not NAME://HOST:PORT`));

  // Listeners of a controller belong to a part that Ottla does not have; files written for Apache Kafka name them all the same.
  const controllers = new Set((config.get('controller.listener.names') ?? []).map((name) => name.toUpperCase()));
  const served = endpoints('listeners').filter((endpoint) => !controllers.has(endpoint.name));
  if (served.length === 0) refuse('listeners', 'there is no listener for clients');
  const protocols = securityProtocols(config.get('listener.security.protocol.map'));
  for (const { name } of served) {
    const protocol = protocols.get(name);
    if (protocol === undefined) refuse('listener.security.protocol.map', `listener ${name} has no security protocol`);
    if (protocol !== 'PLAINTEXT')
      refuse('listeners', `listener ${name} asks for ${protocol}; only PLAINTEXT is served`);
  }
  const twice = duplicate(served.map(({ name }) => name));
  if (twice !== undefined) refuse('listeners', `listener ${twice} appears twice`);
  const busy = duplicate(served.filter(({ port }) => port !== 0).map(({ host, port }) => `${host}:${port}`));
  if (busy !== undefined) refuse('listeners', `two listeners have the address ${busy}`);

  const advertised = new Map(endpoints('advertised.listeners').map((endpoint) => [endpoint.name, endpoint]));
  for (const endpoint of advertised.values()) {
    const isKnown = served.some(({ name }) => name === endpoint.name) || controllers.has(endpoint.name);
    if (!isKnown) refuse('advertised.listeners', `there is no listener ${endpoint.name}`);
    if (endpoint.host === '0.0.0.0' || endpoint.host === '::') {
      refuse(
        'advertised.listeners',
        `no client can connect to ${endpoint.host}; leave the host out to use the one it came by`,
      );
    }
  }
  return served.map(({ name, host, port }) => ({ name, host, port, advertised: reachable(advertised.get(name)) }));
}

/** An advertised address without a host says nothing that the client does not know better. */
function reachable(endpoint: Endpoint | undefined): ListenerSettings['advertised'] {
  return endpoint === undefined || endpoint.host === '' ? undefined : { host: endpoint.host, port: endpoint.port };
}

function parseEndpoint(text: string): Endpoint | undefined {
  const match = /^([A-Za-z0-9_.-]+):\/\/(\[[0-9a-fA-F:.%]+\]|[^:[\]/]*):(\d{1,5})$/.exec(text.trim());
  if (match === null) return undefined;
  const [, name = '', host = '', port = ''] = match;
  if (Number(port) > 65_535) return undefined;
  return { name: name.toUpperCase(), host: host.replace(/^\[|\]$/g, ''), port: Number(port) };
}

function securityProtocols(text: string): ReadonlyMap<string, string> {
  const protocols = new Map<string, string>();
  for (const entry of text.split(',')) {
    const [name = '', protocol = ''] = entry.split(':');
    protocols.set(name.trim().toUpperCase(), protocol.trim().toUpperCase());
  }
  return protocols;
}

function duplicate(texts: readonly string[]): string | undefined {
  return texts.find((text, index) => texts.indexOf(text) !== index);
}
