package ottla;

import java.io.BufferedReader;
import java.io.File;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * Runs the application over generated orders while it and the broker are killed and started again, then compares what it has written with what Orders computes.
 * Speaks the words of compat/harness.ts.
 */
public final class StreamsChecklist {
    private static final String BOOTSTRAP = System.getenv("OTTLA_BOOTSTRAP");
    private static final BufferedReader STDIN = new BufferedReader(new InputStreamReader(System.in));
    private static final String PREFIX = "streams-" + UUID.randomUUID().toString().substring(0, 8) + "-";
    private static final int PARTITIONS = 4;
    private static final long PATIENCE_MS = 180_000;
    private static boolean failed;
    private static Process app;
    private static Path stateDir;

    interface Check {
        void run() throws Exception;
    }

    public static void main(String[] args) throws Exception {
        stateDir = Files.createTempDirectory("ottla-streams");
        try {
            check("streams: orders while the application and the broker are killed and restarted", StreamsChecklist::process);
            check("streams: the join has every order once", () -> expectEquals(Orders.joined(), read("joined", Orders.COUNT).stream().map(ConsumerRecord::value).sorted().toList(), "joined records"));
            check("streams: the repartitioned sums are right, each change once", StreamsChecklist::sums);
            check("streams: the windowed counts are right, each change once", StreamsChecklist::counts);
        } finally {
            if (app != null) app.destroyForcibly().waitFor();
            wipeState();
        }
        System.exit(failed ? 1 : 0);
    }

    private static void check(String name, Check check) {
        try {
            check.run();
            System.out.println("ok " + name);
        } catch (Throwable error) {
            failed = true;
            String text = String.valueOf(error).replace('\n', ' ');
            System.out.println("not ok " + name + ": " + text.substring(0, Math.min(500, text.length())));
        }
        System.out.flush();
    }

    private static void process() throws Exception {
        try (Admin admin = Admin.create(Map.<String, Object>of("bootstrap.servers", BOOTSTRAP))) {
            List<NewTopic> topics = Stream.of("customers", "orders", "joined", "sums", "counts").map(name -> new NewTopic(PREFIX + name, PARTITIONS, (short) 1)).toList();
            admin.createTopics(topics).all().get();
        }
        try (KafkaProducer<String, String> producer = producer()) {
            // The table is there before the first order, so that the join has one right answer.
            for (int i = 0; i < Orders.CUSTOMERS; i++) {
                producer.send(new ProducerRecord<>(PREFIX + "customers", null, 1L, Orders.customer(i), Orders.nameOf(Orders.customer(i))));
            }
            producer.flush();
            startApp();
            List<Orders.Order> orders = Orders.all();
            int part = orders.size() / 5;
            send(producer, orders.subList(0, part));
            awaitJoined(part / 2);
            app.destroyForcibly().waitFor();
            send(producer, orders.subList(part, 2 * part));
            startApp();
            awaitJoined(3 * part / 2);
            send(producer, orders.subList(2 * part, 3 * part));
            restartBroker(true);
            awaitJoined(5 * part / 2);
            app.destroyForcibly().waitFor();
            // The stores are restored from their changelogs.
            wipeState();
            startApp();
            send(producer, orders.subList(3 * part, 4 * part));
            awaitJoined(7 * part / 2);
            send(producer, orders.subList(4 * part, orders.size()));
            restartBroker(false);
            awaitJoined(orders.size());
        }
    }

    private static void sums() throws Exception {
        Map<String, Integer> counts = Orders.countsByProduct();
        Map<String, Integer> last = new HashMap<>();
        Map<String, Integer> seen = new HashMap<>();
        for (ConsumerRecord<String, String> record : read("sums", Orders.COUNT)) {
            int sum = Integer.parseInt(record.value());
            expect(sum >= last.getOrDefault(record.key(), 0), "the sum of " + record.key() + " went back to " + sum);
            last.put(record.key(), sum);
            seen.merge(record.key(), 1, Integer::sum);
        }
        expectEquals(Orders.sums(), last, "last sums");
        expectEquals(counts, seen, "changes per product");
    }

    private static void counts() throws Exception {
        Map<String, Integer> last = new HashMap<>();
        for (ConsumerRecord<String, String> record : read("counts", Orders.COUNT)) {
            int before = last.getOrDefault(record.key(), 0);
            expectEquals(before + 1, Integer.parseInt(record.value()), "the count after " + before + " of " + record.key());
            last.put(record.key(), before + 1);
        }
        expectEquals(Orders.windowCounts(), last, "last counts");
    }

    private static KafkaProducer<String, String> producer() {
        Map<String, Object> settings = Map.of("bootstrap.servers", BOOTSTRAP, "linger.ms", 5, "delivery.timeout.ms", 120_000, "reconnect.backoff.max.ms", 200);
        return new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer());
    }

    private static void send(KafkaProducer<String, String> producer, List<Orders.Order> orders) {
        for (Orders.Order order : orders) {
            producer.send(new ProducerRecord<>(PREFIX + "orders", null, order.timestampMs(), order.customer(), order.value()));
        }
        producer.flush();
    }

    /** Waits until so many joined records are committed. */
    private static void awaitJoined(int count) throws Exception {
        read("joined", count);
    }

    /** At least `count` committed records of a topic from its beginning, and what else is there. */
    private static List<ConsumerRecord<String, String>> read(String topic, int count) {
        Map<String, Object> settings = Map.of("bootstrap.servers", BOOTSTRAP, "isolation.level", "read_committed", "reconnect.backoff.max.ms", 200);
        try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
            List<TopicPartition> partitions = new ArrayList<>();
            for (int p = 0; p < PARTITIONS; p++) partitions.add(new TopicPartition(PREFIX + topic, p));
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            List<ConsumerRecord<String, String>> records = new ArrayList<>();
            long deadline = System.currentTimeMillis() + PATIENCE_MS;
            while (records.size() < count) {
                expect(app.isAlive(), "the application has ended");
                expect(System.currentTimeMillis() < deadline, "only " + records.size() + " of " + count + " records of " + topic + " came");
                consumer.poll(Duration.ofMillis(200)).forEach(records::add);
            }
            // Whatever is too many comes now.
            for (int i = 0; i < 5; i++) consumer.poll(Duration.ofMillis(100)).forEach(records::add);
            return records;
        }
    }

    private static void startApp() throws Exception {
        File log = new File(System.getProperty("java.io.tmpdir"), PREFIX + "app.log");
        log.deleteOnExit();
        app = new ProcessBuilder("java", "-Xmx384m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
                "-cp", System.getProperty("java.class.path"), StreamsApp.class.getName(), BOOTSTRAP, PREFIX + "app", stateDir.toString(), PREFIX)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log)).redirectError(ProcessBuilder.Redirect.appendTo(log)).start();
        expect(!app.waitFor(500, TimeUnit.MILLISECONDS), "the application ended at once, see " + log);
    }

    private static void wipeState() throws Exception {
        try (Stream<Path> files = Files.walk(stateDir)) {
            for (Path path : files.sorted(Comparator.reverseOrder()).toList()) Files.delete(path);
        }
    }

    private static void restartBroker(boolean kill) throws Exception {
        System.out.println(kill ? "@kill" : "@restart");
        System.out.flush();
        expectEquals("restarted", STDIN.readLine(), "answer of the harness");
    }

    private static void expect(boolean condition, String message) {
        if (!condition) throw new AssertionError(message);
    }

    private static void expectEquals(Object expected, Object actual, String what) {
        expect(expected.equals(actual), what + ": expected " + expected + ", got " + actual);
    }

    private StreamsChecklist() {}
}
