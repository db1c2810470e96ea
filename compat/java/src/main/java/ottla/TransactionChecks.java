package ottla;

import static ottla.Checklist.expect;
import static ottla.Checklist.expectEquals;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.ProducerFencedException;

/** Transactions, with the version that client and broker agree on: the newest client uses v2, one of the 3.x line v1. */
final class TransactionChecks {
    static List<Checklist.Named> all() {
        return List.of(
                new Checklist.Named("transactions: committed records are read, aborted ones are not", TransactionChecks::commitAndAbort),
                new Checklist.Named("transactions: nothing behind an open transaction is read as committed", TransactionChecks::openTransaction),
                new Checklist.Named("transactions: a zombie with the same id is fenced", TransactionChecks::zombie),
                new Checklist.Named("transactions: the next one begins at once, many times", TransactionChecks::many),
                new Checklist.Named("transactions: offsets count with the commit, and the group fences an old generation", TransactionChecks::offsets),
                new Checklist.Named("transactions: consume, transform, produce is exactly once", TransactionChecks::chain),
                new Checklist.Named("transactions: one that takes too long is aborted", TransactionChecks::timeout));
    }

    static KafkaProducer<String, String> transactional(String id, Map<String, Object> settings) {
        Map<String, Object> all = new HashMap<>(Map.of("transactional.id", id, "linger.ms", 1, "retry.backoff.ms", 20));
        all.putAll(settings);
        KafkaProducer<String, String> producer = Clients.producer(all);
        producer.initTransactions();
        return producer;
    }

    private static KafkaProducer<String, String> transactional(String id) {
        return transactional(id, Map.of());
    }

    private static void send(KafkaProducer<String, String> producer, String topic, int partitions, List<String> values) {
        for (int i = 0; i < values.size(); i++) producer.send(new ProducerRecord<>(topic, i % partitions, null, values.get(i)));
    }

    /** All values that a reader gets that reads up to where it may, sorted. */
    static List<String> read(String topic, int partitions, String isolation) {
        return readRecords(topic, partitions, isolation).stream().map(ConsumerRecord::value).sorted().toList();
    }

    static List<ConsumerRecord<String, String>> readRecords(String topic, int partitions, String isolation) {
        try (KafkaConsumer<String, String> consumer = Clients.consumer(Map.of("isolation.level", isolation))) {
            List<TopicPartition> all = new ArrayList<>();
            for (int p = 0; p < partitions; p++) all.add(new TopicPartition(topic, p));
            consumer.assign(all);
            consumer.seekToBeginning(all);
            Map<TopicPartition, Long> ends = consumer.endOffsets(all);
            List<ConsumerRecord<String, String>> records = new ArrayList<>();
            long deadline = System.nanoTime() + Clients.WAIT.toNanos();
            while (all.stream().anyMatch(p -> consumer.position(p) < ends.get(p))) {
                expect(System.nanoTime() < deadline, "the end was never reached");
                consumer.poll(Duration.ofMillis(50)).forEach(records::add);
            }
            return records;
        }
    }

    /** A commit is answered when it is decided; the markers may take a moment more. */
    private static void expectCommitted(List<String> expected, String topic, int partitions) throws Exception {
        Clients.await("the last marker", () -> read(topic, partitions, "read_committed").size() >= expected.size());
        expectEquals(expected, read(topic, partitions, "read_committed"), "committed");
    }

    private static void commitAndAbort() throws Exception {
        String topic = Clients.topic(2);
        try (KafkaProducer<String, String> producer = transactional(Clients.unique("tx"));
                KafkaProducer<String, String> other = transactional(Clients.unique("tx"))) {
            producer.beginTransaction();
            other.beginTransaction();
            send(producer, topic, 2, List.of("a1", "a2"));
            producer.flush();
            send(other, topic, 2, List.of("other1", "other2", "other3"));
            other.flush();
            producer.commitTransaction();
            producer.beginTransaction();
            send(producer, topic, 2, List.of("b1", "b2", "b3"));
            producer.flush();
            producer.abortTransaction();
            other.commitTransaction();
            producer.beginTransaction();
            send(producer, topic, 2, List.of("c1"));
            producer.commitTransaction();
            producer.beginTransaction();
            producer.commitTransaction();
        }
        expectCommitted(List.of("a1", "a2", "c1", "other1", "other2", "other3"), topic, 2);
        expectEquals(9, read(topic, 2, "read_uncommitted").size(), "records that are there");
    }

    private static void openTransaction() throws Exception {
        String topic = Clients.topic(1);
        try (KafkaProducer<String, String> producer = transactional(Clients.unique("tx"));
                KafkaProducer<String, String> plain = Clients.producer(Map.of())) {
            plain.send(new ProducerRecord<>(topic, "before")).get();
            producer.beginTransaction();
            producer.send(new ProducerRecord<>(topic, "inside")).get();
            plain.send(new ProducerRecord<>(topic, "behind")).get();
            expectEquals(List.of("before"), read(topic, 1, "read_committed"), "committed");
            expectEquals(List.of("before", "behind", "inside"), read(topic, 1, "read_uncommitted"), "uncommitted");
            producer.commitTransaction();
            Clients.await("all is committed", () -> read(topic, 1, "read_committed").size() == 3);
        }
        expectEquals(List.of("before", "inside", "behind"), Clients.values(readRecords(topic, 1, "read_committed")), "order");
    }

