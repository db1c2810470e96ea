import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseProperties } from './properties.ts';

/** Text and what Java's Properties.load makes of it. */
const cases: readonly (readonly [string, string, Readonly<Record<string, string>>])[] = [
  ['keys end at =, : or blanks', 'a=1\nb:2\nc 3\nd\t=\t4\ne : 5', { a: '1', b: '2', c: '3', d: '4', e: '5' }],
  ['only one separator belongs to the line', 'a==1\nb=:2', { a: '=1', b: ':2' }],
  ['comments and empty lines count for nothing', '# a=1\n  ! b=2\n\n \t\nc=3', { c: '3' }],
  ['a comment sign inside a line is text', 'a=1 # one', { a: '1 # one' }],
  [
    'a backslash at the end continues, leading blanks of the next line go',
    'a=1,\\\n   2,\\\n\t3\nb=4',
    { a: '1,2,3', b: '4' },
  ],
  ['a comment sign on a continued line is text', 'a=1,\\\n#2', { a: '1,#2' }],
  ['two backslashes are one and continue nothing', 'a=1\\\\\nb=2', { a: '1\\', b: '2' }],
  ['escapes', 'a\\ b\\=c=x\\ty\\nz\\u00e9\\q', { 'a b=c': 'x\ty\nz\u00e9q' }],
  ['blanks at the end stay', 'a=1  ', { a: '1  ' }],
  ['all kinds of line ends', 'a=1\rb=2\r\nc=3', { a: '1', b: '2', c: '3' }],
  ['a key alone has an empty value', 'a\nb=', { a: '', b: '' }],
  ['the last of two values counts', 'a=1\na=2', { a: '2' }],
  ['a file that ends in a continuation', 'a=1\\', { a: '1' }],
];

for (const [name, text, expected] of cases) {
  test(`properties: ${name}`, () => assert.deepEqual(Object.fromEntries(parseProperties(text)), expected));
}
