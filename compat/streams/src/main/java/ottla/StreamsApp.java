package ottla;

import java.time.Duration;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.KTable;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.TimeWindows;

/** The application, a process of its own so that it can be killed: a join with a table, a repartitioned sum, a windowed count. */
public final class StreamsApp {
    /** BOOTSTRAP APPLICATION_ID STATE_DIR PREFIX */
    public static void main(String[] args) throws Exception {
        Properties settings = new Properties();
        settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, args[0]);
        settings.put(StreamsConfig.APPLICATION_ID_CONFIG, args[1]);
        settings.put(StreamsConfig.STATE_DIR_CONFIG, args[2]);
        settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
        settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 2);
        settings.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 100);
        // Every change of a store is written, so that the checklist can count them.
        settings.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 0);
        settings.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, 1);
        settings.put(StreamsConfig.DEFAULT_KEY_SERDE_CLASS_CONFIG, Serdes.StringSerde.class);
        settings.put(StreamsConfig.DEFAULT_VALUE_SERDE_CLASS_CONFIG, Serdes.StringSerde.class);
        // So that a killed instance is missed soon.
        settings.put(StreamsConfig.consumerPrefix(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG), 6_000);
        settings.put(StreamsConfig.consumerPrefix(ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG), 500);
        KafkaStreams streams = new KafkaStreams(topology(args[3]), settings);
        CountDownLatch failed = new CountDownLatch(1);
        streams.setUncaughtExceptionHandler(error -> {
            System.err.println("the application failed: " + error);
            error.printStackTrace();
            failed.countDown();
            return org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
        });
        streams.start();
        failed.await();
        streams.close(Duration.ofSeconds(5));
        System.exit(1);
    }

    private static Topology topology(String prefix) {
        StreamsBuilder builder = new StreamsBuilder();
        KTable<String, String> customers = builder.table(prefix + "customers");
        KStream<String, String> orders = builder.stream(prefix + "orders");
        orders.join(customers, (order, name) -> order + ":" + name).to(prefix + "joined");
        orders.map((customer, order) -> KeyValue.pair(order.split(":")[1], order.split(":")[2]))
                .groupByKey(Grouped.as("by-product"))
                .reduce((sum, amount) -> String.valueOf(Integer.parseInt(sum) + Integer.parseInt(amount)), Materialized.as("sums"))
                .toStream()
                .to(prefix + "sums");
        orders.groupByKey()
                .windowedBy(TimeWindows.ofSizeAndGrace(Duration.ofMillis(Orders.WINDOW_MS), Duration.ofHours(1)))
                .aggregate(() -> "0", (customer, order, count) -> String.valueOf(Integer.parseInt(count) + 1), Materialized.as("counts"))
                .toStream((window, count) -> window.key() + "@" + window.window().start())
                .to(prefix + "counts");
        return builder.build();
    }

    private StreamsApp() {}
}
