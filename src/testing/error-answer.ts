/**
 * An answer that says one error for everything that a request asked for, for any API: items of the response are matched with items of the request by
 * their schemas, so an API needs no rule of its own.
 */
import type { ErrorCode } from '../protocol/error-code.ts';
import type { Api, Field, Shape } from '../protocol/schema.ts';

type Item = Readonly<Record<string, unknown>>;

/** Lists in requests that ask for nothing: what a fetch session shall forget. */
const unanswered: ReadonlySet<string> = new Set(['forgottenTopicsData']);

/** The error stands at the items where the request has some, else at the top. */
export function errorAnswer(api: Api, request: unknown, errorCode: ErrorCode): Item {
  const answer = fill(api.response.shape, api.request.shape, isItem(request) ? request : {}, errorCode);
  const answered = Object.values(answer).some((value) => Array.isArray(value) && value.length > 0);
  return answered ? { ...answer, errorCode: 0 } : answer;
}

function fill(shape: Shape, requestShape: Shape, request: Item, errorCode: ErrorCode): Item {
  const filled: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(shape)) {
    const items = field.type === 'array' ? field.element?.shape : undefined;
    if (name === 'errorCode') filled[name] = errorCode;
    else if (items !== undefined)
      filled[name] = saysErrors(items) ? fillItems(items, requestShape, request, errorCode) : [];
    else if (name in request) filled[name] = request[name];
    else if (isIndex(name)) filled[name] = Object.entries(request).find(([key]) => isIndex(key))?.[1];
  }
  return filled;
}

/** One item for each item of the request's first filled list; a list of names or numbers stands for items that have only that. */
function fillItems(items: Shape, requestShape: Shape, request: Item, errorCode: ErrorCode): Item[] {
  for (const [name, field] of Object.entries(requestShape)) {
    const asked = request[name];
    if (unanswered.has(name) || !Array.isArray(asked) || asked.length === 0) continue;
    const shape = field.element?.shape ?? {};
    return asked.map((item: unknown) =>
      isItem(item)
        ? fill(items, shape, item, errorCode)
        : fill(items, shape, { [keyOf(items, item)]: item }, errorCode),
    );
  }
  return [];
}

/** The field that names an item: its index where it is known by a number, else the first text. */
function keyOf(items: Shape, known: unknown): string {
  const isKey = ([name, field]: [string, Field]) =>
    typeof known === 'number' ? isIndex(name) : field.type === 'string';
  return Object.entries(items).find(isKey)?.[0] ?? '';
}

function saysErrors(shape: Shape): boolean {
  return 'errorCode' in shape || Object.values(shape).some((field: Field) => saysErrors(field.element?.shape ?? {}));
}

/** A partition is called so in one schema, and so in another. */
function isIndex(name: string): boolean {
  return name === 'partition' || name === 'partitionIndex' || name === 'index';
}

function isItem(value: unknown): value is Item {
  return typeof value === 'object' && value !== null && !(value instanceof Uint8Array);
}
