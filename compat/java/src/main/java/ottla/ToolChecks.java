package ottla;

import static ottla.Checklist.BOOTSTRAP;
import static ottla.Checklist.expect;
import static ottla.Checklist.expectEquals;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;

/** Apache's command-line tools, each a process of its own, as a user would run them. */
final class ToolChecks {
    static List<Checklist.Named> all() {
        return List.of(
                new Checklist.Named("tools: kafka-topics creates, describes, alters, lists, deletes", ToolChecks::topics),
                new Checklist.Named("tools: kafka-console-producer and kafka-console-consumer", ToolChecks::console),
                new Checklist.Named("tools: kafka-configs", ToolChecks::configs),
                new Checklist.Named("tools: kafka-get-offsets, kafka-delete-records, kafka-log-dirs, kafka-broker-api-versions", ToolChecks::others),
                new Checklist.Named("tools: kafka-configs opens a cordoned data directory, kafka-reassign-partitions moves a partition into it", ToolChecks::logDirs),
                new Checklist.Named("tools: kafka-transactions lists, describes, finds, aborts", ToolChecks::transactions),
                new Checklist.Named("tools: kafka-transactions ends the transaction of an id", ToolChecks::forcedEnd),
                new Checklist.Named("tools: kafka-producer-perf-test and kafka-consumer-perf-test", ToolChecks::perf));
    }

    private static void topics() throws Exception {
        String topic = Clients.unique("tool");
        String tool = "org.apache.kafka.tools.TopicCommand";
        run("", tool, "--create", "--topic", topic, "--partitions", "2");
        run("", tool, "--alter", "--topic", topic, "--partitions", "3");
        expect(run("", tool, "--describe", "--topic", topic).contains("PartitionCount: 3"), "three partitions");
        expect(run("", tool, "--list").contains(topic), "listed");
        run("", tool, "--delete", "--topic", topic);
        expect(!run("", tool, "--list").contains(topic), "gone");
    }

    private static void console() throws Exception {
        String topic = Clients.topic(1);
        String group = Clients.unique("console");
        run("a:1\nb:2\nc:3\n", "org.apache.kafka.tools.ConsoleProducer", "--topic", topic, "--reader-property", "parse.key=true", "--reader-property", "key.separator=:");
        String read = run("", "org.apache.kafka.tools.consumer.ConsoleConsumer", "--topic", topic, "--group", group, "--from-beginning", "--max-messages", "3",
                "--formatter-property", "print.key=true", "--formatter-property", "key.separator=:");
        expectEquals("a:1\nb:2\nc:3\n", read.replace("\r", ""), "consumed lines");
        String described = run("", "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand", "--describe", "--group", group);
        expect(described.contains(topic), "the group has committed");
        run("", "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand", "--reset-offsets", "--group", group, "--topic", topic, "--to-earliest", "--execute");
        run("", "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand", "--delete", "--group", group);
    }

    private static void configs() throws Exception {
        String topic = Clients.topic(1);
        String tool = "kafka.admin.ConfigCommand";
        run("", tool, "--alter", "--entity-type", "topics", "--entity-name", topic, "--add-config", "retention.ms=777000");
        expect(run("", tool, "--describe", "--entity-type", "topics", "--entity-name", topic).contains("retention.ms=777000"), "set");
        run("", tool, "--alter", "--entity-type", "topics", "--entity-name", topic, "--delete-config", "retention.ms");
    }

    private static void others() throws Exception {
        String topic = Clients.topic(1);
        run("one\ntwo\n", "org.apache.kafka.tools.ConsoleProducer", "--topic", topic);
        expect(run("", "org.apache.kafka.tools.GetOffsetShell", "--topic", topic).contains(topic + ":0:2"), "two records");
        expect(run("", "org.apache.kafka.tools.LogDirsCommand", "--describe", "--topic-list", topic).contains(topic + "-0"), "log directory");
        expect(run("", "org.apache.kafka.tools.BrokerApiVersionsCommand").contains("Produce(0)"), "API versions");
    }

