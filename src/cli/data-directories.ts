/**
 * What brokers say of their data directories. The client would do the asking, but it throws when one directory is offline, drops why, and wants topics named;
 * so the request is put together here and the client only carries it.
 */
import { type Admin, type Connection, Writer } from '@platformatic/kafka';
import { decode, encode } from '../protocol/codec.ts';
import { ErrorCode, errorName } from '../protocol/error-code.ts';
import { DescribeLogDirs } from '../protocol/messages/describe-log-dirs.ts';
import { CommandFailure, ExitCode } from './exit-code.ts';

export interface DataDirectory {
  readonly nodeId: number;
  readonly path: string;
  readonly isOnline: boolean;
  /** Why it is offline; null when it is not. */
  readonly error: string | null;
  /** What its logs take. */
  readonly logBytes: bigint;
  /** Of the volume, and how much of it is free; null where the broker cannot tell. */
  readonly totalBytes: bigint | null;
  readonly usableBytes: bigint | null;
}

/** Before it there is no room on the volume in the answer, and no error for the whole. */
const firstVersion = 4;

/** In the order of the brokers' answers. None from a broker that is too old to tell. */
export async function dataDirectories(admin: Admin): Promise<readonly DataDirectory[]> {
  const apis = await admin.listApis();
  if ((apis.find(({ apiKey }) => apiKey === DescribeLogDirs.key)?.maxVersion ?? 0) < firstVersion) return [];
  const brokers = [...(await admin.connectToBrokers())];
  const answers = await Promise.all(brokers.map(([nodeId, connection]) => ofBroker(nodeId, connection)));
  return answers.flat();
}

async function ofBroker(nodeId: number, connection: Connection): Promise<readonly DataDirectory[]> {
  const { errorCode, results } = decode(DescribeLogDirs.response, firstVersion, await describe(connection));
  if (errorCode !== ErrorCode.NONE) {
    const sentence = `broker ${nodeId} does not tell its data directories: ${errorName(errorCode)}`;
    throw new CommandFailure(ExitCode.FAILED, sentence);
  }
  return results.map((directory) => ({
    nodeId,
    path: directory.logDir,
    isOnline: directory.errorCode === ErrorCode.NONE,
    error: directory.errorCode === ErrorCode.NONE ? null : errorName(directory.errorCode),
    logBytes: directory.topics
      .flatMap(({ partitions }) => partitions)
      .reduce((sum, { partitionSize }) => sum + BigInt(partitionSize), 0n),
    totalBytes: knownBytes(directory.totalBytes),
    usableBytes: knownBytes(directory.usableBytes),
  }));
}

/** The bytes of the answer, behind its header. */
function describe(connection: Connection): Promise<Uint8Array> {
  const request = encode(DescribeLogDirs.request, firstVersion, { topics: null });
  return new Promise((resolve, reject) => {
    connection.send<Uint8Array>(
      DescribeLogDirs.key,
      firstVersion,
      () => Writer.create().append(Buffer.from(request)),
      (_correlationId, _apiKey, _apiVersion, reader) => reader.buffer.slice(),
      true,
      true,
      (error, answer) => (answer === undefined ? reject(error) : resolve(answer)),
    );
  });
}

function knownBytes(bytes: number | bigint): bigint | null {
  return bytes < 0 ? null : BigInt(bytes);
}
