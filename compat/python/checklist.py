"""The checklist with confluent-kafka (librdkafka). Speaks the lines that compat/harness.ts reads."""

import os
import sys
import threading
import time
import traceback
import uuid

import transactions
from confluent_kafka import Consumer, ConsumerGroupTopicPartitions, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewPartitions,
    NewTopic,
    OffsetSpec,
)

BOOTSTRAP = os.environ["OTTLA_BOOTSTRAP"]
WAIT_SECONDS = 30


def unique(prefix):
    return f"{prefix}-{uuid.uuid4().hex[:8]}"


# One for all checks: its futures fail when it is collected before they are done.
ADMIN = AdminClient({"bootstrap.servers": BOOTSTRAP})


def producer(**settings):
    return Producer({"bootstrap.servers": BOOTSTRAP, **{k.replace("_", "."): v for k, v in settings.items()}})


def consumer(**settings):
    base = {"bootstrap.servers": BOOTSTRAP, "group.id": unique("group"), "auto.offset.reset": "earliest", "enable.auto.commit": False}
    return Consumer({**base, **{k.replace("_", "."): v for k, v in settings.items()}})


def create_topic(partitions=1, config=None):
    name = unique("topic")
    for future in ADMIN.create_topics([NewTopic(name, partitions, 1, config=config or {})]).values():
        future.result(WAIT_SECONDS)
    return name


def poll(client, count):
    records, deadline = [], time.monotonic() + WAIT_SECONDS
    while len(records) < count and time.monotonic() < deadline:
        for message in client.consume(500, 0.1):
            if message.error() is None:
                records.append(message)
    assert len(records) >= count, f"only {len(records)} of {count} records came"
    return records


def read_all(topic, partitions, count):
    client = consumer()
    client.assign([TopicPartition(topic, p, 0) for p in range(partitions)])
    try:
        return poll(client, count)
    finally:
        client.close()


def wait_for(what, condition):
    deadline = time.monotonic() + WAIT_SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"never came true: {what}"
        time.sleep(0.02)


def send(client, topic, values, **kwargs):
    failed = []
    for value in values:
        while True:
            try:
                client.produce(topic, value=value, on_delivery=lambda e, m: failed.append(e) if e else None, **kwargs)
                break
            except BufferError:
                client.poll(0.1)
    assert client.flush(WAIT_SECONDS) == 0, "records left in the queue"
    assert not failed, f"{len(failed)} records failed: {failed[:1]}"


def check_admin():
    client = ADMIN
    name = create_topic(2, {"retention.ms": "3600000"})
    for future in client.create_partitions([NewPartitions(name, 4)]).values():
        future.result(WAIT_SECONDS)
    assert len(client.list_topics(name, 10).topics[name].partitions) == 4
    resource = ConfigResource(ConfigResource.Type.TOPIC, name)
    (described,) = [f.result(WAIT_SECONDS) for f in client.describe_configs([resource]).values()]
    assert described["retention.ms"].value == "3600000"
    resource.add_incremental_config(ConfigEntry("retention.ms", "5000", incremental_operation=AlterConfigOpType.SET))
    for future in client.incremental_alter_configs([resource]).values():
        future.result(WAIT_SECONDS)
    (described,) = [f.result(WAIT_SECONDS) for f in client.describe_configs([ConfigResource(ConfigResource.Type.TOPIC, name)]).values()]
    assert described["retention.ms"].value == "5000"
    cluster = client.describe_cluster().result(WAIT_SECONDS)
    assert len(cluster.nodes) == 1 and len(cluster.cluster_id) == 22
    for future in client.delete_topics([name]).values():
        future.result(WAIT_SECONDS)
    assert name not in client.list_topics(timeout=10).topics


def check_round_trip(codec):
    topic = create_topic(3)
    send(producer(compression_type=codec, linger_ms=5), topic, [f"value-{i}-" + "x" * (i % 200) for i in range(5000)])
    records = read_all(topic, 3, 5000)
    assert len({m.value() for m in records}) == len(records) == 5000


