/**
 * A whole broker under requests that no client sends: Apache Kafka's own request bytes, whole and damaged, and noise behind valid headers. Whatever comes, it must go on
 * serving, and no handler may meet what it did not expect (an error line in the log).
 * Fails when invariant I14 does not hold.
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Logger } from '../src/base/env.ts';
import { startBroker } from '../src/index.ts';
import { committedVectors } from '../src/protocol/vectors/wire-vectors.ts';
import { handlers } from '../src/server/handlers/all.ts';
import { LoopbackClient } from '../src/server/loopback-client.ts';

/** More find more, and take longer: `OTTLA_FUZZ_ROUNDS=100000 npm test -- test/broker-fuzz.test.ts`. */
const rounds = Number(process.env['OTTLA_FUZZ_ROUNDS'] ?? 400);
const seed = Number(process.env['OTTLA_FUZZ_SEED'] ?? 7);
const REQUESTS_PER_CONNECTION = 10;

interface Prepared {
  readonly apiKey: number;
  readonly version: number;
  readonly flexible: boolean;
  readonly body: Uint8Array;
}

const requests: readonly Prepared[] = committedVectors()
  .filter((vector): vector is typeof vector & { apiKey: number; flexible: boolean } => vector.kind === 'request')
  // The others close the connection at once, which is a test of its own.
  .filter(({ apiKey }) => handlers.some(({ api }) => api.key === apiKey))
  .map(({ apiKey, version, flexible, hex }) => ({ apiKey, version, flexible, body: Buffer.from(hex, 'hex') }));

it('a broker survives damaged requests and noise without meeting a bug', async () => {
  const errors: { fields: object; message: string }[] = [];
  const logger: Logger = {
    debug: () => {},
    info: () => {},
    warn: () => {},
    error: (fields, message) => errors.push({ fields, message }),
    child: () => logger,
  };
  await using broker = await startBroker({ logger, topics: { 'topic-1': 2 }, 'memory.max.bytes': 100_000_000 });
  const port = Number(broker.bootstrapServers.split(':').at(-1));
  const random = randomFrom(seed);
  let answered = 0;
  for (let round = 0; round < rounds; round += 1) {
    const client = await LoopbackClient.connect(port);
    for (let i = 0; i < REQUESTS_PER_CONNECTION; i += 1)
      client.sendFrame(frame(damaged(pick(requests, random), random)));
    await isAlive(port);
    if (client.unreadBytes > 0) answered += 1;
    client.destroy();
    await client.closed;
  }
  assert.ok(answered > rounds / 4, 'most damage leaves something to answer');
  assert.deepEqual(errors, [], `seed ${seed}`);
});

async function isAlive(port: number): Promise<void> {
  const client = await LoopbackClient.connect(port);
  client.sendFrame(Buffer.from('0012000000000001ffff', 'hex'));
  await client.nextFrame();
  client.destroy();
}

function frame({ apiKey, version, flexible, body }: Prepared): Uint8Array {
  const header = Buffer.alloc(10);
  header.writeInt16BE(apiKey, 0);
  header.writeInt16BE(version, 2);
  header.writeInt16BE(-1, 8);
  return Buffer.concat([header, flexible ? Buffer.from([0]) : Buffer.alloc(0), body]);
}

/** As it is, with some bytes changed, cut short, longer than it should be, or all noise. */
function damaged(request: Prepared, random: () => number): Prepared {
  const body = Buffer.from(request.body);
  const kind = Math.floor(random() * 6);
  if (kind === 0) return request;
  if (kind === 1) return { ...request, body: body.subarray(0, Math.floor(random() * body.length)) };
  if (kind === 2) return { ...request, body: Buffer.concat([body, noise(20, random)]) };
  if (kind === 3) return { ...request, body: noise(Math.floor(random() * 200), random) };
  for (let changes = 1 + Math.floor(random() * 4); changes > 0 && body.length > 0; changes -= 1) {
    body[Math.floor(random() * body.length)] =
      kind === 4 ? Math.floor(random() * 256) : pick([0, 1, 2, 0x7f, 0x80, 0xff], random);
  }
  return { ...request, body };
}

function noise(length: number, random: () => number): Uint8Array {
  return Uint8Array.from({ length }, () => Math.floor(random() * 256));
}

function pick<T>(values: readonly T[], random: () => number): T {
  const value = values[Math.floor(random() * values.length)];
  assert.ok(value !== undefined);
  return value;
}

/** Numbers in [0, 1) that are the same for the same seed. */
function randomFrom(start: number): () => number {
  let state = start >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
