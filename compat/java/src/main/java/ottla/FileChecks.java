package ottla;

import static ottla.Checklist.expect;
import static ottla.Checklist.expectEquals;

import java.io.File;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;

/** Apache's kafka-dump-log reads the broker's files: every batch, every index entry, every snapshot. */
final class FileChecks {
    private static final String TOOL = "org.apache.kafka.tools.DumpLogSegments";
    private static final File DATA = new File(System.getenv("OTTLA_DATA_DIR"));

    static List<Checklist.Named> all() {
        return List.of(
                new Checklist.Named("files: kafka-dump-log and ottla log check accept them, after load, kill -9 and recovery, deletion, retention, and a stop", FileChecks::dumpLog),
                new Checklist.Named("files: kafka-dump-log and ottla log check accept a compacted log with aborted transactions, also after kill -9", FileChecks::dumpCompacted));
    }

    private static void dumpLog() throws Exception {
        String topic = Clients.topic(1, Map.of("segment.bytes", "1048576", "index.interval.bytes", "512"));
        produce(topic, 3000);
        accept(topic, 3);
        Checklist.restartBroker(true);
        produce(topic, 1500);
        accept(topic, 4);
        try (Admin admin = Clients.admin()) {
            admin.deleteRecords(Map.of(new TopicPartition(topic, 0), RecordsToDelete.beforeOffset(2500))).all().get();
        }
        Clients.await("old segments to go", () -> files(topic, ".log").size() <= 3);
        accept(topic, 2);
        configure(new ConfigResource(ConfigResource.Type.TOPIC, topic), "retention.bytes", "1");
        Clients.await("retention", () -> files(topic, ".log").size() == 1);
        accept(topic, 1);
        Checklist.restartBroker(false);
        produce(topic, 1);
        accept(topic, 1);
    }

    private static void dumpCompacted() throws Exception {
        configure(new ConfigResource(ConfigResource.Type.BROKER, ""), "log.cleaner.backoff.ms", "500");
        String topic = Clients.topic(1, Map.of("cleanup.policy", "compact", "segment.bytes", "1048576", "index.interval.bytes", "512", "min.cleanable.dirty.ratio", "0.01"));
        String value = "x".repeat(1000);
        try (KafkaProducer<String, String> producer = Clients.producer(Map.of("batch.size", 4000, "transactional.id", topic))) {
            producer.initTransactions();
            for (int transaction = 0; transaction < 40; transaction++) {
                producer.beginTransaction();
                for (int i = 0; i < 100; i++) producer.send(new ProducerRecord<>(topic, 0, "k" + i % 70, value));
                producer.flush();
                if (transaction % 2 == 0) producer.abortTransaction();
                else producer.commitTransaction();
            }
        }
        Clients.await("the log to be compacted", () -> files(topic, ".log").stream().mapToLong(file -> new File(file).length()).sum() < 2_500_000);
        acceptCompacted(topic);
        Checklist.restartBroker(true);
        acceptCompacted(topic);
        try (KafkaConsumer<String, String> consumer = Clients.consumer(Map.of("isolation.level", "read_committed", "auto.offset.reset", "earliest"))) {
            consumer.assign(List.of(new TopicPartition(topic, 0)));
            List<String> keys = Clients.poll(consumer, 70).stream().map(record -> record.key()).distinct().collect(Collectors.toList());
            expectEquals(70, keys.size(), "keys that are left");
        }
    }

    private static void configure(ConfigResource resource, String name, String value) throws Exception {
        try (Admin admin = Clients.admin()) {
            AlterConfigOp set = new AlterConfigOp(new ConfigEntry(name, value), AlterConfigOp.OpType.SET);
            admin.incrementalAlterConfigs(Map.of(resource, List.of(set))).all().get();
        }
    }