def check_content():
    topic = create_topic()
    client = producer()
    client.produce(topic, key="ключ", value="wert ☃", timestamp=1600000000123, headers=[("a", b"1"), ("a", None), ("b", b"")])
    client.produce(topic, key="gone", value=None)
    client.produce(topic, value="keyless")
    assert client.flush(WAIT_SECONDS) == 0
    full, tombstone, keyless = read_all(topic, 1, 3)
    assert full.key().decode() == "ключ" and full.value().decode() == "wert ☃"
    assert full.timestamp() == (1, 1600000000123)
    assert full.headers() == [("a", b"1"), ("a", None), ("b", b"")]
    assert tombstone.value() is None and keyless.key() is None


def check_idempotent():
    topic = create_topic()
    send(producer(enable_idempotence=True, linger_ms=1), topic, [f"v{i}" for i in range(3000)])
    assert [m.value().decode() for m in read_all(topic, 1, 3000)] == [f"v{i}" for i in range(3000)]


def check_large():
    topic = create_topic(1, {"max.message.bytes": "8000000"})
    send(producer(message_max_bytes=16000000), topic, ["x" * 7000000])
    assert len(read_all(topic, 1, 1)[0].value()) == 7000000
    small = create_topic(1, {"max.message.bytes": "1000"})
    errors = []
    client = producer()
    client.produce(small, value="x" * 5000, on_delivery=lambda e, m: errors.append(e))
    client.flush(WAIT_SECONDS)
    assert errors[0] is not None and errors[0].name() == "MSG_SIZE_TOO_LARGE", errors


def check_offsets_by_time():
    topic = create_topic()
    client = producer()
    for i in range(100):
        client.produce(topic, value=f"v{i}", timestamp=1000000 + i * 10)
    client.flush(WAIT_SECONDS)
    reader = consumer()
    assert reader.offsets_for_times([TopicPartition(topic, 0, 1000495)], 10)[0].offset == 50
    assert reader.get_watermark_offsets(TopicPartition(topic, 0), 10) == (0, 100)
    reader.close()
    listed = ADMIN.list_offsets({TopicPartition(topic, 0): OffsetSpec.max_timestamp()})
    assert [f.result(WAIT_SECONDS).offset for f in listed.values()] == [99]


def check_pause_seek_resume():
    topic = create_topic()
    send(producer(), topic, [f"v{i}" for i in range(100)])
    client = consumer()
    client.assign([TopicPartition(topic, 0, 90)])
    assert poll(client, 1)[0].value() == b"v90"
    client.pause([TopicPartition(topic, 0)])
    client.seek(TopicPartition(topic, 0, 20))
    assert not client.consume(10, 0.5)
    client.resume([TopicPartition(topic, 0)])
    assert poll(client, 1)[0].value() == b"v20"
    client.close()


class Member:
    """One group member, polling in a thread of its own."""

    def __init__(self, topic, **settings):
        self.seen, self.assigned, self.running = set(), [], True
        self.client = consumer(heartbeat_interval_ms=200, **settings)
        self.client.subscribe([topic])
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        while self.running:
            for message in self.client.consume(500, 0.05):
                if message.error() is None:
                    self.seen.add(message.value())
            self.assigned = sorted(p.partition for p in self.client.assignment())
            try:
                self.client.commit(asynchronous=False)
            except KafkaException:
                pass  # nothing to commit yet, or a rebalance came first: the next round commits
        self.client.close()

    def close(self):
        self.running = False
        self.thread.join()


