# The demonstration of `tools/run --demo`. Sourced after machine.sh.
load_seconds=20

load_pids=()

load_all_cores() {
  local core
  for core in $(cores); do
    # Busy loops in the background of everything else: the cores have no idle time, yet the machine stays usable.
    nice -n 10 timeout "$load_seconds" bash -c 'while :; do :; done' &
    load_pids+=($!)
  done
}

end_demo() {
  local place=$1 pid
  for pid in "${load_pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  end_process "$place" node
  end_process "$place" exporter
}

is_online() { "$1/aops" host list -o table 2>/dev/null | grep -w online; }

anomalies() { "$1/aops" check --value Abnormal --last 5m --sort start -o table; }

every_core_is_abnormal() {
  local list
  list=$(anomalies "$1" 2>/dev/null) || return 1
  [ "$(grep -o 'cpu_core_busy{[^}]*}' <<<"$list" | sort -u | wc -l)" -ge "$(cores | wc -l)" ]
}

# What is shipped looks a minute back; the load does not last that long.
import_impatient_rules() {
  quiet "$1/aops" checkrule add - < <(sed 's/rate(1m)/rate(10s)/; s/"for": "2m"/"for": "4s"/' "$top/etc/rules/linux.json")
}

demo() {
  local place=$1 port
  end_demo "$place"
  rm -rf "$place"
  mkdir -p -m 700 "$place"
  trap "end_demo '$place'" EXIT
  trap 'exit 130' INT TERM

  say "starting a node that samples this machine every 2 s"
  make_client "$place"
  port=$(start_exporter "$place")
  start_node "$place" 127.0.0.1:0 --set check.sample_period=2s
  log_in "$place"
  add_this_machine "$place" "$port"
  import_samples "$place"
  import_impatient_rules "$place"
  wait_for 30 is_online "$place" || { tail "$place/node.log" >&2; die "this machine is not sampled"; }

  say "keeping $(cores | wc -l) cores busy for $load_seconds s"
  load_all_cores
  wait_for $((load_seconds + 20)) every_core_is_abnormal "$place" ||
    { anomalies "$place"; die "no anomaly was found: are the cores really busy? (a container may be limited)"; }
  wait "${load_pids[@]}" || true
  load_pids=()
  say "anomalies"
  anomalies "$place"

  say "diagnosis of the last minute by the fault tree host_slow, in slices of 5 s"
  local list=$place/reports
  "$place/aops" diag host_slow "$(host_name)" --last 1m --interval 5 --watch -o table | tee "$list"
  local report
  report=$(grep -w "cpu exhausted" "$list" | tail -1 | grep -oE '\b[0-9a-f]{32}\b' | head -1) || true
  [ -n "$report" ] || die "no report names cpu exhausted as the root cause"

  say "a report of that time"
  "$place/aops" report show "$report" -o table | tee "$place/report"
  grep -q 'host slow > cpu exhausted' "$place/report" || die "the root cause is not cpu exhausted"
  say "root cause: cpu exhausted"
}
