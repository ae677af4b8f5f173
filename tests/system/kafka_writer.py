"""Sends each line of standard input to a topic at once, as a program of others would. Arguments: brokers, topic.

kcat reads its input in blocks: a line may wait there for those behind it. Needs what kafka_reader.txt names.
"""
import sys

from kafka import KafkaProducer

producer = KafkaProducer(bootstrap_servers=sys.argv[1].split(","))
for line in iter(sys.stdin.buffer.readline, b""):
    producer.send(sys.argv[2], line.rstrip(b"\n"))
    producer.flush()
