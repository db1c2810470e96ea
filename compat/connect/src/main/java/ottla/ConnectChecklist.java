package ottla;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.DescribeConfigsResult;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.StringDeserializer;

/**
 * A distributed Connect worker with exactly-once sources: a file becomes a topic and the topic a file, while the worker and the broker are killed. Speaks the words
 * of compat/harness.ts.
 */
public final class ConnectChecklist {
    private static final String BOOTSTRAP = System.getenv("OTTLA_BOOTSTRAP");
    private static final BufferedReader STDIN = new BufferedReader(new InputStreamReader(System.in));
    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static final String NAME = "connect-" + UUID.randomUUID().toString().substring(0, 8);
    private static final String TOPIC = NAME + "-lines";
    private static final int PART = 2_000;
    private static final long PATIENCE_MS = 120_000;
    private static boolean failed;
    private static Path directory;
    private static int restPort;
    private static Process worker;
    private static int lines;

    interface Check {
        void run() throws Exception;
    }

    public static void main(String[] args) throws Exception {
        directory = Files.createTempDirectory("ottla-connect");
        Files.createFile(input());
        try {
            check("connect: a distributed worker starts and makes its compacted topics", ConnectChecklist::start);
            check("connect: a file becomes a topic and the topic a file", ConnectChecklist::copy);
            check("connect: the worker is killed, every line comes once", ConnectChecklist::workerKilled);
            check("connect: the broker is killed, every line comes once", ConnectChecklist::brokerKilled);
            check("connect: connectors pause, resume and go", ConnectChecklist::manage);
        } finally {
            if (worker != null) worker.destroyForcibly().waitFor();
            try (Stream<Path> files = Files.walk(directory)) {
                for (Path path : files.sorted(Comparator.reverseOrder()).toList()) Files.delete(path);
            }
        }
        System.exit(failed ? 1 : 0);
    }

    private static void check(String name, Check check) {
        try {
            check.run();
            System.out.println("ok " + name);
        } catch (Throwable error) {
            failed = true;
            System.out.println("not ok " + name + ": " + String.valueOf(error).replace('\n', ' '));
        }
        System.out.flush();
    }

