import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inBatches } from './line-batches.ts';

const limits = { lines: 3, bytes: 100, waitMs: 5 };
const never = new Promise<void>(() => {});

async function* from(lines: readonly string[]): AsyncGenerator<string> {
  yield* lines;
}

async function collect(batches: AsyncIterable<readonly string[]>): Promise<readonly (readonly string[])[]> {
  const collected = [];
  for await (const batch of batches) collected.push(batch);
  return collected;
}

test('plenty of input comes in full batches, in order, and the rest at the end', async () => {
  const outside = { signal: new AbortController().signal, wait: () => never };
  const batches = await collect(inBatches(from(['1', '2', '3', '4', '5', '6', '7']), limits, outside));
  assert.deepEqual(batches, [['1', '2', '3'], ['4', '5', '6'], ['7']]);
});

test('a batch is full when its bytes are', async () => {
  const outside = { signal: new AbortController().signal, wait: () => never };
  const long = 'x'.repeat(100);
  assert.deepEqual(await collect(inBatches(from([long, long]), limits, outside)), [[long], [long]]);
});

test('a line does not wait for ever for others', async () => {
  let pass: () => void = () => {};
  async function* slow(): AsyncGenerator<string> {
    yield 'first';
    await new Promise<void>((resolve) => (pass = resolve));
    yield 'second';
  }
  let waits = 0;
  const outside = { signal: new AbortController().signal, wait: async () => void waits++ };
  const batches = inBatches(slow(), limits, outside);
  assert.deepEqual((await batches.next()).value, ['first']);
  pass();
  assert.deepEqual((await batches.next()).value, ['second']);
  assert.equal((await batches.next()).done, true);
  assert.ok(waits >= 1);
});

test('an interruption delivers what was read, and ends', async () => {
  const interruption = new AbortController();
  async function* endless(): AsyncGenerator<string> {
    yield 'read';
    interruption.abort();
    await never;
  }
  const outside = { signal: interruption.signal, wait: () => never };
  assert.deepEqual(await collect(inBatches(endless(), limits, outside)), [['read']]);
});

test('what the input throws comes after the lines before it', async () => {
  async function* broken(): AsyncGenerator<string> {
    yield 'good';
    throw new Error('no such file');
  }
  const outside = { signal: new AbortController().signal, wait: () => never };
  const batches = inBatches(broken(), limits, outside);
  assert.deepEqual((await batches.next()).value, ['good']);
  await assert.rejects(batches.next(), /no such file/);
});
