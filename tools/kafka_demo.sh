# The demonstration of `tools/run --kafka`. Sourced after machine.sh.

kafka_cluster=$top/tools/kafka/cluster
kafka_jars=${XDG_CACHE_HOME:-$HOME/.cache}/aops/kafka-${KAFKA_VERSION:-3.9.1}

end_kafka_demo() {
  end_process "$1" node
  end_process "$1" exporter
  end_process "$1" kafka
}

is_sampled() { "$1/aops" host list -o table 2>/dev/null | grep -w online; }

# start_broker PLACE: prints the bootstrap list.
start_broker() {
  local place=$1
  mkdir -p "$kafka_jars"
  "$kafka_cluster" fetch "$kafka_jars"
  "$kafka_cluster" format "$kafka_jars" "$place/kafka" 1 >/dev/null
  launch "$place" kafka "$kafka_cluster" run "$kafka_jars" "$place/kafka" 1
  "$kafka_cluster" wait "$place/kafka"
  cat "$place/kafka/bootstrap"
}

# read_report PLACE BROKER: kcat gives up at once while nobody has made the topic.
read_report() { timeout 20 kcat -q -b "$2" -C -t DIAGNOSE_REPORT -o beginning -c 1 >"$1/report" 2>/dev/null && [ -s "$1/report" ]; }

kafka_demo() {
  local place=$1 port broker host now request
  end_kafka_demo "$place"
  rm -rf "$place"
  mkdir -p -m 700 "$place"
  trap "end_kafka_demo '$place'" EXIT
  trap 'exit 130' INT TERM

  say "starting a broker, and a node that samples this machine every 2 s"
  make_client "$place"
  broker=$(start_broker "$place") || die "the broker does not start, see $place/kafka.log"
  port=$(start_exporter "$place")
  start_node "$place" 127.0.0.1:0 --set check.sample_period=2s --set kafka.enabled=true --set "kafka.brokers=$broker" \
    --set kafka.publish=results,progress,reports
  log_in "$place"
  import_samples "$place"
  add_this_machine "$place" "$port"
  wait_for 60 is_sampled "$place" || { tail "$place/node.log" >&2; die "this machine is not sampled"; }

  host=$("$place/aops" host list -o json | grep -o '"host_id": *"[0-9a-f]*"' | grep -oE '[0-9a-f]{32}' | head -1)
  now=$(date +%s)
  request='{"username": "admin", "host_list": ["'$host'"], "time_range": ['$((now - 30))', '$now'], "fault_tree": ["host_slow"]}'
  say "a diagnosis, asked for by one line"
  echo "echo '$request' | kcat -b $broker -P -t DIAGNOSE_EXECUTE_REQ"
  kcat -b "$broker" -P -t DIAGNOSE_EXECUTE_REQ <<<"$request"
  say "its report, read by another"
  echo "kcat -b $broker -C -t DIAGNOSE_REPORT -o beginning -c 1"
  wait_for 60 read_report "$place" "$broker" || { tail -20 "$place/node.log" >&2; die "no report came"; }
  cat "$place/report"
  grep -q '"tree_name":"host_slow"' "$place/report" || die "that is another report"
  say "what else is there"
  "$place/aops" kafka status -o table
}
