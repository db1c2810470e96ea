/**
 * This broker's part in the cluster's metadata: the image that it reads, and the one line of writers in which its changes are decided,
 * appended and applied. A change is answered when it is on stable storage and in the image (invariant I10), so nobody ever sees one that could still be lost.
 *
 * When another broker has appended in between, this one catches up and decides again. What failed with an unknown outcome is read back
 * before anything else is decided. Methods reject with `MetadataLogFault` when the log fails, except those with a result per item.
 */
import { Buffer } from 'node:buffer';
import { assert, present } from '../base/assert.ts';
import type { Env } from '../base/env.ts';
import { Lifecycle } from '../base/lifecycle.ts';
import { limits } from '../base/limits.ts';
import { Turns } from '../base/turns.ts';
import type { BrokerConfig } from '../config/broker-config.ts';
import { areAllCordoned } from '../config/log-directories.ts';
import { ErrorCode, errorName } from '../protocol/error-code.ts';
import { type AlterConfigsResult, alterConfigs, type ConfigAlteration } from './alter-configs.ts';
import { beginLeaderEpoch } from './begin-leader-epoch.ts';
import type { BrokerEndPoint, ClusterRecord } from './cluster-record.ts';
import { CLUSTER_DEFAULT, ConfigResourceType } from './config-resource.ts';
import { type CreatePartitionsResult, createPartitions, type MorePartitions } from './create-partitions.ts';
import { type CreateTopicResult, createTopics, type NewTopic } from './create-topics.ts';
import { type Decide, type Decision, type Refusal, refuse } from './decision.ts';
import { type DeleteTopicResult, deleteTopics, type TopicReference } from './delete-topics.ts';
import {
  type Feature,
  type FeatureUpdate,
  featureLevel,
  type UpdateFeaturesResult,
  updateFeatures,
} from './features.ts';
import { recordsOf } from './image-records.ts';
import { automaticTopic } from './internal-topics.ts';
import { LiveImage } from './live-image.ts';
import type { MetadataChange, MetadataImage } from './metadata-image.ts';
import { type MetadataLog, MetadataLogFault } from './metadata-log.ts';
import type { CordonedBrokers } from './placement.ts';
import { type ProducerIdBlock, takeProducerIds } from './producer-ids.ts';
import { type Reassignment, type ReassignmentResult, reassignPartitions } from './reassign-partitions.ts';
import { registerBroker } from './register-broker.ts';

export interface ClusterMetadataOptions {
  readonly env: Env;
  /** Shared by the brokers of a cluster. Whoever made it closes it. */
  readonly log: MetadataLog;
  readonly nodeId: number;
  /** Gets its dynamic part from the metadata. */
  readonly config: BrokerConfig;
  /** The id that a new cluster gets; a random one when there is no wish. */
  readonly newClusterId?: string;
}

/**
 * Told what became different, right after it is in the image and before the change is answered. Called within a change: it must not
 * throw, and what it starts it does not await.
 */
export type ChangeListener = (changes: readonly MetadataChange[]) => void;

export interface ValidateOnly {
  /** Decides and answers, and changes nothing. */
  readonly validateOnly: boolean;
}

const really: ValidateOnly = { validateOnly: false };

export class ClusterMetadata {
  readonly #env: Env;
  readonly #log: MetadataLog;
  readonly #nodeId: number;
  readonly #config: BrokerConfig;
  readonly #newClusterId: string;
  readonly #incarnationId: string;
  readonly #image = new LiveImage();
  readonly #turns = new Turns();
  readonly #lifecycle: Lifecycle;
  readonly #listeners = new Set<ChangeListener>();
  readonly #unsubscribe: () => void;
  readonly #automaticCreations = new Set<string>();
  /** Why a topic that has to be there was refused last; the few topics of coordinators. */
  readonly #warnedOf = new Map<string, string>();
  /** Everything before it is in the image. */
  #position = 0;
  /** There may be more in the log than in the image. */
  #behind = true;
  #catchUpPlanned = false;
  #snapshotPlanned = false;

  private constructor(options: ClusterMetadataOptions) {
    this.#env = options.env;
    this.#log = options.log;
    this.#nodeId = options.nodeId;
    this.#config = options.config;
    this.#newClusterId = options.newClusterId ?? this.#randomUuid();
    this.#incarnationId = this.#randomUuid();
    this.#lifecycle = new Lifecycle(options.env.logger);
    this.#unsubscribe = this.#log.subscribe(() => this.#planCatchUp());
  }

  /** Reads all of the log. Nothing may be changed before `register`. */
  static async open(options: ClusterMetadataOptions): Promise<ClusterMetadata> {
    const metadata = new ClusterMetadata(options);
    await metadata.#turns.take(() => metadata.#catchUp());
    return metadata;
  }

  /** Changes in place between two turns of the event loop: look up again behind an `await`. */
  get image(): MetadataImage {
    return this.#image;
  }

  /** Grows with every change of the metadata, over all restarts. */
  get position(): number {
    return this.#position;
  }

