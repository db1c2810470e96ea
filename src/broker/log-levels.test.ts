import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RecordingLogger } from '../../sim/test-env.ts';
import { LogLevels } from './log-levels.ts';

test('a line below the level of the moment is dropped, in child loggers too', () => {
  const sink = new RecordingLogger();
  const levels = new LogLevels('WARN');
  const logger = levels.filter(sink).child({ part: 'a' });
  logger.info({}, 'before');
  levels.root = 'DEBUG';
  logger.debug({}, 'after');
  levels.root = 'FATAL';
  logger.warn({}, 'quiet');
  logger.error({}, 'always');
  assert.deepEqual(
    sink.lines.map(({ message }) => message),
    ['after', 'always'],
  );
});
