package ottla;

import static ottla.Checklist.expect;
import static ottla.Checklist.expectEquals;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.record.TimestampType;

final class RecordChecks {
    static List<Checklist.Named> all() {
        List<Checklist.Named> checks = new ArrayList<>();
        for (String codec : List.of("none", "gzip", "snappy", "lz4", "zstd")) {
            checks.add(new Checklist.Named("records: round trip with compression " + codec, () -> roundTrip(codec)));
        }
        for (String acks : List.of("0", "1", "all")) {
            checks.add(new Checklist.Named("records: acks=" + acks, () -> acks(acks)));
        }
        checks.add(new Checklist.Named("records: keys, headers, timestamps, tombstones", RecordChecks::content));
        checks.add(new Checklist.Named("records: log append time", RecordChecks::logAppendTime));
        checks.add(new Checklist.Named("records: large messages and the limit", RecordChecks::large));
        checks.add(new Checklist.Named("records: offsets by time", RecordChecks::offsetsForTimes));
        checks.add(new Checklist.Named("records: topic created by the first record", RecordChecks::autoCreate));
        checks.add(new Checklist.Named("records: pause, seek, resume", RecordChecks::pauseSeekResume));
        return checks;
    }

    private static void roundTrip(String codec) throws Exception {
        String topic = Clients.topic(3);
        int count = 5000;
        try (KafkaProducer<String, String> producer = Clients.producer(Map.of("compression.type", codec, "linger.ms", 5))) {
            for (int i = 0; i < count; i++) producer.send(new ProducerRecord<>(topic, "key-" + i, "value-" + i + "-" + "x".repeat(i % 200)));
            producer.flush();
        }
        List<ConsumerRecord<String, String>> records = Clients.readAll(topic, 3, count);
        expectEquals(count, records.size(), "records");
        expectEquals(count, new HashSet<>(Clients.values(records)).size(), "distinct values");
    }

    private static void acks(String acks) throws Exception {
        String topic = Clients.topic(1);
        try (KafkaProducer<String, String> producer = Clients.producer(Map.of("acks", acks, "enable.idempotence", acks.equals("all")))) {
            for (int i = 0; i < 100; i++) producer.send(new ProducerRecord<>(topic, "k", "v" + i)).get();
        }
        expectEquals("v99", Clients.values(Clients.readAll(topic, 1, 100)).get(99), "last value");
    }

    private static void content() throws Exception {
        String topic = Clients.topic(1);
        try (KafkaProducer<String, String> producer = Clients.producer(Map.of())) {
            ProducerRecord<String, String> full = new ProducerRecord<>(topic, 0, 1_600_000_000_123L, "ключ", "wert ☃");
            full.headers().add("a", "1".getBytes(StandardCharsets.UTF_8)).add("a", null).add("b", new byte[0]);
            producer.send(full).get();
            producer.send(new ProducerRecord<>(topic, 0, "gone", null)).get();
            producer.send(new ProducerRecord<>(topic, 0, null, "keyless")).get();
        }
        List<ConsumerRecord<String, String>> records = Clients.readAll(topic, 1, 3);
        ConsumerRecord<String, String> full = records.get(0);
        expectEquals("ключ", full.key(), "key");
        expectEquals("wert ☃", full.value(), "value");
        expectEquals(1_600_000_000_123L, full.timestamp(), "timestamp");
        expectEquals(TimestampType.CREATE_TIME, full.timestampType(), "timestamp type");
        expectEquals(3, full.headers().toArray().length, "headers");
        expectEquals(null, full.headers().toArray()[1].value(), "null header");
        expectEquals(null, records.get(1).value(), "tombstone");
        expectEquals(null, records.get(2).key(), "null key");
        expect(full.leaderEpoch().isPresent(), "the record has a leader epoch");
    }

    private static void logAppendTime() throws Exception {
        String topic = Clients.topic(1, Map.of("message.timestamp.type", "LogAppendTime"));
        long before = System.currentTimeMillis() - 1000;
        try (KafkaProducer<String, String> producer = Clients.producer(Map.of())) {
            RecordMetadata sent = producer.send(new ProducerRecord<>(topic, 0, 1L, "k", "v")).get();
            ConsumerRecord<String, String> read = Clients.readAll(topic, 1, 1).get(0);
            expectEquals(TimestampType.LOG_APPEND_TIME, read.timestampType(), "timestamp type");
            expect(read.timestamp() >= before, "the broker's time");
            expectEquals(sent.timestamp(), read.timestamp(), "acknowledged and read time");
        }
    }

    private static void large() throws Exception {
        String topic = Clients.topic(1, Map.of("max.message.bytes", "8000000"));
        String small = Clients.topic(1, Map.of("max.message.bytes", "1000"));
        Map<String, Object> settings = Map.of("max.request.size", 16_000_000, "buffer.memory", 64_000_000L);
        try (KafkaProducer<String, String> producer = Clients.producer(settings)) {
            producer.send(new ProducerRecord<>(topic, "k", "x".repeat(7_000_000))).get();
            AdminChecks.expectFailure(RecordTooLargeException.class, () -> producer.send(new ProducerRecord<>(small, "k", "x".repeat(5000))).get());
        }
        expectEquals(7_000_000, Clients.readAll(topic, 1, 1).get(0).value().length(), "length");
    }

    private static void offsetsForTimes() throws Exception {
        String topic = Clients.topic(1);
        TopicPartition partition = new TopicPartition(topic, 0);
        try (KafkaProducer<String, String> producer = Clients.producer(Map.of());
                KafkaConsumer<String, String> consumer = Clients.consumer(Map.of())) {
            for (int i = 0; i < 100; i++) producer.send(new ProducerRecord<>(topic, 0, 1_000_000L + i * 10, "k", "v"));
            producer.flush();
            var found = consumer.offsetsForTimes(Map.of(partition, 1_000_495L)).get(partition);
            expectEquals(50L, found.offset(), "offset");
            expectEquals(1_000_500L, found.timestamp(), "timestamp");
            expectEquals(null, consumer.offsetsForTimes(Map.of(partition, 9_000_000L)).get(partition), "past the end");
        }
    }

    private static void autoCreate() throws Exception {
        String topic = Clients.unique("auto");
        try (KafkaProducer<String, String> producer = Clients.producer(Map.of())) {
            expectEquals(0L, producer.send(new ProducerRecord<>(topic, "k", "v")).get().offset(), "offset");
        }
        expectEquals("v", Clients.readAll(topic, 1, 1).get(0).value(), "value");
    }

    private static void pauseSeekResume() throws Exception {
        String topic = Clients.topic(1);
        TopicPartition partition = new TopicPartition(topic, 0);
        try (KafkaProducer<String, String> producer = Clients.producer(Map.of());
                KafkaConsumer<String, String> consumer = Clients.consumer(Map.of("max.poll.records", "10"))) {
            List<Future<RecordMetadata>> sent = new ArrayList<>();
            for (int i = 0; i < 100; i++) sent.add(producer.send(new ProducerRecord<>(topic, "k", "v" + i)));
            for (Future<RecordMetadata> one : sent) one.get();
            consumer.assign(List.of(partition));
            consumer.seek(partition, 90);
            expectEquals("v90", Clients.poll(consumer, 10).get(0).value(), "after the seek");
            consumer.pause(List.of(partition));
            consumer.seek(partition, 20);
            expect(consumer.poll(Duration.ofMillis(300)).isEmpty(), "nothing comes while paused");
            consumer.resume(List.of(partition));
            expectEquals("v20", Clients.poll(consumer, 1).get(0).value(), "after the resume");
        }
    }

    private RecordChecks() {}
}
