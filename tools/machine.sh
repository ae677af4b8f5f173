# Watching this machine: the processes that `tools/run` starts, and what it tells the node. Sourced after lib.sh.
#
# A "place" is a folder with everything one running node needs: data/, password, config/ (the session of `aops`),
# node.pid, exporter.pid, node.out (its ready line), node.log, exporter.log, and `aops`, which finds all that by itself.

# started_at PID: when that process started, in clock ticks since boot. With the number it names a process for good.
started_at() {
  local stat
  { stat=$(<"/proc/$1/stat"); } 2>/dev/null || return 1
  set -- ${stat##*) }
  [ "$1" != Z ] && echo "${20}"
}

# running PLACE NAME: prints the number of the process started as NAME, if it still lives.
running() {
  local pid start
  { read -r pid start <"$1/$2.pid"; } 2>/dev/null || return 1
  [ -n "$start" ] && [ "$(started_at "$pid")" = "$start" ] && echo "$pid"
}

# launch PLACE NAME COMMAND...: starts it apart from this terminal.
launch() {
  local place=$1 name=$2
  shift 2
  : >"$place/$name.out" # Here, not in the child: nobody must read what the one before has printed.
  setsid "$@" >>"$place/$name.out" 2>>"$place/$name.log" </dev/null &
  echo "$! $(started_at $!)" >"$place/$name.pid"
}

# end_process PLACE NAME: SIGTERM, and SIGKILL for what does not heed it within 20 s.
end_process() {
  local pid
  if pid=$(running "$1" "$2"); then
    kill -TERM "$pid" 2>/dev/null || true
    wait_for 20 not running "$1" "$2" || kill -KILL "$pid" 2>/dev/null || true
  fi
  rm -f "$1/$2.pid"
}

# quiet COMMAND...: what it prints matters only when it fails.
quiet() {
  local printed
  printed=$("$@" 2>&1) || { printf '%s\n' "$printed" >&2; return 1; }
}

not() { ! "$@" >/dev/null; }

# wait_for SECONDS COMMAND...: asks until the command succeeds; fails when it has not in time.
wait_for() {
  local end=$((SECONDS + $1))
  shift
  until "$@" >/dev/null; do
    [ $SECONDS -lt "$end" ] || return 1
    sleep 0.2
  done
}

port_is_free() { ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

exporter_listens() { sed -n 's/.*msg="Listening on" address=127\.0\.0\.1:\([0-9]*\).*/\1/p' "$1/exporter.log" | tail -1 | grep .; }

# start_exporter PLACE: on the port it had, else on one the system picks; prints the port.
start_exporter() {
  local place=$1 port=0
  if running "$place" exporter >/dev/null; then cat "$place/exporter.port"; return; fi
  if [ -s "$place/exporter.port" ] && port_is_free "$(cat "$place/exporter.port")"; then port=$(cat "$place/exporter.port"); fi
  : >"$place/exporter.log"
  launch "$place" exporter prometheus-node-exporter "--web.listen-address=127.0.0.1:$port" --web.disable-exporter-metrics
  wait_for 20 exporter_listens "$place" || { cat "$place/exporter.log" >&2; die "prometheus-node-exporter does not start"; }
  exporter_listens "$place" | tee "$place/exporter.port"
}

node_is_ready_or_gone() { grep -q '^ready ' "$1/node.out" || ! running "$1" node; }

# start_node PLACE HOST:PORT OPTION...
start_node() {
  local place=$1 where=$2
  shift 2
  launch "$place" node "$bin/aops-node" --data-dir "$place/data" --http "$where" "$@"
  wait_for 60 node_is_ready_or_gone "$place" || true
  grep -q '^ready ' "$place/node.out" || { tail -20 "$place/node.log" >&2; die "aops-node does not start"; }
}

node_url() { sed -n 's/^ready .*http=\([^ ]*\).*/\1/p' "$1/node.out"; }

# make_client PLACE: a command that knows where this node's session is kept.
make_client() {
  cat >"$1/aops" <<SCRIPT
#!/bin/sh
# The command line of aops with the session of this folder's node.
XDG_CONFIG_HOME='$1/config' exec '$bin/aops' "\$@"
SCRIPT
  chmod 700 "$1/aops"
}

# log_in PLACE: with the password of this place; the first time it takes the default's place. Passwords travel by file
# and environment, never on a command line that others could read.
log_in() {
  local place=$1 url
  url=$(node_url "$place")
  [ -s "$place/password" ] || (umask 077 && head -c 18 /dev/urandom | base64 | tr '+/' '-_' >"$place/password")
  AOPS_PASSWORD=$(cat "$place/password") "$place/aops" login --url "$url" --username admin --trust >/dev/null 2>&1 ||
    AOPS_PASSWORD=changeme AOPS_NEW_PASSWORD=$(cat "$place/password") \
      "$place/aops" login --url "$url" --username admin --trust >/dev/null ||
    die "cannot log in at $url with $place/password"
}

host_name() { uname -n | tr -c 'A-Za-z0-9_.\n-' '_' | cut -c1-50; }

cores() { sed -n 's/^cpu\([0-9]\+\) .*/\1/p' /proc/stat; }

# add_this_machine PLACE PORT: as a host sampled from the exporter at PORT, in place of one added before.
add_this_machine() {
  local place=$1 port=$2
  quiet "$place/aops" host delete "$(host_name)" --ignore-missing
  "$place/aops" group add local --description "this machine" >/dev/null 2>&1 || true
  quiet "$place/aops" host add "$(host_name)" "127.0.0.1:$port" --host_group_name local
}

# start_teller PLACE NAME ID COMMAND...: unless it runs, and with the same ID: what its command line does not show.
start_teller() {
  local place=$1 name=$2 id=$3
  shift 3
  if running "$place" "$name" >/dev/null && [ "$(cat "$place/$name.id" 2>/dev/null)" = "$id" ]; then return; fi
  end_process "$place" "$name"
  launch "$place" "$name" "$@"
  echo "$id" >"$place/$name.id"
}

# trace_this_machine PLACE: one of its files under tracing, as it is now; this machine tells of it itself.
trace_this_machine() {
  local place=$1 file
  if "$place/aops" tracing domain add this-machine >/dev/null 2>&1; then
    for file in /etc/ssh/sshd_config /etc/hosts /etc/fstab /etc/nsswitch.conf; do
      [ -s "$file" ] && [ -r "$file" ] || continue
      "$place/aops" tracing item add this-machine "$file" --file "$file" --reason "as it was found" >/dev/null 2>&1 && break
    done
  fi
  quiet "$place/aops" tracing host add this-machine "$(host_name)"
}

# tell_of_this_machine PLACE: what it logs, which of its processes talk to whom, and what its traced files say, by a token of
# its own.
tell_of_this_machine() {
  local place=$1 url
  url=$(node_url "$place")
  [ -s "$place/token" ] ||
    (umask 077 && "$place/aops" log token create "$(host_name)" -o json | sed -n 's/.*"access_token": *"\([^"]*\)".*/\1/p' >"$place/token")
  [ -s "$place/token" ] || die "no token for $(host_name)"
  printf 'url = ["%s"]\ntoken_file = "%s"\nca = "%s"\n' "$url" "$place/token" "$place/data/http.crt" >"$place/agent.toml"
  start_teller "$place" agent "$url" "$bin/aops-agent" --config "$place/agent.toml"
  start_teller "$place" shipper "$url" python3 -B "$top/tools/ship_logs.py" "$url" "$place/data/http.crt" "$place/token" \
    "$place/shipped.json"
  start_teller "$place" files "$url" python3 -B "$top/tools/tell_files.py" "$url" "$place/data/http.crt" "$place/token"
}

# import_samples PLACE: rules and trees of etc/.
import_samples() {
  quiet "$1/aops" checkrule add "$top/etc/rules/linux.json"
  quiet "$1/aops" faultree add "$top/etc/trees/linux.json"
}