    private static void acceptCompacted(String topic) throws Exception {
        String batches = output("--deep-iteration", "--files", join(files(topic, ".log")));
        expect(batches.contains("isvalid: true") && !batches.contains("isvalid: false"), "valid batches");
        List<String> indexes = new ArrayList<>(files(topic, ".index"));
        indexes.addAll(files(topic, ".timeindex"));
        String sane = output("--index-sanity-check", "--files", join(indexes));
        expectEquals(indexes.size(), sane.split("passed sanity check|is empty", -1).length - 1, "sane indexes: " + sane);
        output("--files", join(indexes));
        if (!files(topic, ".txnindex").isEmpty()) output("--files", join(files(topic, ".txnindex")));
        acceptedByLogCheck();
    }

    /** All of the data directory, while the broker writes to it. */
    private static void acceptedByLogCheck() throws Exception {
        Process check = new ProcessBuilder("../../node_modules/.bin/node", "../../src/cli/main.ts", "log", "check", DATA.getPath()).redirectErrorStream(true).start();
        check.getOutputStream().close();
        String table = new String(check.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        expectEquals(0, check.waitFor(), "exit code of ottla log check, having printed " + table);
    }

    private static void produce(String topic, int count) throws Exception {
        String value = "x".repeat(1000);
        try (KafkaProducer<String, String> producer = Clients.producer(Map.of("batch.size", 4000))) {
            for (int i = 0; i < count; i++) producer.send(new ProducerRecord<>(topic, 0, "k" + i, value));
            producer.flush();
        }
    }

    private static void accept(String topic, int segmentsMin) throws Exception {
        expect(files(topic, ".log").size() >= segmentsMin, "at least " + segmentsMin + " segments, not " + files(topic, ".log"));
        for (String directory : List.of(topic, "__cluster_metadata")) {
            String batches = run("--deep-iteration", "--files", join(files(directory, ".log")));
            expect(batches.contains("isvalid: true") && !batches.contains("isvalid: false"), "valid batches of " + directory);
            List<String> indexes = new ArrayList<>(files(directory, ".index"));
            indexes.addAll(files(directory, ".timeindex"));
            if (indexes.isEmpty()) continue;
            // The first looks at the ends of the index, the second at every entry and its batch.
            String sane = run("--index-sanity-check", "--files", join(indexes));
            expectEquals(indexes.size(), sane.split("passed sanity check|is empty", -1).length - 1, "sane indexes of " + directory + ": " + sane);
            run("--files", join(indexes));
        }
        acceptedByLogCheck();
        List<String> snapshots = files(topic, ".snapshot");
        if (!snapshots.isEmpty()) expect(run("--files", join(snapshots)).contains("producerId: "), "producers in a snapshot");
    }

    private static List<String> files(String topic, String suffix) {
        File[] found = new File(DATA, topic + "-0").listFiles((directory, name) -> name.endsWith(suffix));
        return found == null ? List.of() : Arrays.stream(found).map(File::getPath).sorted().collect(Collectors.toList());
    }

    private static String join(List<String> files) {
        return String.join(",", files);
    }

    /** Of a log that has all its offsets. */
    private static String run(String... args) throws Exception {
        String output = output(args);
        // The tool takes every file for the first of its log, whoever wrote it, and then misses what comes before the first batch.
        expect(!output.replaceAll(" -1 is followed by", "").contains("is followed by"), "consecutive offsets: " + output.substring(Math.max(0, output.indexOf("Non-consecutive"))));
        return output;
    }

    private static String output(String... args) throws Exception {
        List<String> command = new ArrayList<>(List.of("java", "-Xmx256m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", System.getenv("OTTLA_TOOLS_CLASSPATH"), TOOL));
        command.addAll(List.of(args));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        expectEquals(0, process.waitFor(), "exit code, having printed " + output);
        // It ends well whatever it finds; these are its words for what is wrong.
        for (String complaint : List.of("Mismatches in", "Found timestamp mismatch", "Found out of order timestamp", "Exception", "Found invalid")) {
            expect(!output.contains(complaint), "kafka-dump-log says: " + output.substring(Math.max(0, output.indexOf(complaint))));
        }
        return output;
    }

    private FileChecks() {}
}
