/**
 * The form of a scenario file: requests, and what Apache Kafka 4.3.1 answered. README.md beside this file tells what each word means. Owns reading the files and
 * refusing words that the player does not know; a word that is overlooked would make a comparison mean less than it says.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Json } from '../src/protocol/json.ts';

export type JsonObject = { readonly [name: string]: Json };

export interface Scenario {
  /** `area/name`. */
  readonly name: string;
  readonly about: string;
  /** Broker settings that it needs on top of the usual ones. */
  readonly broker?: Readonly<Record<string, string>>;
  /** Further listeners: name and security protocol. */
  readonly listeners?: Readonly<Record<string, string>>;
  /** How many data directories the broker has; 1 when absent. */
  readonly directories?: number;
  /** Group ids that must not share a partition of `__consumer_offsets`. */
  readonly apart?: readonly string[];
  /** True: it needs a broker of its own. */
  readonly isolate?: boolean;
  readonly steps: readonly Step[];
}

export interface Step {
  readonly id?: string;
  readonly note?: string;
  readonly conn?: string;
  readonly listener?: string;
  readonly api?: string;
  readonly version?: number;
  readonly request?: JsonObject;
  readonly rawHex?: string;
  readonly response?: Json;
  readonly async?: boolean;
  readonly await?: string;
  readonly pending?: string;
  readonly sleepMs?: number;
  readonly close?: string;
  readonly restart?: 'clean' | 'kill';
  readonly save?: Readonly<Record<string, string>>;
  readonly keep?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
  readonly retryUntil?: Readonly<Record<string, Json>>;
  readonly retryWhile?: Readonly<Record<string, Json>>;
  readonly retryForMs?: number;
  readonly expectDisconnect?: boolean;
  readonly noResponse?: boolean;
  readonly ordered?: readonly string[];
  readonly unordered?: readonly string[];
  readonly minMs?: number;
  readonly maxMs?: number;
  readonly timeoutMs?: number;
  readonly apiKey?: number;
  readonly bodyVersion?: number;
  readonly headerVersion?: number;
  readonly responseVersion?: number;
  readonly clientId?: string | null;
  readonly appendHex?: string;
  readonly truncate?: number;
  readonly lengthDelta?: number;
  /** For whoever records; means nothing here. */
  readonly vary?: readonly string[];
}

const SCENARIO_WORDS = new Set(['name', 'about', 'broker', 'listeners', 'directories', 'apart', 'isolate', 'steps']);
const STEP_WORDS = new Set<keyof Step>([
  'id',
  'note',
  'conn',
  'listener',
  'api',
  'version',
  'request',
  'rawHex',
  'response',
  'async',
  'await',
  'pending',
  'sleepMs',
  'close',
  'restart',
  'save',
  'keep',
  'retryUntil',
  'retryWhile',
  'retryForMs',
  'expectDisconnect',
  'noResponse',
  'ordered',
  'unordered',
  'minMs',
  'maxMs',
  'timeoutMs',
  'apiKey',
  'bodyVersion',
  'headerVersion',
  'responseVersion',
  'clientId',
  'appendHex',
  'truncate',
  'lengthDelta',
  'vary',
]);

/** The scenarios of a folder whose name is in `paths` or begins with one of them; all when there are no paths. */
export function readScenarios(folder: string, paths: readonly string[] = []): Scenario[] {
  const names = filesBelow(folder).map((file) => relative(folder, file).replace(/\.json$/, ''));
  const wanted = paths.map((path) => path.replace(/\.json$/, '').replace(/\/$/, ''));
  return names
    .filter((name) => wanted.length === 0 || wanted.some((path) => name === path || name.startsWith(`${path}/`)))
    .sort()
    .map((name) => readScenario(join(folder, `${name}.json`)));
}

function readScenario(file: string): Scenario {
  const scenario: Scenario = JSON.parse(readFileSync(file, 'utf8'));
  refuseUnknown(scenario, SCENARIO_WORDS, file);
  scenario.steps.forEach((step, index) => {
    refuseUnknown(step, STEP_WORDS, `${file}, step ${index}`);
  });
  return scenario;
}

function refuseUnknown(object: object, known: ReadonlySet<unknown>, where: string): void {
  const unknown = Object.keys(object).filter((word) => !known.has(word));
  if (unknown.length > 0) throw new Error(`${where}: the player does not know ${unknown.join(', ')}`);
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) return filesBelow(path);
    return name.endsWith('.json') ? [path] : [];
  });
}
