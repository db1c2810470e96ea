package ottla;

import static ottla.Checklist.expect;
import static ottla.Checklist.expectEquals;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import ottla.TransactionChecks.TransactionOutcome;

/** The broker dies or stops while clients work. Nothing acknowledged may be lost, nothing idempotent doubled. */
final class RestartChecks {
    private static final int TRANSACTION_RECORDS = 5;

    static List<Checklist.Named> all() {
        return List.of(
                new Checklist.Named("restart: kill -9 twice under load, nothing lost or doubled", () -> underLoad(true)),
                new Checklist.Named("restart: orderly stop under load, nothing lost or doubled", () -> underLoad(false)),
                new Checklist.Named("restart: kill -9 twice in the middle of transactions, each is read whole or not at all", () -> transactions(true)),
                new Checklist.Named("restart: orderly stops in the middle of transactions, each is read whole or not at all", () -> transactions(false)),
                new Checklist.Named("restart: kill -9, group members and offsets are as before", RestartChecks::groups));
    }

    private static void underLoad(boolean kill) throws Exception {
        int partitions = 4;
        String topic = Clients.topic(partitions);
        Set<String> acknowledged = ConcurrentHashMap.newKeySet();
        AtomicInteger refused = new AtomicInteger();
        AtomicBoolean running = new AtomicBoolean(true);
        AtomicInteger sent = new AtomicInteger();
        Map<String, Object> settings = Map.of("linger.ms", 1, "delivery.timeout.ms", 60000, "request.timeout.ms", 5000, "retry.backoff.max.ms", 200, "reconnect.backoff.max.ms", 200);
        try (KafkaProducer<String, String> producer = Clients.producer(settings)) {
            Thread load = new Thread(() -> {
                while (running.get()) {
                    int number = sent.getAndIncrement();
                    String value = "v" + number;
                    producer.send(new ProducerRecord<>(topic, number % partitions, null, value), (metadata, error) -> {
                        if (error == null) acknowledged.add(value);
                        else refused.incrementAndGet();
                    });
                    if (number % 20 == 0) pause(1);
                }
            });
            load.start();
            for (int round = 1; round <= 2; round++) {
                int target = acknowledged.size() + 2000;
                Clients.await("records acknowledged", () -> acknowledged.size() >= target);
                Checklist.restartBroker(kill);
            }
            int target = acknowledged.size() + 2000;
            Clients.await("records acknowledged after the restart", () -> acknowledged.size() >= target);
            running.set(false);
            load.join();
            producer.flush();
        }
        expectEquals(0, refused.get(), "records refused");
        List<ConsumerRecord<String, String>> records = Clients.readAll(topic, partitions, acknowledged.size());
        Set<String> read = new HashSet<>(Clients.values(records));
        Set<String> lost = new HashSet<>(acknowledged);
        lost.removeAll(read);
        expect(lost.isEmpty(), lost.size() + " acknowledged records lost");
        expectEquals(read.size(), records.size(), "distinct records among those read");
        Map<Integer, Integer> last = new java.util.HashMap<>();
        for (ConsumerRecord<String, String> record : records) {
            int number = Integer.parseInt(record.value().substring(1));
            Integer before = last.put(record.partition(), number);
            expect(before == null || before < number, "order within partition " + record.partition());
        }
    }

    /** Two producers, each with its own transactional id, commit and abort without pause while the broker goes twice. */
    private static void transactions(boolean kill) throws Exception {
        int partitions = 3;
        String topic = Clients.topic(partitions);
        Map<Integer, TransactionOutcome> outcomes = new ConcurrentHashMap<>();
        AtomicBoolean running = new AtomicBoolean(true);
        List<Throwable> failures = new java.util.concurrent.CopyOnWriteArrayList<>();
        List<Thread> load = new ArrayList<>();
        for (int which = 0; which < 2; which++) {
            int first = which;
            String id = Clients.unique("tx");
            load.add(new Thread(() -> {
                try {
                    for (int number = first; running.get(); ) number = transact(topic, partitions, id, number, outcomes, running);
                } catch (Throwable error) {
                    failures.add(error);
                }
            }));
        }
        load.forEach(Thread::start);
        for (int round = 0; round < 3; round++) {
            if (round > 0) Checklist.restartBroker(kill);
            int target = outcomes.size() + 60;
            Clients.await("transactions ended", () -> outcomes.size() >= target || !failures.isEmpty());
        }
        running.set(false);
        for (Thread thread : load) thread.join();
        expect(failures.isEmpty(), "a producer failed: " + failures);
        expect(outcomes.containsValue(TransactionOutcome.COMMITTED) && outcomes.containsValue(TransactionOutcome.ABORTED), "both kinds of ends");
        int there = TransactionChecks.read(topic, partitions, "read_uncommitted").size();
        Clients.await("no transaction stays open", () -> lastStable(topic, partitions, "read_committed") == lastStable(topic, partitions, "read_uncommitted"));
        List<String> committed = TransactionChecks.read(topic, partitions, "read_committed");
        expect(committed.size() < there, "some were aborted");
        TransactionChecks.expectWhole(committed, TRANSACTION_RECORDS, outcomes);
    }

