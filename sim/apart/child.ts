/** The process that `apart.ts` starts, with the name of a work and its parameters: sends what comes of it. */
import * as works from './works.ts';

const [name = '', parameters = '[]'] = process.argv.slice(2);
const work = Object.entries(works).find(([known]) => known === name)?.[1];
if (work === undefined) throw new Error(`nobody knows the work ${name}`);
// `apart` has the types of the parameters.
const answer = await (work as (...some: readonly unknown[]) => unknown)(...JSON.parse(parameters));
process.send?.(answer, () => process.disconnect?.());