    private static void start() throws Exception {
        startWorker();
        try (Admin admin = Admin.create(Map.<String, Object>of("bootstrap.servers", BOOTSTRAP))) {
            for (String topic : List.of("configs", "offsets", "status")) {
                ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, NAME + "-" + topic);
                DescribeConfigsResult described = admin.describeConfigs(List.of(resource));
                expectEquals("compact", described.all().get().get(resource).get("cleanup.policy").value(), "policy of " + topic);
            }
        }
    }

    private static void copy() throws Exception {
        put("/connectors/" + NAME + "-source/config", """
                {"connector.class": "FileStreamSource", "tasks.max": "1", "file": "%s", "topic": "%s", "exactly.once.support": "required",
                 "transaction.boundary": "poll", "batch.size": "100"}""".formatted(input(), TOPIC));
        put("/connectors/" + NAME + "-sink/config", """
                {"connector.class": "FileStreamSink", "tasks.max": "1", "file": "%s", "topics": "%s",
                 "consumer.override.isolation.level": "read_committed", "consumer.override.auto.offset.reset": "earliest"}""".formatted(output(), TOPIC));
        write(PART);
        expectAllOnce();
    }

    private static void workerKilled() throws Exception {
        write(PART);
        worker.destroyForcibly().waitFor();
        write(PART);
        startWorker();
        expectAllOnce();
    }

    private static void brokerKilled() throws Exception {
        write(PART);
        System.out.println("@kill");
        System.out.flush();
        expectEquals("restarted", STDIN.readLine(), "answer of the harness");
        write(PART);
        expectAllOnce();
    }

    private static void manage() throws Exception {
        expectStatus(202, send("PUT", "/connectors/" + NAME + "-source/pause", null));
        await("paused", () -> send("GET", "/connectors/" + NAME + "-source/status", null).body().contains("PAUSED"));
        expectStatus(202, send("PUT", "/connectors/" + NAME + "-source/resume", null));
        await("running", () -> !send("GET", "/connectors/" + NAME + "-source/status", null).body().contains("PAUSED"));
        expectStatus(204, send("DELETE", "/connectors/" + NAME + "-source", null));
        expectStatus(204, send("DELETE", "/connectors/" + NAME + "-sink", null));
        await("none left", () -> send("GET", "/connectors", null).body().equals("[]"));
    }

    /** The topic has every line once and in order, and the file every line (a sink may write one again). */
    private static void expectAllOnce() throws Exception {
        List<String> wanted = IntStream.range(0, lines).mapToObj(ConnectChecklist::line).toList();
        expectEquals(wanted, readTopic(lines), "lines in the topic");
        await("all lines in the file", () -> Files.exists(output()) && new HashSet<>(Files.readAllLines(output())).containsAll(wanted));
    }

    private static List<String> readTopic(int count) {
        Map<String, Object> settings = Map.of("bootstrap.servers", BOOTSTRAP, "isolation.level", "read_committed", "reconnect.backoff.max.ms", 200);
        try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
            List<TopicPartition> partitions = List.of(new TopicPartition(TOPIC, 0));
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            List<String> values = new ArrayList<>();
            long deadline = System.currentTimeMillis() + PATIENCE_MS;
            while (values.size() < count && System.currentTimeMillis() < deadline) {
                for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(200))) values.add(record.value());
            }
            // Whatever is too many comes now.
            for (int i = 0; i < 5; i++) consumer.poll(Duration.ofMillis(100)).forEach(record -> values.add(record.value()));
            return values;
        }
    }

    private static void write(int count) throws IOException {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < count; i++) text.append(line(lines++)).append('\n');
        Files.writeString(input(), text, StandardOpenOption.APPEND);
    }

    private static String line(int number) {
        return "line " + number;
    }

    private static Path input() {
        return directory.resolve("input.txt");
    }

    private static Path output() {
        return directory.resolve("output.txt");
    }

    private static void startWorker() throws Exception {
        try (ServerSocket free = new ServerSocket(0)) {
            restPort = free.getLocalPort();
        }
        Path settings = directory.resolve("worker.properties");
        Files.writeString(settings, """
                bootstrap.servers=%1$s
                group.id=%2$s
                config.storage.topic=%2$s-configs
                offset.storage.topic=%2$s-offsets
                status.storage.topic=%2$s-status
                config.storage.replication.factor=1
                offset.storage.replication.factor=1
                status.storage.replication.factor=1
                exactly.once.source.support=enabled
                key.converter=org.apache.kafka.connect.storage.StringConverter
                value.converter=org.apache.kafka.connect.storage.StringConverter
                connector.client.config.override.policy=All
                offset.flush.interval.ms=500
                session.timeout.ms=6000
                heartbeat.interval.ms=500
                scheduled.rebalance.max.delay.ms=0
                listeners=http://127.0.0.1:%3$d
                """.formatted(BOOTSTRAP, NAME, restPort));
        Path log = directory.resolve("worker.log");
        worker = new ProcessBuilder("java", "-Xmx512m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Dorg.slf4j.simpleLogger.defaultLogLevel=error",
                "-cp", System.getProperty("java.class.path"), "org.apache.kafka.connect.cli.ConnectDistributed", settings.toString())
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile())).redirectError(ProcessBuilder.Redirect.appendTo(log.toFile())).start();
        await("the worker serves", () -> {
            expect(worker.isAlive(), "the worker has ended");
            return send("GET", "/connectors", null).statusCode() == 200;
        });
    }

    /** Until the worker has found its group, it answers 409 or 500. */
    private static void put(String path, String body) throws Exception {
        await("taken: " + path, () -> send("PUT", path, body).statusCode() < 300);
    }

    private static HttpResponse<String> send(String method, String path, String body) throws Exception {
        HttpRequest.BodyPublisher publisher = body == null ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(body);
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + restPort + path))
                .timeout(Duration.ofSeconds(30)).header("Content-Type", "application/json").method(method, publisher).build();
        return HTTP.send(request, HttpResponse.BodyHandlers.ofString());
    }

    interface Condition {
        boolean holds() throws Exception;
    }

    private static void await(String what, Condition condition) throws Exception {
        long deadline = System.currentTimeMillis() + PATIENCE_MS;
        while (true) {
            try {
                if (condition.holds()) return;
            } catch (IOException error) {
                // It does not listen yet.
            }
            expect(System.currentTimeMillis() < deadline, "never came true: " + what);
            Thread.sleep(100);
        }
    }

    private static void expectStatus(int expected, HttpResponse<String> response) {
        expectEquals(expected, response.statusCode(), "status, with " + response.body());
    }

    private static void expect(boolean condition, String message) {
        if (!condition) throw new AssertionError(message);
    }

    private static void expectEquals(Object expected, Object actual, String what) {
        if (expected.equals(actual)) return;
        String text = what + ": expected " + expected + ", got " + actual;
        throw new AssertionError(text.length() > 600 ? text.substring(0, 600) + "…" : text);
    }

    private ConnectChecklist() {}
}
