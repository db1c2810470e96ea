/** Plays one scenario against a broker: sends what it says, waits as it says, and has every outcome judged. */
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { coordinatorPartition } from '../src/base/java-hash.ts';
import type { Json } from '../src/protocol/json.ts';
import { ANY_CORRELATION, ClientConnection, type Exchange, type Outcome } from './client-connection.ts';
import { brief, differencesBetween } from './compare.ts';
import { judge, kept, type Observed, type Verdict } from './judge.ts';
import { requestFrame, responseJson } from './messages.ts';
import { valueAt } from './pointer.ts';
import type { Scenario, Step } from './scenario.ts';
import { Variables } from './variables.ts';

export interface Target {
  /** By the name of the listener; PLAINTEXT is always there. */
  addressOf(listener: string): { readonly host: string; readonly port: number };
  /** Undefined: this broker cannot be restarted by us. */
  readonly restart: ((how: 'clean' | 'kill') => Promise<void>) | undefined;
}

/** What happened at a step, for those who want to judge it again under other expectations. */
export interface PlayedStep {
  readonly index: number;
  readonly step: Step;
  readonly observed: Observed;
  readonly verdict: Verdict;
}

export interface Played {
  readonly scenario: Scenario;
  readonly steps: readonly PlayedStep[];
  /** Sentences that begin with the step. */
  readonly problems: readonly string[];
  readonly variables: Variables;
}

const ANSWER_TIMEOUT_MS = 40_000;
const DISCONNECT_TIMEOUT_MS = 10_000;
const RETRY_FOR_MS = 30_000;
const RETRY_PAUSE_MS = 100;
const RUN_CHARACTERS = 8;
/** `offsets.topic.num.partitions`, where nobody has set it. */
const OFFSETS_PARTITIONS = 50;

export async function play(scenario: Scenario, target: Target): Promise<Played> {
  const run = new Run(target, newRun(scenario.apart));
  const problems: string[] = [];
  try {
    for (const [index, step] of scenario.steps.entries()) {
      const found = await run.stepProblems(step, index);
      problems.push(...found.problems.map((problem) => `step ${index}${labelOf(step)}: ${problem}`));
      if (found.fatal) break;
    }
  } finally {
    run.close();
  }
  return { scenario, steps: run.played, problems, variables: run.variables };
}

/** A name by chance, with which the groups that the scenario wants apart are. */
function newRun(apart: readonly string[] = []): string {
  for (;;) {
    const run = `r${Math.random().toString(36).slice(2).padEnd(RUN_CHARACTERS, '0')}`.slice(0, RUN_CHARACTERS);
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of scenarios looks like this.
    const groupIds = apart.map((groupId) => groupId.replaceAll('${run}', run));
    const partitions = new Set(groupIds.map((groupId) => coordinatorPartition(groupId, OFFSETS_PARTITIONS)));
    if (partitions.size === apart.length) return run;
  }
}

class Run {
  readonly variables = new Variables();
  readonly played: PlayedStep[] = [];
  readonly #target: Target;
  readonly #connections = new Map<string, ClientConnection>();
  readonly #unanswered = new Map<string, { step: Step; exchange: Exchange }>();

  constructor(target: Target, run: string) {
    this.#target = target;
    this.variables.set('run', run);
    this.variables.set('now', Date.now());
  }

  close(): void {
    for (const connection of this.#connections.values()) connection.close();
    this.#connections.clear();
    this.#unanswered.clear();
  }

  async stepProblems(step: Step, index: number): Promise<Verdict> {
    try {
      return await this.#do(step, index);
    } catch (error) {
      return { problems: [error instanceof Error ? error.message : String(error)], fatal: true };
    }
  }

  async #do(step: Step, index: number): Promise<Verdict> {
    if (step.sleepMs !== undefined) await sleep(step.sleepMs);
    else if (step.close !== undefined) this.#drop(step.close);
    else if (step.restart !== undefined) await this.#restart(step.restart);
    else if (step.pending !== undefined) return this.#mustBePending(step.pending);
    else if (step.await !== undefined) return await this.#collect(step, index);
    else if (step.async === true) this.#unanswered.set(step.id ?? '', { step, exchange: await this.#send(step) });
    else if (step.retryUntil !== undefined || step.retryWhile !== undefined) return await this.#retry(step, index);
    else return await this.#finish({ step, sent: step, index, exchange: await this.#send(step) });
    return GOOD;
  }

