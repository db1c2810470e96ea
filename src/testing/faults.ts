/**
 * Faults that a test asks for: a broker that answers with an error, hangs up, or takes its time, for requests of one API. Owns the rules and counts how
 * often they may still act; the newest rule wins. A request that no rule wants goes its way.
 */
import type { Timers } from '../base/env.ts';
import type { ErrorCode } from '../protocol/error-code.ts';
import { ErrorCode as errorCodes } from '../protocol/error-code.ts';
import type { Interceptor } from '../server/dispatch.ts';
import { type Duration, durationMs } from './duration.ts';
import { errorAnswer } from './error-answer.ts';

/** `NOT_LEADER_OR_FOLLOWER` and the like: Kafka's names of its error codes. */
export type ErrorName = keyof typeof errorCodes;

type Action =
  | { readonly kind: 'error'; readonly code: ErrorCode }
  | { readonly kind: 'disconnect' }
  | { readonly kind: 'delay'; readonly ms: number };

/** A fault that is in force until it has acted as often as it may, or is lifted. */
export class Fault {
  readonly #rules: Set<Rule>;
  readonly #rule: Rule;

  constructor(rules: Set<Rule>, rule: Rule) {
    this.#rules = rules;
    this.#rule = rule;
  }

  /** How often it has acted. */
  get hits(): number {
    return this.#rule.hits;
  }

  /** It acts on the next `count` requests and then no more. */
  times(count: number): this {
    this.#rule.left = count;
    return this;
  }

  once(): this {
    return this.times(1);
  }

  /** Only for clients with this `client.id`. */
  forClient(clientId: string): this {
    this.#rule.clientId = clientId;
    return this;
  }

  lift(): void {
    this.#rules.delete(this.#rule);
  }
}

interface Rule {
  readonly apiName: string;
  readonly action: Action;
  clientId: string | undefined;
  left: number;
  hits: number;
}

export class Faults {
  readonly #rules = new Set<Rule>();
  readonly #apiNames: ReadonlySet<string>;
  readonly #timers: Timers;

  /** `apiNames` are those that the broker serves: another name is a mistake of the test. */
  constructor(apiNames: Iterable<string>, timers: Timers) {
    this.#apiNames = new Set(apiNames);
    this.#timers = timers;
  }

  /** Requests of this API are not carried out; every item in them is answered with the error. */
  error(apiName: string, error: ErrorName): Fault {
    return this.#add(apiName, { kind: 'error', code: errorCodes[error] });
  }

  /** The connection closes in place of an answer, and the request is not carried out. */
  disconnectOn(apiName: string): Fault {
    return this.#add(apiName, { kind: 'disconnect' });
  }

  /** Requests of this API wait before they are carried out; `clock.advance` can end the wait. */
  delay(apiName: string, duration: Duration): Fault {
    return this.#add(apiName, { kind: 'delay', ms: durationMs(duration) });
  }

  /** Lifts all faults. */
  clear(): void {
    this.#rules.clear();
  }

  /** What the broker's dispatcher calls. */
  get interceptor(): Interceptor {
    return ({ api, request, context, proceed }) => {
      const rule = this.#take(api.name, context.clientId);
      switch (rule?.action.kind) {
        case undefined:
          return proceed();
        case 'error':
          return errorAnswer(api, request, rule.action.code);
        case 'disconnect':
          context.disconnect();
          return undefined;
        case 'delay':
          return this.#wait(rule.action.ms).then(proceed);
      }
    };
  }

  #add(apiName: string, action: Action): Fault {
    if (!this.#apiNames.has(apiName)) throw new RangeError(`the broker serves no API named ${apiName}`);
    const rule: Rule = { apiName, action, clientId: undefined, left: Number.POSITIVE_INFINITY, hits: 0 };
    this.#rules.add(rule);
    return new Fault(this.#rules, rule);
  }

  #take(apiName: string, clientId: string | null): Rule | undefined {
    for (const rule of [...this.#rules].reverse()) {
      if (rule.apiName !== apiName || (rule.clientId !== undefined && rule.clientId !== clientId)) continue;
      rule.hits += 1;
      rule.left -= 1;
      if (rule.left <= 0) this.#rules.delete(rule);
      return rule;
    }
    return undefined;
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => this.#timers.after(ms, resolve));
  }
}