    private static void zombie() throws Exception {
        String topic = Clients.topic(1);
        String id = Clients.unique("tx");
        try (KafkaProducer<String, String> zombie = transactional(id)) {
            zombie.beginTransaction();
            zombie.send(new ProducerRecord<>(topic, "zombie")).get();
            try (KafkaProducer<String, String> next = transactional(id)) {
                expectFenced(zombie::commitTransaction);
                next.beginTransaction();
                next.send(new ProducerRecord<>(topic, "next"));
                next.commitTransaction();
            }
        }
        expectCommitted(List.of("next"), topic, 1);
    }

    private static void expectFenced(Runnable action) {
        try {
            action.run();
        } catch (KafkaException error) {
            // One catch for both: the client of the 3.x line knows no exception that both are, and this class is compiled with the newest.
            expect(error instanceof ProducerFencedException || error instanceof InvalidProducerEpochException, "the producer was told: " + error);
            return;
        }
        throw new AssertionError("the producer was not fenced");
    }

    private static void many() throws Exception {
        String topic = Clients.topic(3);
        List<String> committed = new ArrayList<>();
        try (KafkaProducer<String, String> producer = transactional(Clients.unique("tx"))) {
            for (int round = 0; round < 60; round++) {
                List<String> values = List.of("%02d-0".formatted(round), "%02d-1".formatted(round), "%02d-2".formatted(round));
                producer.beginTransaction();
                send(producer, topic, 3, values);
                if (round % 3 == 2) producer.abortTransaction();
                else {
                    producer.commitTransaction();
                    committed.addAll(values);
                }
            }
        }
        expectCommitted(committed, topic, 3);
    }

    private static void offsets() throws Exception {
        String topic = Clients.topic(1);
        String group = Clients.unique("group");
        TopicPartition partition = new TopicPartition(topic, 0);
        try (KafkaProducer<String, String> producer = transactional(Clients.unique("tx"));
                KafkaConsumer<String, String> member = Clients.consumer(Map.of("group.id", group));
                Admin admin = Clients.admin()) {
            producer.beginTransaction();
            producer.sendOffsetsToTransaction(Map.of(partition, new OffsetAndMetadata(3, "m")), new ConsumerGroupMetadata(group));
            expectEquals(null, admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get().get(partition), "a pending offset");
            producer.abortTransaction();
            expectEquals(null, stableOffset(group, partition), "an aborted offset");
            producer.beginTransaction();
            producer.sendOffsetsToTransaction(Map.of(partition, new OffsetAndMetadata(5, "m")), new ConsumerGroupMetadata(group));
            producer.commitTransaction();
            expectEquals(new OffsetAndMetadata(5, Optional.empty(), "m"), stableOffset(group, partition), "a committed offset");

            member.subscribe(List.of(topic));
            Clients.await("the member has its partition", () -> {
                member.poll(Duration.ofMillis(50));
                return !member.assignment().isEmpty();
            });
            ConsumerGroupMetadata current = member.groupMetadata();
            var old = new ConsumerGroupMetadata(group, current.generationId() - 1, current.memberId(), current.groupInstanceId());
            producer.beginTransaction();
            try {
                producer.sendOffsetsToTransaction(Map.of(partition, new OffsetAndMetadata(9)), old);
                throw new AssertionError("an old generation could commit");
            } catch (CommitFailedException refused) {
                producer.abortTransaction();
            }
            producer.beginTransaction();
            producer.sendOffsetsToTransaction(Map.of(partition, new OffsetAndMetadata(7)), current);
            producer.commitTransaction();
            expectEquals(7L, stableOffset(group, partition).offset(), "the member's offset");
        }
    }

    /** As a member would learn it that takes the partition over: it waits while a transaction may change the offset. */
    private static OffsetAndMetadata stableOffset(String group, TopicPartition partition) {
        try (KafkaConsumer<String, String> consumer = Clients.consumer(Map.of("group.id", group, "isolation.level", "read_committed"))) {
            return consumer.committed(Set.of(partition)).get(partition);
        }
    }

    /** Three workers one after the other, each with the id of the one before: some transactions are aborted, and every worker dies in the middle of one. */
    private static void chain() throws Exception {
        int partitions = 2;
        int count = 300;
        String in = Clients.topic(partitions);
        String out = Clients.topic(partitions);
        String group = Clients.unique("group");
        String id = Clients.unique("tx");
        try (KafkaProducer<String, String> producer = Clients.producer(Map.of())) {
            for (int i = 0; i < count; i++) producer.send(new ProducerRecord<>(in, i % partitions, null, "%03d".formatted(i)));
        }
        List<KafkaProducer<String, String>> zombies = new ArrayList<>();
        for (int worker = 0; worker < 3; worker++) zombies.add(work(in, out, group, id, worker == 2 ? Integer.MAX_VALUE : 8));
        expectFenced(zombies.get(0)::commitTransaction);
        for (KafkaProducer<String, String> zombie : zombies) zombie.close(Duration.ZERO);
        List<String> expected = new ArrayList<>();
        for (int i = 0; i < count; i++) expected.add("%03d!".formatted(i));
        expectCommitted(expected, out, partitions);
        expect(read(out, partitions, "read_uncommitted").size() > count, "some transactions were aborted");
        long sum = 0;
        for (int p = 0; p < partitions; p++) sum += stableOffset(group, new TopicPartition(in, p)).offset();
        expectEquals((long) count, sum, "committed input");
    }