    /** The broker has two data directories, of which the second is cordoned. */
    private static void logDirs() throws Exception {
        String topic = Clients.topic(1);
        String more = System.getenv("OTTLA_DATA_DIR") + "/more";
        String configs = "kafka.admin.ConfigCommand";
        String reassign = "org.apache.kafka.tools.reassign.ReassignPartitionsCommand";
        run("one\ntwo\n", "org.apache.kafka.tools.ConsoleProducer", "--topic", topic);
        Path plan = Files.createTempFile("plan", ".json");
        Files.writeString(plan, "{\"version\":1,\"partitions\":[{\"topic\":\"" + topic + "\",\"partition\":0,\"replicas\":[1],\"log_dirs\":[\"" + more + "\"]}]}");
        run("", configs, "--alter", "--entity-type", "brokers", "--entity-name", "1", "--add-config", "cordoned.log.dirs=");
        run("", reassign, "--reassignment-json-file", plan.toString(), "--execute");
        String verified = "";
        for (int tries = 0; tries < 20 && !verified.contains("Reassignment of replica " + topic + "-0-1 completed successfully"); tries++) {
            verified = run("", reassign, "--reassignment-json-file", plan.toString(), "--verify");
        }
        expect(verified.contains("completed successfully"), "moved: " + verified);
        expect(run("", "org.apache.kafka.tools.GetOffsetShell", "--topic", topic).contains(topic + ":0:2"), "both records are there");
        expect(Files.isDirectory(Path.of(more, topic + "-0")), "the partition's directory");
        run("", configs, "--alter", "--entity-type", "brokers", "--entity-name", "1", "--delete-config", "cordoned.log.dirs");
        Files.delete(plan);
    }

    /** An open transaction as an operator meets it: found, looked at, and aborted in one partition, as if it hung there. */
    private static void transactions() throws Exception {
        String tool = "org.apache.kafka.tools.TransactionsCommand";
        String topic = Clients.topic(1);
        String id = Clients.unique("tx");
        try (KafkaProducer<String, String> producer = TransactionChecks.transactional(id, Map.of())) {
            producer.beginTransaction();
            producer.send(new ProducerRecord<>(topic, "open")).get();
            expect(row(run("", tool, "list"), id).contains("Ongoing"), "listed as ongoing");
            expect(run("", tool, "describe", "--transactional-id", id).contains(topic + "-0"), "described with its partition");
            String[] held = row(run("", tool, "describe-producers", "--topic", topic, "--partition", "0"), "").trim().split("\\s+");
            expectEquals("0", held[held.length - 1], "start offset of the open transaction");
            expect(!run("", tool, "find-hanging", "--topic", topic, "--partition", "0", "--max-transaction-timeout", "0").contains(topic), "known to its coordinator: it does not hang");
            run("", tool, "abort", "--topic", topic, "--partition", "0", "--start-offset", "0");
            Clients.await("the partition is free", () -> TransactionChecks.read(topic, 1, "read_committed").isEmpty());
        }
    }

    private static void forcedEnd() throws Exception {
        String tool = "org.apache.kafka.tools.TransactionsCommand";
        String topic = Clients.topic(1);
        String id = Clients.unique("tx");
        try (KafkaProducer<String, String> producer = TransactionChecks.transactional(id, Map.of())) {
            producer.beginTransaction();
            producer.send(new ProducerRecord<>(topic, "open")).get();
            run("", tool, "forceTerminateTransaction", "--transactionalId", id);
            Clients.await("the transaction is over", () -> ended(tool, id));
            try {
                producer.commitTransaction();
                throw new AssertionError("a transaction that an operator ended could be committed");
            } catch (KafkaException fenced) {
                System.err.println("the producer was told: " + fenced);
            }
        }
        expectEquals(List.of(), TransactionChecks.read(topic, 1, "read_committed"), "committed");
    }

    private static boolean ended(String tool, String id) {
        try {
            String state = row(run("", tool, "list"), id);
            return state.contains("CompleteAbort") || state.contains("Empty");
        } catch (Exception error) {
            throw new IllegalStateException(error);
        }
    }

    /** The last line that begins with `first`. */
    private static String row(String output, String first) {
        return output.lines().filter(line -> !line.isBlank() && line.startsWith(first)).reduce((a, b) -> b).orElse("");
    }

    private static void perf() throws Exception {
        String topic = Clients.topic(3);
        String sent = run("", "org.apache.kafka.tools.ProducerPerformance", "--topic", topic, "--num-records", "20000", "--record-size", "500", "--throughput", "-1");
        expect(sent.contains("20000 records sent"), sent);
        run("", "org.apache.kafka.tools.ConsumerPerformance", "--topic", topic, "--num-records", "20000", "--timeout", "30000");
    }

    private static String run(String input, String tool, String... args) throws Exception {
        List<String> command = new ArrayList<>(List.of("java", "-Xmx256m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", System.getenv("OTTLA_TOOLS_CLASSPATH"), tool, "--bootstrap-server", BOOTSTRAP));
        command.addAll(List.of(args));
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.redirectError(ProcessBuilder.Redirect.INHERIT);
        Process process = builder.start();
        try (var stdin = process.getOutputStream()) {
            stdin.write(input.getBytes(StandardCharsets.UTF_8));
        }
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        expectEquals(0, process.waitFor(), tool + " exit code, having printed " + output);
        return output;
    }

    private ToolChecks() {}
}
