/**
 * An administrator who never rests: creates topics and deletes them, adds partitions, changes settings, deletes records. Holds every answer against what the
 * metadata has promised.
 */

import { buildBatch } from '../../src/protocol/batch/build.ts';
import { ErrorCode, errorName } from '../../src/protocol/error-code.ts';
import { CreatePartitions } from '../../src/protocol/messages/create-partitions.ts';
import { CreateTopics } from '../../src/protocol/messages/create-topics.ts';
import { DeleteRecords } from '../../src/protocol/messages/delete-records.ts';
import { DeleteTopics } from '../../src/protocol/messages/delete-topics.ts';
import { IncrementalAlterConfigs } from '../../src/protocol/messages/incremental-alter-configs.ts';
import { Produce } from '../../src/protocol/messages/produce.ts';
import { lookAtTopic } from '../checkers/look-at-topic.ts';
import type { MetadataTruth } from '../checkers/metadata-truth.ts';
import type { Client } from '../clients/client.ts';
import type { World } from '../world/world.ts';
import type { SimPartition } from './topics.ts';

const PAUSE_MS_MAX = 250;
const TIMEOUT_MS = 10_000;
const ATTEMPTS = 4;
const RETRY_MS_MAX = 100;
const TOPIC_RESOURCE = 2;
const SET = 0;
const SETTING = 'max.message.bytes';

export class Admin {
  readonly #world: World;
  readonly #client: Client;
  readonly #truth: MetadataTruth;
  /** Records may be deleted from these. */
  readonly #partitions: readonly SimPartition[];
  /** Topics that this admin made and did not delete. */
  #own: { readonly name: string; partitions: number }[] = [];
  #made = 0;

  constructor(
    world: World,
    client: Client,
    { truth, partitions }: { truth: MetadataTruth; partitions: readonly SimPartition[] },
  ) {
    this.#world = world;
    this.#client = client;
    this.#truth = truth;
    this.#partitions = partitions;
  }

  async run(): Promise<void> {
    const { random } = this.#world;
    while (!this.#world.isDraining) {
      const dice = random.next();
      if (dice < 0.2) await this.#createTopic();
      else if (dice < 0.33) await this.#deleteTopic();
      else if (dice < 0.43) await this.#addPartitions();
      else if (dice < 0.55) await this.#changeSetting();
      else if (dice < 0.87) await this.#deleteRecords();
      else await this.#look();
      await this.#world.sleep(random.next() * PAUSE_MS_MAX);
    }
  }

  #pick<T>(values: readonly T[]): T | undefined {
    return values[this.#world.random.below(values.length)];
  }

  async #createTopic(): Promise<void> {
    const name = `passing-${this.#made}`;
    this.#made += 1;
    const partitions = this.#world.random.between(1, 2);
    this.#truth.creationAsked(name, partitions);
    const topics = [{ name, numPartitions: partitions, replicationFactor: 1, assignments: [], configs: [] }];
    const answer = await this.#client.request(CreateTopics, 7, { topics, timeoutMs: TIMEOUT_MS });
    const result = answer?.topics[0];
    this.#client.note(`creates ${name}: ${outcome(result?.errorCode)}`);
    this.#own.push({ name, partitions });
    if (result?.errorCode !== ErrorCode.NONE) return;
    this.#truth.created(name, { id: result.topicId, partitions });
    await this.#produceSome(name, result.topicId);
  }

  /** So that there are files to be left behind. */
  async #produceSome(name: string, topicId: string): Promise<void> {
    const records = buildBatch({ records: [{ key: null, value: Buffer.alloc(100) }] });
    const answer = await this.#client.request(Produce, 13, {
      acks: -1,
      timeoutMs: TIMEOUT_MS,
      topicData: [{ topicId, partitionData: [{ index: 0, records }] }],
    });
    const error = answer?.responses[0]?.partitionResponses[0]?.errorCode;
    if (error === ErrorCode.NONE) this.#truth.recordAcknowledged(name);
  }

  async #deleteTopic(): Promise<void> {
    const topic = this.#pick(this.#own);
    if (topic === undefined) return;
    this.#own = this.#own.filter((other) => other !== topic);
    this.#truth.deletionAsked(topic.name);
    const topics = [{ name: topic.name }];
    const answer = await this.#client.request(DeleteTopics, 6, { topics, timeoutMs: TIMEOUT_MS });
    const error = answer?.responses[0]?.errorCode;
    this.#client.note(`deletes ${topic.name}: ${outcome(error)}`);
    if (error === ErrorCode.NONE) this.#truth.deleted(topic.name);
  }

  async #addPartitions(): Promise<void> {
    const topic = this.#pick(this.#own);
    if (topic === undefined) return;
    topic.partitions += 1;
    this.#truth.partitionsAsked(topic.name, topic.partitions);
    const topics = [{ name: topic.name, count: topic.partitions, assignments: null }];
    const answer = await this.#client.request(CreatePartitions, 3, { topics, timeoutMs: TIMEOUT_MS });
    this.#client.note(`grows ${topic.name} to ${topic.partitions}: ${outcome(answer?.results[0]?.errorCode)}`);
    await lookAtTopic(this.#client, this.#truth, topic.name);
  }

  async #changeSetting(): Promise<void> {
    const topic = this.#pick(this.#own);
    if (topic === undefined) return;
    const value = String(this.#world.random.between(1_000, 1_000_000));
    this.#truth.settingAsked(topic.name, SETTING, value);
    const answer = await this.#client.request(IncrementalAlterConfigs, 1, {
      resources: [
        {
          resourceType: TOPIC_RESOURCE,
          resourceName: topic.name,
          configs: [{ name: SETTING, configOperation: SET, value }],
        },
      ],
    });
    const error = answer?.responses[0]?.errorCode;
    this.#client.note(`sets ${SETTING} of ${topic.name} to ${value}: ${outcome(error)}`);
    if (error === ErrorCode.NONE) this.#truth.settingAcknowledged(topic.name, SETTING, value);
  }

  async #deleteRecords(): Promise<void> {
    const { random } = this.#world;
    const partition = this.#pick(this.#partitions);
    if (partition === undefined) return;
    const { truth } = partition;
    const offset = random.between(truth.logStartPromised, Math.max(truth.logStartPromised, truth.highWatermark));
    // Whoever is refused asks again: what could not be saved must not be taken for done.
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      if (await this.#deleteRecordsBelow(partition, offset)) return;
      await this.#world.sleep(random.next() * RETRY_MS_MAX);
    }
  }

  /** Whether it was done. */
  async #deleteRecordsBelow({ topic, index, truth }: SimPartition, offset: number): Promise<boolean> {
    truth.startAsked(offset);
    const answer = await this.#client.request(DeleteRecords, 2, {
      topics: [{ name: topic.name, partitions: [{ partitionIndex: index, offset }] }],
      timeoutMs: TIMEOUT_MS,
    });
    const result = answer?.topics[0]?.partitions[0];
    this.#client.note(`deletes ${truth.rules.name} below ${offset}: ${outcome(result?.errorCode)}`);
    if (result?.errorCode !== ErrorCode.NONE) return false;
    truth.startPromised(result.lowWatermark);
    return true;
  }

  async #look(): Promise<void> {
    const name = this.#pick(this.#truth.names);
    if (name !== undefined) await lookAtTopic(this.#client, this.#truth, name);
  }
}

function outcome(error: number | undefined): string {
  return error === undefined ? 'no answer' : errorName(error);
}
