/** `ottla produce` */
import { Option } from '@commander-js/extra-typings';
import { CompressionAlgorithms, compatibilityPartitioner, type Partitioner, type Producer } from '@platformatic/kafka';
import type { Shell } from '../../platform/shell.ts';
import { brokerCommand, example } from '../command.ts';
import { Connection } from '../connection.ts';
import { CommandFailure, ExitCode } from '../exit-code.ts';
import { inBatches } from '../line-batches.ts';
import { jsonText, plural } from '../output.ts';
import { Progress } from '../progress.ts';
import { type LineFormat, recordOfLine } from '../record-line.ts';
import { assignments, wholeNumber } from '../values.ts';

/** One request carries at most this much, and waits at most this long for more lines. */
const batchLimits = { lines: 1_000, bytes: 512 * 1024, waitMs: 20 };

export function produce(shell: Shell) {
  return brokerCommand('produce', shell)
    .description('write records, one for each line of standard input or of a file')
    .argument('<topic>', 'name; the broker may create it')
    .option('-f, --file <path>', 'read this file instead of standard input')
    .option('-k, --key-separator <text>', 'a line is KEY, this text, VALUE')
    .option('-H, --header <name=value>', 'a header of every record; may be repeated', assignments)
    .option('-j, --json-lines', 'a line is {"value", "key", "headers", "partition", "timestamp"}; null is no value')
    .option('-p, --partition <number>', 'write to this partition only', wholeNumber)
    .addOption(
      new Option('-z, --compression <codec>', 'of the batches')
        .choices(Object.values(CompressionAlgorithms))
        .default(CompressionAlgorithms.NONE),
    )
    .addOption(new Option('--acks <acks>', 'when a record counts as written').choices(['all', '1', '0']).default('all'))
    .addHelpText(
      'after',
      example(
        'echo "42:paid" | ottla produce orders --key-separator :',
        'ottla produce orders --json-lines --file orders.jsonl',
      ),
    )
    .action(async (topic, flags) => {
      if (flags.jsonLines === true && flags.keySeparator !== undefined) {
        throw new CommandFailure(ExitCode.USAGE, '--json-lines and --key-separator exclude each other');
      }
      if (flags.file === undefined && shell.inIsTerminal) shell.error('one record per line; Ctrl-D ends\n');
      const format: LineFormat = {
        topic,
        partition: flags.partition,
        headers: flags.header ?? [],
        keySeparator: flags.keySeparator,
        isJson: flags.jsonLines ?? false,
      };
      const acks = flags.acks === 'all' ? -1 : Number(flags.acks);
      const progress = new Progress(shell, 'written');
      await new Connection(shell, flags).producer({ idempotent: acks === -1, acks }, async (producer) => {
        if (flags.partition !== undefined) await refuseAbsentPartition(producer, topic, flags.partition);
        let number = 0;
        const outside = { signal: shell.interruption(), wait: (delayMs: number) => shell.wait(delayMs) };
        for await (const lines of inBatches(linesOf(shell, flags.file), batchLimits, outside)) {
          const messages = lines.map((line) => recordOfLine(line, ++number, format));
          await producer.send({ messages, acks, compression: flags.compression, partitioner: asJavaDoes(number) });
          progress.add(
            messages.length,
            messages.reduce((sum, { value }) => sum + (value?.length ?? 0), 0),
          );
        }
      });
      progress.end();
      const { records, bytes, elapsedMs } = progress;
      if (flags.json === true) await shell.out(`${jsonText({ topic, records, bytes, elapsedMs })}\n`);
      else shell.error(`wrote ${plural(records, 'record')} to ${topic}\n`);
    });
}

async function* linesOf(shell: Shell, file: string | undefined): AsyncGenerator<string> {
  try {
    yield* shell.lines(file);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw new CommandFailure(ExitCode.USAGE, `cannot read ${file ?? 'standard input'}: ${error.message}`, error);
  }
}

/** Keys go where Kafka's own clients put them; records without a key stay together, in another partition with each batch. */
function asJavaDoes(batchNumber: number): Partitioner<Buffer, Buffer, Buffer, Buffer> {
  return (message, key) => (key === undefined ? batchNumber : compatibilityPartitioner(message, key));
}

/** The client would take the number modulo the count. */
async function refuseAbsentPartition(producer: Producer, topic: string, partition: number): Promise<void> {
  const metadata = await producer.metadata({ topics: [topic], autocreateTopics: true, forceUpdate: true });
  const count = metadata.topics.get(topic)?.partitions.length ?? 0;
  if (partition < 0 || partition >= count) {
    throw new CommandFailure(ExitCode.FAILED, `${topic} has ${plural(count, 'partition')}, there is no ${partition}`);
  }
}
