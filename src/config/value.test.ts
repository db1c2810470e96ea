import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipLevel, oneOfIgnoringCase, quorumVoters, shareOffsetReset, throttledReplicas } from './check.ts';
import { boolean, double, int, list, long, longMax, password, type Setting, short, string } from './setting.ts';
import { parseSetting, valueText } from './value.ts';

function read(setting: Setting, text: string): unknown {
  const parsed = parseSetting('a.name', setting, text);
  return parsed.kind === 'value' ? parsed.value : parsed.message;
}

const refusals: readonly (readonly [Setting, string, string])[] = [
  [int(0), 'x', 'Invalid value x for configuration a.name: Not a number of type INT'],
  [int(0), '', 'Invalid value  for configuration a.name: Not a number of type INT'],
  [int(0), '5.0', 'Invalid value 5.0 for configuration a.name: Not a number of type INT'],
  [int(0), '0x5', 'Invalid value 0x5 for configuration a.name: Not a number of type INT'],
  [int(0), '2147483648', 'Invalid value 2147483648 for configuration a.name: Not a number of type INT'],
  [short(0), '32768', 'Invalid value 32768 for configuration a.name: Not a number of type SHORT'],
  [
    long(0),
    '9223372036854775808',
    'Invalid value 9223372036854775808 for configuration a.name: Not a number of type LONG',
  ],
  [double(0), '', 'Invalid value  for configuration a.name: Not a number of type DOUBLE'],
  [boolean(true), 'yes', 'Invalid value yes for configuration a.name: Expected value to be either true or false'],
  [int(9, { min: 1, max: 17 }), '0', 'Invalid value 0 for configuration a.name: Value must be at least 1'],
  [int(9, { min: 1, max: 17 }), '18', 'Invalid value 18 for configuration a.name: Value must be no more than 17'],
  [
    int(-1, { check: gzipLevel }),
    '0',
    'Invalid value 0 for configuration a.name: Value must be between 1 and 9 or equal to -1',
  ],
  [string('a', { oneOf: ['a', 'b'] }), 'A', 'Invalid value A for configuration a.name: String must be one of: a, b'],
  [
    string('UP', { check: oneOfIgnoringCase(['UP', 'DOWN']) }),
    'x',
    'Invalid value x for configuration a.name: String must be one of (case insensitive): UP, DOWN',
  ],
  [list([], { someOf: ['a', 'b'] }), 'a,x', 'Invalid value x for configuration a.name: String must be one of: a, b'],
  [list([]), 'a,,b', "Configuration 'a.name' values must not be empty."],
  [
    list([], { filled: true }),
    '',
    "Configuration 'a.name' must not be empty. Valid values include: any non-empty value",
  ],
  [
    list([], { check: throttledReplicas }),
    '1:1,*',
    "Invalid value [1:1, *] for configuration a.name: a.name must be the literal '*' or a list of replicas in the following format: [partitionId]:[brokerId],[partitionId]:[brokerId],...",
  ],
  [
    list([], { check: quorumVoters }),
    'a',
    'Invalid configuration value for a.name. Each entry should be in the form `{id}@{host}:{port}`.',
  ],
  [
    string('latest', { check: shareOffsetReset }),
    'by_duration:-PT1H',
    "Invalid value by_duration:-PT1H for configuration a.name: Invalid value `by_duration:-PT1H` for configuration a.name. The value must be either 'earliest', 'latest' or of the format 'by_duration:<PnDTnHnMn.nS>'.",
  ],
];

test('a text that is no legal value is refused in the words of Apache Kafka', () => {
  for (const [setting, text, message] of refusals) assert.equal(read(setting, text), message);
});

const readings: readonly (readonly [Setting, string, unknown])[] = [
  [int(0), ' 5 ', 5],
  [int(0), '+5', 5],
  [int(0), '-0', 0],
  [long(0), '-9223372036854775808', -longMax],
  [long(0), '9223372036854775807', longMax],
  [long(0), '9007199254740992', longMax],
  [double(0), ' 1e-1 ', 0.1],
  [double(0), '.5d', 0.5],
  [double(0), '1.', 1],
  [boolean(true), ' FALSE ', false],
  [string(''), ' a b ', 'a b'],
  [list([]), '', []],
  [list([]), 'a, b,a', ['a', 'b']],
  [list([], { check: throttledReplicas }), '0:1,0:1', ['0:1', '0:1']],
  [list([]), ' a , b ', ['a', 'b']],
  [list([], { check: throttledReplicas }), '0:1,10:2', ['0:1', '10:2']],
  [password(), ' hush ', 'hush'],
  [string('latest', { check: shareOffsetReset }), 'by_duration:P1DT2H3.5S', 'by_duration:P1DT2H3.5S'],
];

test('texts are trimmed and read by type; int64 saturates at the largest safe number', () => {
  for (const [setting, text, value] of readings) assert.deepEqual(read(setting, text), value, text);
});

test('values are shown as Apache Kafka shows them', () => {
  assert.equal(valueText('long', longMax), '9223372036854775807');
  assert.equal(valueText('long', -longMax), '-9223372036854775808');
  assert.equal(valueText('list', ['a', 'b']), 'a,b');
  assert.equal(valueText('password', 'hush'), null);
  assert.equal(valueText('int', undefined), null);
  const doubles: readonly (readonly [number, string])[] = [
    [1e10, '1.0E10'],
    [0.5, '0.5'],
    [2147483647, '2.147483647E9'],
    [Number.MAX_VALUE, '1.7976931348623157E308'],
    [0.0001, '1.0E-4'],
    [123.456, '123.456'],
    [100, '100.0'],
    [0, '0.0'],
    [12345678.9, '1.23456789E7'],
  ];
  for (const [value, text] of doubles) assert.equal(valueText('double', value), text);
});
