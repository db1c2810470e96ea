/** Reads the recorded bytes for tests. Never part of the broker. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { Json } from '../json.ts';

export interface WireVector {
  /** Kafka's name of the message. */
  readonly message: string;
  readonly recordType?: number;
  readonly kind: 'request' | 'response' | 'header' | 'data' | 'key' | 'value' | 'metadata';
  readonly version: number;
  readonly case: string;
  readonly json: Json;
  readonly hex: string;
  readonly stored?: string;
}

/** The selection that lives in this folder. */
export function committedVectors(): readonly WireVector[] {
  return ['messages.jsonl', 'records.jsonl'].flatMap((file) => readVectors(new URL(file, import.meta.url)));
}

/** Every vector of a folder, or undefined when there is no such folder. */
export function vectorsOf(folder: URL): readonly WireVector[] | undefined {
  if (!existsSync(folder)) return undefined;
  return readdirSync(folder)
    .filter((name) => name.endsWith('.jsonl'))
    .sort()
    .flatMap((name) => readVectors(new URL(`${folder.href}/${name}`)));
}

function readVectors(file: URL): readonly WireVector[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line): WireVector => JSON.parse(line));
}
