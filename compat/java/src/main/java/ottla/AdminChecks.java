package ottla;

import static ottla.Checklist.expect;
import static ottla.Checklist.expectEquals;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

final class AdminChecks {
    static List<Checklist.Named> all() {
        return List.of(
                new Checklist.Named("admin: describe the cluster", AdminChecks::cluster),
                new Checklist.Named("admin: create, describe, grow, list and delete a topic", AdminChecks::topics),
                new Checklist.Named("admin: refusals are the right exceptions", AdminChecks::refusals),
                new Checklist.Named("admin: topic and broker settings", AdminChecks::settings),
                new Checklist.Named("admin: delete records and read offsets", AdminChecks::records),
                new Checklist.Named("admin: log directories", AdminChecks::logDirs));
    }

    private static void cluster() throws Exception {
        try (Admin admin = Clients.admin()) {
            var cluster = admin.describeCluster();
            expectEquals(22, cluster.clusterId().get().length(), "length of the cluster id");
            expectEquals(1, cluster.nodes().get().size(), "nodes");
            expectEquals(cluster.nodes().get().iterator().next().id(), cluster.controller().get().id(), "controller");
        }
    }

    private static void topics() throws Exception {
        try (Admin admin = Clients.admin()) {
            String name = Clients.topic(2, Map.of("retention.ms", "3600000"));
            var description = admin.describeTopics(List.of(name)).allTopicNames().get().get(name);
            expectEquals(2, description.partitions().size(), "partitions");
            admin.createPartitions(Map.of(name, NewPartitions.increaseTo(5))).all().get();
            Clients.await("five partitions", () -> partitions(admin, name) == 5);
            expect(admin.listTopics().names().get().contains(name), "the topic is listed");
            admin.deleteTopics(List.of(name)).all().get();
            expect(!admin.listTopics().names().get().contains(name), "the deleted topic is not listed");
        }
    }

    private static int partitions(Admin admin, String topic) {
        try {
            return admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic).partitions().size();
        } catch (Exception error) {
            throw new IllegalStateException(error);
        }
    }

    private static void refusals() throws Exception {
        try (Admin admin = Clients.admin()) {
            String name = Clients.topic(1);
            expectFailure(TopicExistsException.class, () -> admin.createTopics(List.of(new NewTopic(name, 1, (short) 1))).all().get());
            expectFailure(InvalidTopicException.class, () -> admin.createTopics(List.of(new NewTopic("no spaces", 1, (short) 1))).all().get());
            expectFailure(UnknownTopicOrPartitionException.class, () -> admin.deleteTopics(List.of(Clients.unique("absent"))).all().get());
        }
    }

    private static void settings() throws Exception {
        try (Admin admin = Clients.admin()) {
            ConfigResource topic = new ConfigResource(ConfigResource.Type.TOPIC, Clients.topic(1));
            var set = new AlterConfigOp(new ConfigEntry("retention.ms", "12345"), AlterConfigOp.OpType.SET);
            admin.incrementalAlterConfigs(Map.of(topic, List.of(set))).all().get();
            ConfigEntry retention = admin.describeConfigs(List.of(topic)).all().get().get(topic).get("retention.ms");
            expectEquals("12345", retention.value(), "retention.ms");
            expectEquals(ConfigEntry.ConfigSource.DYNAMIC_TOPIC_CONFIG, retention.source(), "source");
            var unset = new AlterConfigOp(new ConfigEntry("retention.ms", ""), AlterConfigOp.OpType.DELETE);
            admin.incrementalAlterConfigs(Map.of(topic, List.of(unset))).all().get();
            expectEquals("604800000", admin.describeConfigs(List.of(topic)).all().get().get(topic).get("retention.ms").value(), "retention.ms");
            String node = String.valueOf(admin.describeCluster().nodes().get().iterator().next().id());
            ConfigResource broker = new ConfigResource(ConfigResource.Type.BROKER, node);
            expectEquals(node, admin.describeConfigs(List.of(broker)).all().get().get(broker).get("node.id").value(), "node.id");
        }
    }

    private static void records() throws Exception {
        String name = Clients.topic(1);
        TopicPartition partition = new TopicPartition(name, 0);
        try (Admin admin = Clients.admin();
                KafkaProducer<String, String> producer = Clients.producer(Map.of())) {
            for (int i = 0; i < 10; i++) producer.send(new ProducerRecord<>(name, 0, 1_700_000_000_000L + i * 1000, "k", "v" + i)).get();
            expectEquals(4L, admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(4))).lowWatermarks().get(partition).get().lowWatermark(), "low watermark");
            expectEquals(4L, offset(admin, partition, OffsetSpec.earliest()), "earliest");
            expectEquals(10L, offset(admin, partition, OffsetSpec.latest()), "latest");
            expectEquals(9L, offset(admin, partition, OffsetSpec.maxTimestamp()), "greatest timestamp");
            expectEquals(6L, offset(admin, partition, OffsetSpec.forTimestamp(1_700_000_005_001L)), "by timestamp");
            expectEquals(Optional.of(0), admin.listOffsets(Map.of(partition, OffsetSpec.latest())).partitionResult(partition).get().leaderEpoch().map(e -> 0), "has a leader epoch");
        }
    }

    private static long offset(Admin admin, TopicPartition partition, OffsetSpec spec) throws Exception {
        return admin.listOffsets(Map.of(partition, spec)).partitionResult(partition).get().offset();
    }

    private static void logDirs() throws Exception {
        try (Admin admin = Clients.admin()) {
            String name = Clients.topic(3);
            Set<Integer> nodes = Set.of(admin.describeCluster().nodes().get().iterator().next().id());
            var dirs = admin.describeLogDirs(nodes).allDescriptions().get().values().iterator().next();
            long count = dirs.values().stream().flatMap(d -> d.replicaInfos().keySet().stream()).filter(p -> p.topic().equals(name)).count();
            expectEquals(3L, count, "partitions of the topic in the log directory");
        }
    }

    static void expectFailure(Class<? extends Throwable> kind, Checklist.Check check) throws Exception {
        try {
            check.run();
        } catch (ExecutionException error) {
            expect(kind.isInstance(error.getCause()), "expected " + kind.getSimpleName() + ", got " + error.getCause());
            return;
        }
        throw new AssertionError("expected " + kind.getSimpleName() + ", got none");
    }

    private AdminChecks() {}
}