    /** One life of a producer; the number of the next transaction. */
    private static int transact(String topic, int partitions, String id, int first, Map<Integer, TransactionOutcome> outcomes, AtomicBoolean running) {
        Map<String, Object> settings = Map.of("delivery.timeout.ms", 20000, "request.timeout.ms", 3000, "retry.backoff.max.ms", 200, "reconnect.backoff.max.ms", 200, "max.block.ms", 30000);
        int number = first;
        try (KafkaProducer<String, String> producer = TransactionChecks.transactional(id, settings)) {
            for (; running.get(); number += 2) {
                boolean aborts = number % 5 == 4;
                outcomes.put(number, aborts ? TransactionOutcome.ABORTED : TransactionOutcome.UNKNOWN);
                producer.beginTransaction();
                for (int i = 0; i < TRANSACTION_RECORDS; i++) producer.send(new ProducerRecord<>(topic, i % partitions, null, number + "-" + i));
                if (aborts) {
                    // Without this the client forgets what it has not sent yet, and nothing is left to abort.
                    producer.flush();
                    producer.abortTransaction();
                } else {
                    producer.commitTransaction();
                    outcomes.put(number, TransactionOutcome.COMMITTED);
                }
            }
        } catch (KafkaException told) {
            // The next life finds out nothing about this transaction: it is whole or it is not there.
            System.err.println("transaction " + number + " ended with " + told);
            return number + 2;
        }
        return number;
    }

    private static long lastStable(String topic, int partitions, String isolation) {
        try (var consumer = Clients.consumer(Map.of("isolation.level", isolation))) {
            List<TopicPartition> all = new ArrayList<>();
            for (int p = 0; p < partitions; p++) all.add(new TopicPartition(topic, p));
            return consumer.endOffsets(all).values().stream().mapToLong(Long::longValue).sum();
        }
    }

    private static void groups() throws Exception {
        String topic = Clients.topic(4);
        String group = Clients.unique("group");
        Map<String, Object> settings = Map.of("group.id", group, "heartbeat.interval.ms", "200", "reconnect.backoff.max.ms", 200);
        List<GroupChecks.Member> members = new ArrayList<>(List.of(new GroupChecks.Member(topic, settings), new GroupChecks.Member(topic, settings)));
        try (Admin admin = Clients.admin(); KafkaProducer<String, String> producer = Clients.producer(Map.of())) {
            Clients.await("two partitions each", () -> members.stream().allMatch(m -> m.assigned.size() == 2));
            List<Set<TopicPartition>> before = members.stream().map(m -> Set.copyOf(m.assigned)).toList();
            for (int i = 0; i < 400; i++) producer.send(new ProducerRecord<>(topic, i % 4, null, "v" + i));
            producer.flush();
            Clients.await("committed", () -> committed(admin, group) == 400);
            Checklist.restartBroker(true);
            expectEquals(400L, committed(admin, group), "committed offsets after the restart");
            for (int i = 400; i < 800; i++) producer.send(new ProducerRecord<>(topic, i % 4, null, "v" + i));
            producer.flush();
            Clients.await("committed after the restart", () -> committed(admin, group) == 800);
            for (int i = 0; i < 2; i++) expectEquals(before.get(i), Set.copyOf(members.get(i).assigned), "assignment of member " + i);
        } finally {
            for (GroupChecks.Member member : members) member.close();
        }
    }

    private static long committed(Admin admin, String group) {
        try {
            return admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get().values().stream().mapToLong(o -> o.offset()).sum();
        } catch (Exception error) {
            throw new IllegalStateException(error);
        }
    }

    private static void pause(long ms) {
        try {
            Thread.sleep(ms);
        } catch (InterruptedException error) {
            Thread.currentThread().interrupt();
        }
    }

    private RestartChecks() {}
}
