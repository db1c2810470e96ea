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
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;

/** Apache's kafka-dump-log reads the broker's files: every batch, every index entry, every snapshot. */
final class FileChecks {
    private static final String TOOL = "org.apache.kafka.tools.DumpLogSegments";
    private static final File DATA = new File(System.getenv("OTTLA_DATA_DIR"));

    static List<Checklist.Named> all() {
        return List.of(new Checklist.Named("files: kafka-dump-log accepts them, after load, kill -9 and recovery, deletion, and a stop", FileChecks::dumpLog));
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
        Checklist.restartBroker(false);
        produce(topic, 1);
        accept(topic, 2);
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

    private static String run(String... args) throws Exception {
        List<String> command = new ArrayList<>(List.of("java", "-Xmx256m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", System.getenv("OTTLA_TOOLS_CLASSPATH"), TOOL));
        command.addAll(List.of(args));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        expectEquals(0, process.waitFor(), "exit code, having printed " + output);
        // The tool takes every file for the first of its log, whoever wrote it, and then misses what comes before the first batch.
        expect(!output.replaceAll(" -1 is followed by", "").contains("is followed by"), "consecutive offsets: " + output.substring(Math.max(0, output.indexOf("Non-consecutive"))));
        // It ends well whatever it finds; these are its words for what is wrong.
        for (String complaint : List.of("Mismatches in", "Found timestamp mismatch", "Found out of order timestamp", "Exception", "Found invalid")) {
            expect(!output.contains(complaint), "kafka-dump-log says: " + output.substring(Math.max(0, output.indexOf(complaint))));
        }
        return output;
    }

    private FileChecks() {}
}
