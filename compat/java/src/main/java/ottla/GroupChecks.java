package ottla;

import static ottla.Checklist.expect;
import static ottla.Checklist.expectEquals;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RebalanceInProgressException;

final class GroupChecks {
    static List<Checklist.Named> all() {
        List<Checklist.Named> checks = new ArrayList<>();
        for (String assignor : List.of("RangeAssignor", "CooperativeStickyAssignor")) {
            checks.add(new Checklist.Named("groups: three members share, one leaves, the rest take over (" + assignor + ")", () -> three(assignor)));
        }
        checks.add(new Checklist.Named("groups: offsets are committed, described, altered, deleted", GroupChecks::offsets));
        checks.add(new Checklist.Named("groups: a static member comes back without a rebalance", GroupChecks::staticMember));
        return checks;
    }

    /** One member of a group, polling in its own thread. A KafkaConsumer belongs to that thread alone. */
    static final class Member implements AutoCloseable {
        final Set<TopicPartition> assigned = ConcurrentHashMap.newKeySet();
        final Map<String, Integer> seen = new ConcurrentHashMap<>();
        private final AtomicBoolean running = new AtomicBoolean(true);
        private final Thread thread;

        Member(String topic, Map<String, Object> settings) {
            thread = new Thread(() -> {
                try (KafkaConsumer<String, String> consumer = Clients.consumer(settings)) {
                    consumer.subscribe(List.of(topic));
                    while (running.get()) {
                        for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(50))) seen.merge(record.value(), 1, Integer::sum);
                        commit(consumer);
                        assigned.retainAll(consumer.assignment());
                        assigned.addAll(consumer.assignment());
                    }
                }
            });
            thread.start();
        }

        /** A commit that a rebalance overtakes is not this check's subject: the next one follows at once. */
        private static void commit(KafkaConsumer<String, String> consumer) {
            try {
                consumer.commitSync();
            } catch (RebalanceInProgressException | CommitFailedException overtaken) {
                System.err.println("a commit was overtaken by a rebalance: " + overtaken.getMessage());
            }
        }

        @Override
        public void close() throws InterruptedException {
            running.set(false);
            thread.join();
        }
    }

    private static void three(String assignor) throws Exception {
        String topic = Clients.topic(6);
        Map<String, Object> settings = Map.of(
                "group.id", Clients.unique("group"),
                "partition.assignment.strategy", "org.apache.kafka.clients.consumer." + assignor,
                "heartbeat.interval.ms", "200");
        Member a = new Member(topic, settings);
        Member b = new Member(topic, settings);
        Member c = new Member(topic, settings);
        try {
            Clients.await("two partitions each", () -> List.of(a, b, c).stream().allMatch(m -> m.assigned.size() == 2));
            try (KafkaProducer<String, String> producer = Clients.producer(Map.of())) {
                for (int i = 0; i < 600; i++) producer.send(new ProducerRecord<>(topic, i % 6, null, "v" + i));
                producer.flush();
                Clients.await("600 records", () -> distinct(a, b, c) == 600);
                c.close();
                Clients.await("three partitions each", () -> a.assigned.size() == 3 && b.assigned.size() == 3);
                for (int i = 600; i < 1200; i++) producer.send(new ProducerRecord<>(topic, i % 6, null, "v" + i));
                producer.flush();
                Clients.await("1200 records", () -> distinct(a, b, c) == 1200);
            }
        } finally {
            a.close();
            b.close();
            c.close();
        }
    }

    private static int distinct(Member... members) {
        Set<String> all = new HashSet<>();
        for (Member member : members) all.addAll(member.seen.keySet());
        return all.size();
    }

    private static void offsets() throws Exception {
        String topic = Clients.topic(2);
        String group = Clients.unique("group");
        TopicPartition zero = new TopicPartition(topic, 0);
        TopicPartition one = new TopicPartition(topic, 1);
        try (Admin admin = Clients.admin()) {
            try (KafkaConsumer<String, String> consumer = Clients.consumer(Map.of("group.id", group))) {
                consumer.subscribe(List.of(topic));
                Clients.await("an assignment", () -> {
                    consumer.poll(Duration.ofMillis(50));
                    return consumer.assignment().size() == 2;
                });
                Map<TopicPartition, OffsetAndMetadata> commit = new HashMap<>();
                commit.put(zero, new OffsetAndMetadata(5, "note"));
                commit.put(one, new OffsetAndMetadata(7));
                consumer.commitSync(commit);
                expectEquals(5L, consumer.committed(Set.of(zero)).get(zero).offset(), "committed");
                var description = admin.describeClassicGroups(List.of(group)).all().get().get(group);
                expectEquals(1, description.members().size(), "members");
            }
            var fetched = admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get();
            expectEquals("note", fetched.get(zero).metadata(), "metadata");
            expectEquals(7L, fetched.get(one).offset(), "offset");
            admin.alterConsumerGroupOffsets(group, Map.of(zero, new OffsetAndMetadata(3))).all().get();
            expectEquals(3L, admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get().get(zero).offset(), "altered");
            admin.deleteConsumerGroupOffsets(group, Set.of(one)).all().get();
            expect(!admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get().containsKey(one), "deleted");
            expect(admin.listGroups().all().get().stream().anyMatch(g -> g.groupId().equals(group) && g.groupState().equals(java.util.Optional.of(GroupState.EMPTY))), "listed as empty");
            admin.deleteConsumerGroups(List.of(group)).all().get();
            expect(admin.listGroups().all().get().stream().noneMatch(g -> g.groupId().equals(group)), "no longer listed");
        }
    }

    private static void staticMember() throws Exception {
        String topic = Clients.topic(2);
        String group = Clients.unique("group");
        Map<String, Object> other = Map.of("group.id", group, "group.instance.id", "other", "heartbeat.interval.ms", "200");
        Map<String, Object> settings = Map.of("group.id", group, "group.instance.id", "one", "heartbeat.interval.ms", "200");
        try (Member stays = new Member(topic, other); Admin admin = Clients.admin()) {
            Member first = new Member(topic, settings);
            Clients.await("one partition each", () -> stays.assigned.size() == 1 && first.assigned.size() == 1);
            Set<TopicPartition> before = Set.copyOf(first.assigned);
            first.close();
            expectEquals(2, admin.describeClassicGroups(List.of(group)).all().get().get(group).members().size(), "members while one is away");
            try (Member second = new Member(topic, settings)) {
                Clients.await("the same partition", () -> second.assigned.equals(before));
            }
        }
    }

    private GroupChecks() {}
}
