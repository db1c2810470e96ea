/**
 * How commands reach a broker: the options that all of them share, and clients made from them that are closed whatever happens. Turns what clients throw
 * into one sentence and an exit code.
 */
import {
  Admin,
  type BaseOptions,
  type Consumer,
  GenericError,
  MultipleErrors,
  NetworkError,
  Producer,
  ProtocolError,
  SASLMechanisms,
  type SASLMechanismValue,
  TimeoutError,
} from '@platformatic/kafka';
import type { Shell } from '../platform/shell.ts';
import { CommittedConsumer } from './committed-consumer.ts';
import { CommandFailure, ExitCode } from './exit-code.ts';

export interface ConnectionFlags {
  readonly bootstrapServer: string;
  readonly tls?: true;
  readonly saslMechanism?: string;
  readonly username?: string;
}

export const defaultBootstrapServer = '127.0.0.1:9092';

/** The variable that holds the password, so that it appears in no list of processes. */
export const passwordVariable = 'OTTLA_PASSWORD';

/** Patience with one broker: long enough for a leader that moves, short enough for a person. */
const connectTimeoutMs = 5_000;
const attempts = 4;
const retryDelayMs = 200;

export class Connection {
  readonly #shell: Shell;
  readonly #options: BaseOptions;
  readonly #bootstrapServer: string;

  constructor(shell: Shell, flags: ConnectionFlags) {
    this.#shell = shell;
    this.#bootstrapServer = flags.bootstrapServer;
    this.#options = {
      clientId: 'ottla-cli',
      bootstrapBrokers: flags.bootstrapServer.split(',').map((server) => server.trim()),
      connectTimeout: connectTimeoutMs,
      retries: attempts,
      retryDelay: retryDelayMs,
      ...(flags.tls === true ? { tls: {} } : {}),
      ...this.#sasl(flags),
    };
  }

  admin<Result>(use: (admin: Admin) => Promise<Result>): Promise<Result> {
    return this.#with(new Admin(this.#options), use);
  }

  producer<Result>(
    options: { readonly idempotent: boolean; readonly acks: number },
    use: (producer: Producer) => Promise<Result>,
  ): Promise<Result> {
    return this.#with(new Producer({ ...this.#options, ...options, autocreateTopics: true }), use);
  }

  /** Without a group the id is never sent: such a consumer must not join. */
  consumer<Result>(groupId: string | undefined, use: (consumer: Consumer) => Promise<Result>): Promise<Result> {
    const options = { ...this.#options, groupId: groupId ?? 'ottla-cli', autocommit: false, maxWaitTime: 500 };
    return this.#with(new CommittedConsumer(options), use, (consumer) => consumer.close(true));
  }

  async #with<Client extends Admin | Producer | Consumer, Result>(
    client: Client,
    use: (client: Client) => Promise<Result>,
    close: (client: Client) => Promise<void> = (open) => open.close(),
  ): Promise<Result> {
    try {
      return await use(client);
    } catch (error) {
      throw this.#failure(error);
    } finally {
      await close(client).catch(() => {});
    }
  }

  #sasl(flags: ConnectionFlags): Pick<BaseOptions, 'sasl'> | object {
    if (flags.saslMechanism === undefined) return {};
    const mechanism = Object.values(SASLMechanisms).find((value) => value === flags.saslMechanism);
    if (mechanism === undefined) {
      const known = Object.values(SASLMechanisms).join(', ');
      throw new CommandFailure(ExitCode.USAGE, `--sasl-mechanism must be one of ${known}`);
    }
    const password = this.#shell.environment[passwordVariable];
    return { sasl: credentials(mechanism, flags.username, password) };
  }

  #failure(error: unknown): unknown {
    if (error instanceof CommandFailure || !(error instanceof Error)) return error;
    const leaves = leavesOf(error);
    const answered = leaves.filter((leaf) => leaf instanceof ProtocolError);
    if (answered.length > 0) {
      const sentences = new Set(
        answered.map((leaf) => `${leaf['serverErrorMessage'] ?? leaf.message} (${leaf['apiId']})`),
      );
      return new CommandFailure(ExitCode.FAILED, [...sentences].join('\n'), error);
    }
    if (leaves.some((leaf) => leaf instanceof NetworkError || leaf instanceof TimeoutError)) {
      const sentence = `no broker answers at ${this.#bootstrapServer}; is it running? --bootstrap-server names another`;
      return new CommandFailure(ExitCode.UNREACHABLE, sentence, error);
    }
    if (!(error instanceof GenericError || error instanceof MultipleErrors)) return error;
    return new CommandFailure(ExitCode.FAILED, leaves.map((leaf) => leaf.message).join('\n'), error);
  }
}

function credentials(mechanism: SASLMechanismValue, username: string | undefined, password: string | undefined) {
  return {
    mechanism,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
  };
}

/** The errors at the ends of a tree of errors. */
function leavesOf(error: Error): readonly Error[] {
  const inner = error instanceof AggregateError ? error.errors.filter((member) => member instanceof Error) : [];
  return inner.length === 0 ? [error] : inner.flatMap((member) => leavesOf(member));
}
