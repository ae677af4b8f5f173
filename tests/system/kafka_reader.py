"""Reads a topic from its beginning as a program of others would, and prints each message as a line of JSON.

Arguments: brokers, topic, how many (0: all there are), seconds to wait. Needs what kafka_reader.txt names.
"""
import json
import sys
import time

from kafka import KafkaConsumer, TopicPartition

brokers, topic, count, patience = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
consumer = KafkaConsumer(bootstrap_servers=brokers.split(","), auto_offset_reset="earliest", enable_auto_commit=False,
                         isolation_level="read_committed")


def text(data):
    return None if data is None else data.decode("utf-8", errors="backslashreplace")


until = time.monotonic() + patience
partitions = None
while not partitions and time.monotonic() < until:
    partitions = consumer.partitions_for_topic(topic)
if partitions:
    consumer.assign([TopicPartition(topic, x) for x in partitions])
    consumer.seek_to_beginning()
seen = 0
while partitions and time.monotonic() < until and (count == 0 or seen < count):
    for messages in consumer.poll(timeout_ms=200).values():
        for m in messages:
            seen += 1
            print(json.dumps({"key": text(m.key), "value": text(m.value), "partition": m.partition, "offset": m.offset,
                              "headers": {name: text(value) for name, value in m.headers}}))
    if seen and count == 0:
        ends = consumer.end_offsets(consumer.assignment())
        if all(consumer.position(x) >= end for x, end in ends.items()):
            break
consumer.close()
