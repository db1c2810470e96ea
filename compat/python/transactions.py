"""Transactions with confluent-kafka, for checklist.py. What it needs of the clients is handed in."""

import collections
import sys
import threading
import time

from confluent_kafka import KafkaException, TopicPartition

RECORDS = 5


class Transactions:
    def __init__(self, kit):
        self.kit = kit

    def producer(self, transactional_id, **settings):
        client = self.kit.producer(transactional_id=transactional_id, linger_ms=1, reconnect_backoff_max_ms=200, **settings)
        client.init_transactions(self.kit.WAIT_SECONDS)
        return client

    def read(self, topic, partitions, isolation):
        """All values up to where a reader of this isolation may read, sorted."""
        return sorted(message.value().decode() for message in self.messages(topic, partitions, isolation))

    def messages(self, topic, partitions, isolation):
        client = self.kit.consumer(isolation_level=isolation, enable_partition_eof=True)
        client.assign([TopicPartition(topic, p, 0) for p in range(partitions)])
        found, ended, deadline = [], set(), time.monotonic() + self.kit.WAIT_SECONDS
        try:
            while len(ended) < partitions:
                assert time.monotonic() < deadline, "the end was never reached"
                for message in client.consume(500, 0.1):
                    if message.error() is None:
                        found.append(message)
                    else:
                        ended.add(message.partition())
            return found
        finally:
            client.close()

    def wait_for_committed(self, topic, partitions, expected):
        """An end is answered when it is decided; the markers may take a moment more."""
        self.kit.wait_for("the last marker", lambda: len(self.read(topic, partitions, "read_committed")) >= len(expected))
        committed = self.read(topic, partitions, "read_committed")
        assert committed == expected, f"expected {expected}, read {committed}"

    def commit_and_abort(self):
        topic = self.kit.create_topic(2)
        one, two = self.producer(self.kit.unique("tx")), self.producer(self.kit.unique("tx"))
        one.begin_transaction()
        two.begin_transaction()
        for i in range(2):
            one.produce(topic, value=f"a{i}", partition=i)
            two.produce(topic, value=f"other{i}", partition=i)
        one.flush()
        two.flush()
        one.commit_transaction()
        committed = ["a0", "a1", "other0", "other1"]
        for round in range(20):
            one.begin_transaction()
            one.produce(topic, value=f"z{round:02}", partition=round % 2)
            if round % 2 == 0:
                one.commit_transaction()
                committed.append(f"z{round:02}")
            else:
                one.flush()
                one.abort_transaction()
        two.commit_transaction()
        self.wait_for_committed(topic, 2, committed)
        assert len(self.read(topic, 2, "read_uncommitted")) == 24

    def open_transaction(self):
        topic = self.kit.create_topic()
        plain, client = self.kit.producer(), self.producer(self.kit.unique("tx"))
        self.kit.send(plain, topic, ["1 before"])
        client.begin_transaction()
        self.kit.send(client, topic, ["2 inside"])
        self.kit.send(plain, topic, ["3 behind"])
        assert self.read(topic, 1, "read_committed") == ["1 before"]
        assert self.read(topic, 1, "read_uncommitted") == ["1 before", "2 inside", "3 behind"]
        client.commit_transaction()
        self.wait_for_committed(topic, 1, ["1 before", "2 inside", "3 behind"])

    def zombie(self):
        topic, name = self.kit.create_topic(), self.kit.unique("tx")
        first = self.producer(name)
        first.begin_transaction()
        self.kit.send(first, topic, ["zombie"])
        second = self.producer(name)
        try:
            first.commit_transaction()
            raise AssertionError("the zombie could commit")
        except KafkaException as refused:
            assert refused.args[0].fatal() and refused.args[0].name() in ("_FENCED", "PRODUCER_FENCED", "INVALID_PRODUCER_EPOCH"), refused
        second.begin_transaction()
        second.produce(topic, value="next")
        second.commit_transaction()
        self.wait_for_committed(topic, 1, ["next"])

    def chain(self):
        """Two workers, the second with the id of the first, which dies in the middle of a transaction."""
        source, target, group, name = self.kit.create_topic(2), self.kit.create_topic(2), self.kit.unique("group"), self.kit.unique("tx")
        for p in range(2):
            self.kit.send(self.kit.producer(), source, [f"{p}-{i:03}" for i in range(100)], partition=p)
        dead = self.work(source, target, group, name, 7)
        self.work(source, target, group, name, None)
        self.wait_for_committed(target, 2, [f"{p}-{i:03}!" for p in range(2) for i in range(100)])
        assert len(self.read(target, 2, "read_uncommitted")) > 200, "some were aborted"
        client = self.kit.consumer(group_id=group, isolation_level="read_committed")
        assert [p.offset for p in client.committed([TopicPartition(source, p) for p in range(2)], 30)] == [100, 100]
        client.close()
        try:
            dead.commit_transaction()
            raise AssertionError("the dead worker could commit")
        except KafkaException:
            pass

    def work(self, source, target, group, name, lives):
        producer = self.producer(name)
        client = self.kit.consumer(group_id=group, isolation_level="read_committed", heartbeat_interval_ms=200, session_timeout_ms=6000)
        client.subscribe([source])
        round, deadline = 0, time.monotonic() + self.kit.WAIT_SECONDS
        try:
            while True:
                assert time.monotonic() < deadline, "the input did not come to its end"
                records = [message for message in client.consume(9, 0.1) if message.error() is None]
                if not records:
                    if client.assignment() and all(p.offset == 100 for p in client.committed(client.assignment(), 30)):
                        return producer
                    continue
                round += 1
                producer.begin_transaction()
                for message in records:
                    producer.produce(target, value=message.value() + b"!", partition=message.partition())
                producer.send_offsets_to_transaction(client.position(client.assignment()), client.consumer_group_metadata(), 30)
                if round == lives:
                    return producer
                if round % 4 == 3:
                    producer.abort_transaction(30)
                    for offset in client.committed(client.assignment(), 30):
                        client.seek(TopicPartition(source, offset.partition, max(offset.offset, 0)))
                else:
                    producer.commit_transaction(30)
        finally:
            client.close()

    def too_long(self):
        topic = self.kit.create_topic()
        slow, plain = self.producer(self.kit.unique("tx"), transaction_timeout_ms=1000, message_timeout_ms=1000), self.kit.producer()
        slow.begin_transaction()
        self.kit.send(slow, topic, ["late"])
        self.kit.send(plain, topic, ["behind"])
        assert self.read(topic, 1, "read_committed") == []
        self.wait_for_committed(topic, 1, ["behind"])
        try:
            slow.commit_transaction(30)
            raise AssertionError("a transaction that was aborted could be committed")
        except KafkaException:
            pass

    def under_fire(self):
        """Commits and aborts while the broker is killed: each transaction is read whole or not at all."""
        topic, name, told, failures, stop = self.kit.create_topic(3), self.kit.unique("tx"), {}, [], threading.Event()

        def load():
            try:
                number = 0
                while not stop.is_set():
                    number = self.live(topic, name, number, told, stop)
            except Exception as error:
                failures.append(error)

        thread = threading.Thread(target=load)
        thread.start()
        try:
            for round in range(3):
                if round > 0:
                    print("@kill", flush=True)
                    assert sys.stdin.readline().strip() == "restarted"
                target = len(told) + 40
                self.kit.wait_for("40 more transactions", lambda: len(told) >= target or failures)
        finally:
            stop.set()
            thread.join()
        assert not failures, failures
        self.kit.wait_for("no transaction stays open", lambda: self.end(topic, "read_committed") == self.end(topic, "read_uncommitted"))
        values = self.read(topic, 3, "read_committed")
        assert len(values) == len(set(values)), "records doubled"
        counts = collections.Counter(int(value.split("-")[0]) for value in values)
        for number, outcome in told.items():
            right = {"committed": (RECORDS,), "aborted": (0,), "unknown": (0, RECORDS)}[outcome]
            assert counts[number] in right, f"transaction {number} was {outcome}, and {counts[number]} of {RECORDS} records are read"

    def live(self, topic, name, number, told, stop):
        """One life of a producer, until it is told something that it cannot go on from. The number of the next transaction."""
        try:
            client = self.producer(name, message_timeout_ms=20000, transaction_timeout_ms=30000)
            while not stop.is_set():
                aborts = number % 5 == 4
                told[number] = "aborted" if aborts else "unknown"
                number += 1
                client.begin_transaction()
                for i in range(RECORDS):
                    client.produce(topic, value=f"{number - 1}-{i}", partition=i % 3)
                if aborts:
                    client.flush()
                    client.abort_transaction(30)
                else:
                    client.commit_transaction(30)
                    told[number - 1] = "committed"
        except KafkaException as error:
            print(f"transaction {number - 1} ended with {error}", file=sys.stderr)
        return number

    def end(self, topic, isolation):
        """Where reading ends: the last offset that such a reader reaches in each partition."""
        client = self.kit.consumer(isolation_level=isolation)
        try:
            return [client.get_watermark_offsets(TopicPartition(topic, p), 10)[1] for p in range(3)]
        finally:
            client.close()


def checks(kit):
    of = Transactions(kit)
    return [
        ("transactions: committed records are read, aborted ones are not", of.commit_and_abort),
        ("transactions: nothing behind an open transaction is read as committed", of.open_transaction),
        ("transactions: a zombie with the same id is fenced", of.zombie),
        ("transactions: consume, transform, produce is exactly once", of.chain),
        ("transactions: one that takes too long is aborted", of.too_long),
        ("restart: kill -9 twice in the middle of transactions, each is read whole or not at all", of.under_fire),
    ]