  async #send(step: Step): Promise<Exchange> {
    const connection = await this.#connection(step);
    if (step.rawHex !== undefined) {
      const bytes = Buffer.from(String(this.variables.fillText(step.rawHex)).replaceAll(/\s/g, ''), 'hex');
      return connection.send(bytes, isSilent(step) ? undefined : ANY_CORRELATION);
    }
    const correlationId = connection.nextCorrelationId();
    // Filled in, a request is still an object, and a client id a text or null.
    const filled = { ...step, request: this.variables.fill(step.request ?? {}) as NonNullable<Step['request']> };
    const clientId =
      step.clientId === undefined ? {} : { clientId: this.variables.fill(step.clientId) as string | null };
    const frame = requestFrame({ ...filled, ...clientId }, correlationId);
    return connection.send(frame, isSilent(step) ? undefined : correlationId);
  }

  async #connection(step: Step): Promise<ClientConnection> {
    const name = step.conn ?? 'c1';
    // An end that has already arrived is seen before anything is sent.
    await nextTurn();
    const open = this.#connections.get(name);
    if (open !== undefined && !open.ended) return open;
    const opened = await ClientConnection.open(this.#target.addressOf(step.listener ?? 'PLAINTEXT'));
    this.#connections.set(name, opened);
    return opened;
  }

  #drop(name: string): void {
    const connection = this.#connections.get(name);
    if (connection === undefined) throw new Error(`there is no connection ${name}`);
    connection.close();
    this.#connections.delete(name);
  }

  async #restart(how: 'clean' | 'kill'): Promise<void> {
    if (this.#target.restart === undefined) throw new Error('this broker cannot be restarted from here');
    this.close();
    await this.#target.restart(how);
  }

  #mustBePending(id: string): Verdict {
    const { exchange } = this.#unansweredStep(id);
    if (exchange.settled === undefined) return GOOD;
    return { problems: [`the answer to ${id} should still be outstanding`], fatal: false };
  }

  async #collect(step: Step, index: number): Promise<Verdict> {
    const id = step.await ?? '';
    const { step: sent, exchange } = this.#unansweredStep(id);
    this.#unanswered.delete(id);
    return await this.#finish({ step, sent, index, exchange });
  }

  #unansweredStep(id: string): { step: Step; exchange: Exchange } {
    const unanswered = this.#unanswered.get(id);
    if (unanswered === undefined) throw new Error(`there is no unanswered step ${id}`);
    return unanswered;
  }

  async #finish(waiting: { step: Step; sent: Step; index: number; exchange: Exchange }): Promise<Verdict> {
    const { step, sent, index, exchange } = waiting;
    if (isSilent(sent)) return GOOD;
    const timeoutMs = step.timeoutMs ?? (step.expectDisconnect === true ? DISCONNECT_TIMEOUT_MS : ANSWER_TIMEOUT_MS);
    return this.#judge(step, index, observe(sent, await exchange.within(timeoutMs)));
  }

  async #retry(step: Step, index: number): Promise<Verdict> {
    const until = Date.now() + (step.retryForMs ?? RETRY_FOR_MS);
    for (;;) {
      const exchange = await this.#send(step);
      const observed = observe(step, await exchange.within(step.timeoutMs ?? ANSWER_TIMEOUT_MS));
      if (observed.kind !== 'answer' || this.#isEnough(step, observed.json)) return this.#judge(step, index, observed);
      if (Date.now() > until) {
        return {
          problems: [`the retry condition was never reached; last answer ${brief(observed.json)}`],
          fatal: false,
        };
      }
      await sleep(RETRY_PAUSE_MS);
    }
  }

  #isEnough(step: Step, answer: Json): boolean {
    const holds = ([pointer, wanted]: [string, Json]) => this.#holds(answer, pointer, wanted);
    return Object.entries(step.retryUntil ?? {}).every(holds) && !Object.entries(step.retryWhile ?? {}).some(holds);
  }

  #holds(answer: Json, pointer: string, wanted: Json): boolean {
    const value = valueAt(answer, String(this.variables.fillText(pointer)));
    if (value === undefined) return false;
    const alternatives = Array.isArray(wanted) ? wanted : [wanted];
    return alternatives.some((each) => differencesBetween(each, value, this.variables, NO_ORDERS).length === 0);
  }

  #judge(step: Step, index: number, observed: Observed): Verdict {
    if (observed.kind === 'answer') this.#save(step, kept(step, observed.json, this.variables));
    const verdict = judge(step, observed, this.variables);
    this.played.push({ index, step, observed, verdict });
    return verdict;
  }

  #save(step: Step, answer: Json): void {
    for (const [name, pointer] of Object.entries(step.save ?? {})) {
      const filled = String(this.variables.fillText(pointer));
      const value = valueAt(answer, filled);
      if (value === undefined) throw new Error(`nothing is at ${filled} to save, in ${brief(answer)}`);
      this.variables.set(name, value);
    }
  }
}

const GOOD: Verdict = { problems: [], fatal: false };
const NO_ORDERS = { ordered: [], unordered: [] };

function observe(sent: Step, outcome: Outcome): Observed {
  if (outcome.kind !== 'answer') return outcome;
  if (sent.api === undefined) return { kind: 'undecodable', reason: `${outcome.frame.length} bytes came` };
  try {
    return { kind: 'answer', json: responseJson(sent, outcome.frame), ms: outcome.ms };
  } catch (error) {
    const hex = Buffer.from(outcome.frame.subarray(0, 200)).toString('hex');
    return { kind: 'undecodable', reason: `${error instanceof Error ? error.message : String(error)} (${hex})` };
  }
}

/** Whether no answer is wanted. */
function isSilent(step: Step): boolean {
  return (
    step.noResponse === true || (step.rawHex !== undefined && step.api === undefined && step.expectDisconnect !== true)
  );
}

function labelOf(step: Step): string {
  const id = step.id === undefined ? '' : ` "${step.id}"`;
  if (step.api !== undefined) return `${id} ${step.api} v${step.version}`;
  const word = (['await', 'pending', 'rawHex', 'close', 'sleepMs', 'restart'] as const).find(
    (name) => step[name] !== undefined,
  );
  return `${id} ${word ?? ''}${step.await === undefined ? '' : ` ${step.await}`}`;
}
