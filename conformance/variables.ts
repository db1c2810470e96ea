/** The variables of one run of a scenario: `${run}`, `${now}`, what was saved; `${now-1000}` adds, `${hex:run}` is the text as hex. */

import type { Json } from '../src/protocol/json.ts';
import { isArray } from './pointer.ts';

const VARIABLE = /\$\{(hex:)?([A-Za-z_][A-Za-z0-9_]*)([+-]\d+)?\}/g;
const ONLY_A_VARIABLE = /^\$\{([A-Za-z_][A-Za-z0-9_]*)([+-]\d+)?\}$/;

export class Variables {
  readonly #values = new Map<string, Json>();

  set(name: string, value: Json): void {
    this.#values.set(name, value);
  }

  /** Puts the values in, everywhere, in the names of fields too. */
  fill(json: Json): Json {
    if (typeof json === 'string') return this.fillText(json);
    if (json === null || typeof json !== 'object') return json;
    if (isArray(json)) return json.map((element) => this.fill(element));
    return Object.fromEntries(
      Object.entries(json).map(([name, value]) => [String(this.fillText(name)), this.fill(value)]),
    );
  }

  /** A text that is nothing but one variable takes that variable's type. */
  fillText(text: string): Json {
    const only = ONLY_A_VARIABLE.exec(text);
    if (only !== null) return this.#value(only[1] ?? '', only[2]);
    return text.replace(VARIABLE, (_all, hex: string | undefined, name: string, added: string | undefined) => {
      const value = String(this.#value(name, added));
      return hex === undefined ? value : Buffer.from(value).toString('hex');
    });
  }

  #value(name: string, added: string | undefined): Json {
    const value = this.#values.get(name);
    if (value === undefined) throw new Error(`the variable ${name} has no value yet`);
    return added === undefined ? value : Number(value) + Number(added);
  }
}