  /** Kafka's 22 characters; known once a broker of the cluster has registered. */
  get clusterId(): string {
    return present(this.#image.clusterId, 'the cluster has an id once a broker has registered');
  }

  /**
   * Tells the cluster that this broker is here. The first call begins a new leader epoch for every partition that it leads; later calls
   * change its addresses.
   */
  register(address: { readonly endPoints: readonly BrokerEndPoint[]; readonly rack: string | null }): Promise<void> {
    return this.#change((image) =>
      registerBroker(image, {
        nodeId: this.#nodeId,
        incarnationId: this.#incarnationId,
        newClusterId: this.#newClusterId,
        minInsyncReplicas: this.#config.get('min.insync.replicas'),
        ...address,
      }),
    );
  }

  /** For a partition that this broker leads, and whose log has lost records that were committed or is further than the metadata: it has epochs up to `above`. */
  async beginLeaderEpoch(led: { topicId: string; partition: number; above: number }): Promise<void> {
    const { topicId, partition, above } = led;
    await this.#change((image) => beginLeaderEpoch(image, { topicId, partition, nodeId: this.#nodeId, above }));
  }

  /** One result per topic, in order. The names must differ. */
  createTopics(topics: readonly NewTopic[], options: ValidateOnly): Promise<readonly CreateTopicResult[]> {
    const creation = { config: this.#config, cordoned: this.#cordoned(), newTopicId: () => this.#randomUuid() };
    return this.#changeEach(topics, (image) => createTopics(image, topics, creation), options);
  }

  /** One result per topic, in order. No topic may be meant twice. */
  deleteTopics(topics: readonly TopicReference[]): Promise<readonly DeleteTopicResult[]> {
    return this.#changeEach(topics, (image) => deleteTopics(image, topics));
  }

  /** One result per topic, in order. The names must differ. */
  createPartitions(
    topics: readonly MorePartitions[],
    options: ValidateOnly,
  ): Promise<readonly CreatePartitionsResult[]> {
    return this.#changeEach(topics, (image) => createPartitions(image, topics, this.#cordoned()), options);
  }

  /** What is known of it: other brokers do not say. */
  #cordoned(): CordonedBrokers {
    return new Set(areAllCordoned(this.#config) ? [this.#nodeId] : []);
  }

  /** One result per resource, in order. The resources must differ. */
  alterConfigs(
    alterations: readonly ConfigAlteration[],
    options: ValidateOnly,
  ): Promise<readonly AlterConfigsResult[]> {
    const alteration = { config: this.#config, nodeId: this.#nodeId };
    return this.#changeEach(alterations, (image) => alterConfigs(image, alterations, alteration), options);
  }

  /** One result per partition, in order. */
  reassignPartitions(reassignments: readonly Reassignment[]): Promise<readonly ReassignmentResult[]> {
    return this.#changeEach(reassignments, (image) => reassignPartitions(image, reassignments));
  }

  /** The level that holds now. */
  featureLevel(feature: Feature): number {
    return featureLevel(this.#image, feature);
  }

  /** All of them or none. `supported`: the features that this broker serves. */
  async updateFeatures(
    updates: readonly FeatureUpdate[],
    supported: readonly Feature[],
    options: ValidateOnly,
  ): Promise<UpdateFeaturesResult> {
    const decide: Decide<readonly UpdateFeaturesResult[]> = (image) => {
      const { records, reply } = updateFeatures(image, updates, { supported, nodeId: this.#nodeId });
      return { records, reply: [reply] };
    };
    const [result] = await this.#changeEach([updates], decide, options);
    return present(result, 'one update has one result');
  }

  /** Ids that nobody has had and nobody else will get. */
  takeProducerIds(): Promise<ProducerIdBlock> {
    return this.#change((image) => takeProducerIds(image, this.#nodeId));
  }

  /** Creates a topic of a coordinator, with the settings that Kafka gives it, unless it exists. */
  async ensureTopic(name: string): Promise<CreateTopicResult | { readonly kind: 'exists' }> {
    if (this.#image.topicByName(name) !== undefined) return { kind: 'exists' };
    const [created] = await this.createTopics([automaticTopic(name, this.#config)], really);
    const result = present(created, 'one topic has one result');
    if (result.kind === 'refused' && this.#image.topicByName(name) === undefined) this.#warnOfRefusal(name, result);
    return result;
  }

  /** Clients are only told to ask again, and do so for ever: whoever runs the broker has to learn why, once and not each time. */
  #warnOfRefusal(topic: string, { error, message }: Refusal): void {
    const reason = message ?? errorName(error);
    if (this.#warnedOf.get(topic) === reason) return;
    this.#warnedOf.set(topic, reason);
    this.#env.logger.warn({ topic, reason }, 'a topic of the broker itself cannot be created');
  }

  /** Creates topics in the background, as far as they may be created. Who asked for them asks again. */
  createAutomatically(names: readonly string[]): void {
    const room = limits.automaticTopicCreations - this.#automaticCreations.size;
    const wanted = names.filter((name) => !this.#automaticCreations.has(name)).slice(0, Math.max(0, room));
    if (wanted.length === 0 || this.#lifecycle.stopped) return;
    for (const name of wanted) this.#automaticCreations.add(name);
    this.#lifecycle.run('automatic topic creation', async () => {
      try {
        const topics = wanted.map((name) => automaticTopic(name, this.#config));
        const results = await this.createTopics(topics, really);
        this.#env.logger.debug({ topics: wanted, results }, 'topics created because somebody asked for them');
      } finally {
        for (const name of wanted) this.#automaticCreations.delete(name);
      }
    });
  }

  /** Calls `listener` until the returned function is called. */
  subscribe(listener: ChangeListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Lets the changes that have begun end. None may begin afterwards. */
  async close(): Promise<void> {
    this.#unsubscribe();
    await this.#lifecycle.stop();
    await this.#turns.take(async () => {});
  }

  /** One result per item; when the log fails, each is refused with an error after which clients look and try again. */
  async #changeEach<Result>(
    items: readonly unknown[],
    decide: Decide<readonly Result[]>,
    options: ValidateOnly = really,
  ): Promise<readonly (Result | Refusal)[]> {
    try {
      return await this.#change(decide, options);
    } catch (error) {
      if (!(error instanceof MetadataLogFault)) throw error;
      this.#env.logger.error({ err: error }, 'a change of the metadata failed; its outcome is unknown');
      return items.map(() => refuse(ErrorCode.KAFKA_STORAGE_ERROR, 'The metadata log failed; the outcome is unknown.'));
    }
  }

  #change<Reply>(decide: Decide<Reply>, { validateOnly }: ValidateOnly = really): Promise<Reply> {
    return this.#turns.take(async () => {
      for (;;) {
        if (this.#behind) await this.#catchUp();
        const decision = decide(this.#image);
        if (validateOnly || decision.records.length === 0) return decision.reply;
        if (await this.#append(decision)) return decision.reply;
      }
    });
  }

  /** False when another broker was faster. */
  async #append({ records }: Decision<unknown>): Promise<boolean> {
    // Should the append fail with an unknown outcome, whatever became of it is read back before the next decision.
    this.#behind = true;
    const outcome = await this.#log.append(records, { expectedPosition: this.#position });
    if (outcome.kind === 'conflict') return false;
    this.#behind = false;
    this.#apply(records, outcome.position);
    if (this.#log.wantsSnapshot) this.#planSnapshot();
    return true;
  }

  #planSnapshot(): void {
    if (this.#snapshotPlanned || this.#lifecycle.stopped) return;
    this.#snapshotPlanned = true;
    this.#lifecycle.run('metadata snapshot', () =>
      this.#turns.take(() => {
        this.#snapshotPlanned = false;
        return this.#appendSnapshot();
      }),
    );
  }

  /** The image as it is in this turn. When another broker was faster, the next change asks again. */
  async #appendSnapshot(): Promise<void> {
    if (this.#behind) await this.#catchUp();
    this.#behind = true;
    const outcome = await this.#log.appendSnapshot(recordsOf(this.#image), { expectedPosition: this.#position });
    if (outcome.kind === 'conflict') return;
    this.#behind = false;
    this.#position = outcome.position;
    this.#env.logger.debug({ position: outcome.position }, 'a snapshot of the metadata was written');
  }

  #planCatchUp(): void {
    if (this.#catchUpPlanned || this.#lifecycle.stopped) return;
    this.#catchUpPlanned = true;
    this.#lifecycle.run('metadata catch-up', () =>
      this.#turns.take(() => {
        this.#catchUpPlanned = false;
        return this.#catchUp();
      }),
    );
  }

  async #catchUp(): Promise<void> {
    for (;;) {
      const { records, nextPosition } = await this.#log.readFrom(this.#position);
      if (nextPosition === this.#position) break;
      this.#apply(records, nextPosition);
    }
    this.#behind = false;
  }

  #apply(records: readonly ClusterRecord[], position: number): void {
    assert(position > this.#position, 'the metadata log goes forward', { position, before: this.#position });
    const changes: MetadataChange[] = [];
    for (const record of records) {
      const change = this.#image.apply(record);
      if (change !== undefined) changes.push(change);
    }
    this.#position = position;
    this.#followBrokerSettings(changes);
    for (const listener of this.#listeners) listener(changes);
  }

  /** Dynamic broker settings live in the metadata and are read through the config. */
  #followBrokerSettings(changes: readonly MetadataChange[]): void {
    const own = String(this.#nodeId);
    for (const [name, layer] of [
      [CLUSTER_DEFAULT, 'cluster'],
      [own, 'broker'],
    ] as const) {
      const changed = changes.some(
        (change) =>
          change.kind === 'config-changed' &&
          change.resourceType === ConfigResourceType.BROKER &&
          change.resourceName === name,
      );
      if (changed) this.#config.setDynamic(layer, this.#image.configs(ConfigResourceType.BROKER, name));
    }
  }

  #randomUuid(): string {
    for (;;) {
      const uuid = Buffer.from(this.#env.random.bytes(16)).toString('base64url');
      // Tools take a leading dash for an option. Kafka avoids it too.
      if (!uuid.startsWith('-')) return uuid;
    }
  }
}
