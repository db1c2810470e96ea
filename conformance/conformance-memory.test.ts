/** Every recorded scenario, played against Ottla with the memory engine. In a file of its own, so that it runs beside the other. */
import { test } from 'node:test';
import { playAll } from './play-all.ts';

test('in memory Ottla answers as Apache Kafka 4.3.1 answered, or as the list of differences says', (context) =>
  playAll(context, 'memory'));