def check_group(strategy):
    topic, group = create_topic(6), unique("group")
    members = [Member(topic, group_id=group, partition_assignment_strategy=strategy) for _ in range(3)]
    try:
        wait_for("two partitions each", lambda: all(len(m.assigned) == 2 for m in members))
        for p in range(6):
            send(producer(), topic, [f"{p}-{i}" for i in range(50)], partition=p)
        wait_for("300 records", lambda: len(set().union(*(m.seen for m in members))) == 300)
        members[2].close()
        wait_for("three partitions each", lambda: all(len(m.assigned) == 3 for m in members[:2]))
    finally:
        for member in members:
            member.close()
    offsets = ADMIN.list_consumer_group_offsets([ConsumerGroupTopicPartitions(group)])[group].result(WAIT_SECONDS)
    assert sum(p.offset for p in offsets.topic_partitions) == 300
    for future in ADMIN.delete_consumer_groups([group]).values():
        future.result(WAIT_SECONDS)


def check_static_member():
    topic, group = create_topic(2), unique("group")
    stays = Member(topic, group_id=group, group_instance_id="other")
    first = Member(topic, group_id=group, group_instance_id="one")
    try:
        wait_for("one partition each", lambda: len(stays.assigned) == len(first.assigned) == 1)
        before = first.assigned
        first.close()
        first = Member(topic, group_id=group, group_instance_id="one")
        wait_for("the same partition", lambda: first.assigned == before)
    finally:
        first.close()
        stays.close()


def check_restart(signal):
    topic = create_topic(4)
    acknowledged, failed, sent = set(), [], 0
    client = producer(enable_idempotence=True, linger_ms=1, message_timeout_ms=60000, reconnect_backoff_max_ms=200)

    def on_delivery(error, message):
        if error is None:
            acknowledged.add(message.value())
        else:
            failed.append(error)

    restarted = threading.Event()

    def restart():
        print(signal, flush=True)
        assert sys.stdin.readline().strip() == "restarted"
        restarted.set()

    def load(target):
        nonlocal sent
        while len(acknowledged) < target:
            try:
                client.produce(topic, value=f"v{sent}", partition=sent % 4, on_delivery=on_delivery)
                sent += 1
            except BufferError:
                pass
            client.poll(0.0005)

    load(2000)
    thread = threading.Thread(target=restart)
    thread.start()
    while not restarted.is_set():
        load(len(acknowledged) + 1)
    thread.join()
    load(len(acknowledged) + 2000)
    assert client.flush(60) == 0
    assert not failed, f"{len(failed)} records failed: {failed[0]}"
    records = read_all(topic, 4, len(acknowledged))
    values = [m.value() for m in records]
    assert acknowledged <= set(values), f"{len(acknowledged - set(values))} acknowledged records lost"
    assert len(values) == len(set(values)), "records doubled"


CHECKS = [
    ("admin: topics, partitions, settings, cluster", check_admin),
    *[(f"records: round trip with compression {c}", lambda c=c: check_round_trip(c)) for c in ("none", "gzip", "snappy", "lz4", "zstd")],
    ("records: keys, headers, timestamps, tombstones", check_content),
    ("records: idempotent producer keeps order", check_idempotent),
    ("records: large messages and the limit", check_large),
    ("records: offsets by time", check_offsets_by_time),
    ("records: pause, seek, resume", check_pause_seek_resume),
    ("groups: three members share, one leaves (range)", lambda: check_group("range")),
    ("groups: three members share, one leaves (cooperative-sticky)", lambda: check_group("cooperative-sticky")),
    ("groups: a static member comes back", check_static_member),
    ("restart: kill -9 under load, nothing lost or doubled", lambda: check_restart("@kill")),
    ("restart: orderly stop under load, nothing lost or doubled", lambda: check_restart("@restart")),
    *transactions.checks(sys.modules[__name__]),
]


def main():
    """All checks, or with an argument those whose names have it in them."""
    failures = 0
    for name, check in CHECKS:
        if len(sys.argv) > 1 and sys.argv[1] not in name:
            continue
        try:
            check()
            print(f"ok {name}", flush=True)
        except Exception as error:
            failures += 1
            traceback.print_exc()
            print(f"not ok {name}: {type(error).__name__} {error}".replace("\n", " "), flush=True)
    sys.exit(1 if failures else 0)


main()
