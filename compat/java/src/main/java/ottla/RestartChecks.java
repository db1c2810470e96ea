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
import org.apache.kafka.common.TopicPartition;

/** The broker dies or stops while clients work. Nothing acknowledged may be lost, nothing idempotent doubled. */
final class RestartChecks {
    static List<Checklist.Named> all() {
        return List.of(
                new Checklist.Named("restart: kill -9 twice under load, nothing lost or doubled", () -> underLoad(true)),
                new Checklist.Named("restart: orderly stop under load, nothing lost or doubled", () -> underLoad(false)),
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