    /** Works until the input is done or `lives` transactions were made; the last of these stays open. */
    private static KafkaProducer<String, String> work(String in, String out, String group, String id, int lives) {
        KafkaProducer<String, String> producer = transactional(id);
        Map<String, Object> settings = Map.of("group.id", group, "isolation.level", "read_committed", "max.poll.records", 7, "heartbeat.interval.ms", "200");
        try (KafkaConsumer<String, String> consumer = Clients.consumer(settings)) {
            consumer.subscribe(List.of(in));
            long deadline = System.nanoTime() + Clients.WAIT.toNanos();
            for (int round = 1; ; ) {
                expect(System.nanoTime() < deadline, "the input did not come to its end");
                var records = consumer.poll(Duration.ofMillis(50));
                if (records.isEmpty()) {
                    if (isAtEnd(consumer)) return producer;
                    continue;
                }
                producer.beginTransaction();
                Map<TopicPartition, OffsetAndMetadata> done = new HashMap<>();
                for (ConsumerRecord<String, String> record : records) {
                    producer.send(new ProducerRecord<>(out, record.partition(), null, record.value() + "!"));
                    done.put(new TopicPartition(in, record.partition()), new OffsetAndMetadata(record.offset() + 1));
                }
                producer.sendOffsetsToTransaction(done, consumer.groupMetadata());
                if (round == lives) return producer;
                if (round % 4 == 3) {
                    producer.abortTransaction();
                    rewind(consumer);
                } else producer.commitTransaction();
                round++;
            }
        }
    }

    private static boolean isAtEnd(KafkaConsumer<String, String> consumer) {
        Set<TopicPartition> assigned = consumer.assignment();
        Map<TopicPartition, Long> ends = consumer.endOffsets(assigned);
        return !assigned.isEmpty() && assigned.stream().allMatch(p -> consumer.position(p) >= ends.get(p));
    }

    private static void rewind(KafkaConsumer<String, String> consumer) {
        Map<TopicPartition, OffsetAndMetadata> committed = consumer.committed(Set.copyOf(consumer.assignment()));
        for (TopicPartition partition : consumer.assignment()) {
            OffsetAndMetadata offset = committed.get(partition);
            consumer.seek(partition, offset == null ? 0 : offset.offset());
        }
    }

    private static void timeout() throws Exception {
        String topic = Clients.topic(1);
        String id = Clients.unique("tx");
        try (KafkaProducer<String, String> slow = transactional(id, Map.of("transaction.timeout.ms", 1000));
                KafkaProducer<String, String> plain = Clients.producer(Map.of())) {
            slow.beginTransaction();
            slow.send(new ProducerRecord<>(topic, "late")).get();
            plain.send(new ProducerRecord<>(topic, "behind")).get();
            expectEquals(List.of(), read(topic, 1, "read_committed"), "before the timeout");
            Clients.await("the transaction is aborted", () -> read(topic, 1, "read_committed").equals(List.of("behind")));
            try {
                slow.commitTransaction();
                throw new AssertionError("a transaction that was aborted could be committed");
            } catch (KafkaException aborted) {
                System.err.println("the slow producer was told: " + aborted);
            }
        }
        try (KafkaProducer<String, String> next = transactional(id)) {
            next.beginTransaction();
            next.send(new ProducerRecord<>(topic, "next"));
            next.commitTransaction();
        }
        expectCommitted(List.of("behind", "next"), topic, 1);
    }

    /** Whole transactions or nothing: what `read` has of each is checked against what its producer was told. */
    static void expectWhole(List<String> read, int size, Map<Integer, TransactionOutcome> outcomes) {
        Map<Integer, Integer> counts = new TreeMap<>();
        expectEquals(Set.copyOf(read).size(), read.size(), "distinct records among those read");
        for (String value : read) counts.merge(Integer.parseInt(value.substring(0, value.indexOf('-'))), 1, Integer::sum);
        for (var entry : outcomes.entrySet()) {
            int count = counts.getOrDefault(entry.getKey(), 0);
            boolean right = switch (entry.getValue()) {
                case COMMITTED -> count == size;
                case ABORTED -> count == 0;
                case UNKNOWN -> count == size || count == 0;
            };
            expect(right, "transaction " + entry.getKey() + " was " + entry.getValue() + ", and " + count + " of " + size + " records are read");
        }
    }

    enum TransactionOutcome { COMMITTED, ABORTED, UNKNOWN }

    private TransactionChecks() {}
}
