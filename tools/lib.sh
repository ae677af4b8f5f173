# Shared by the tools: where things are, and how packages get installed. Sourced, not run.
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=${AOPS_BUILD_DIR:-$top/build}
bin=$build/bin
jobs=${AOPS_JOBS:-$(nproc)}

say() { printf '\033[1m%s\033[0m\n' "$*" >&2; }
die() { printf '%s: %s\n' "$(basename "$0")" "$*" >&2; exit 1; }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif command -v sudo >/dev/null; then sudo "$@"
  else die "needs root or sudo to install packages"
  fi
}

# packages KIND...: names of tools/packages.txt without a kind, and of the kinds given.
packages() {
  awk -v kinds=" $* " '!/^#/ && NF && (NF == 1 || index(kinds, " " $2 " ")) {print $1}' "$top/tools/packages.txt"
}

# The kind of package that is wanted where no npm is found: it builds the web pages. Another npm is not replaced.
npm_kind() { command -v npm >/dev/null || echo npm; }

# Installs what is missing; says nothing and asks nobody when nothing is. Services that come with a package are neither
# started nor enabled: what runs on this machine is not ours to change.
install_packages() {
  local missing=() name
  for name in $(packages "$@"); do
    dpkg-query -W -f '${db:Status-Status}\n' "$name" 2>/dev/null | grep -qx installed || missing+=("$name")
  done
  [ ${#missing[@]} = 0 ] && return
  say "installing ${#missing[@]} packages"
  local policy=/usr/sbin/policy-rc.d made=
  if [ ! -e $policy ]; then
    printf '#!/bin/sh\nexit 101\n' | as_root tee $policy >/dev/null
    as_root chmod 755 $policy
    made=yes
  fi
  local status=0
  { as_root apt-get update -qq &&
      as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"; } \
    >"${TMPDIR:-/tmp}/aops-apt.$$" 2>&1 || status=$?
  [ -z "$made" ] || as_root rm -f $policy
  if [ $status != 0 ]; then
    tail -20 "${TMPDIR:-/tmp}/aops-apt.$$" >&2
    die "apt-get could not install: ${missing[*]}"
  fi
  rm -f "${TMPDIR:-/tmp}/aops-apt.$$"
  if [ -d /run/systemd/system ]; then
    for name in "${missing[@]}"; do
      case $name in
        prometheus | prometheus-alertmanager | prometheus-node-exporter) as_root systemctl disable --quiet "$name" || true ;;
        mariadb-server) as_root systemctl disable --quiet mariadb || true ;;
        openssh-server) as_root systemctl disable --quiet ssh || true ;;
      esac
    done
  fi
}

# configure FOLDER OPTION...: only when never done; cmake itself notices later changes.
configure() {
  local folder=$1
  shift
  mkdir -p "$(dirname "$folder")"
  [ -e "$folder/build.ninja" ] || cmake -S "$top" -B "$folder" -G Ninja "$@" >"$folder.log" 2>&1 ||
    { cat "$folder.log" >&2; die "cmake failed"; }
}

# judged NAME COMMAND...: runs it and goes on, whatever becomes of it. What its last "N passed, N failed" says is added to
# `passed` and `failed`; without such a line it is one case itself.
passed=0 failed=0
judged() {
  local name=$1 log line status=0 good=0 bad=0
  shift
  say "$name"
  log=$(mktemp)
  ("$@") 2>&1 | tee "$log" || status=$?
  line=$(grep -oE '[0-9]+ passed, [0-9]+ failed' "$log" | tail -1 || true)
  rm -f "$log"
  [ -z "$line" ] || read -r good _ bad _ <<<"$line"
  [ $status = 0 ] || [ "$bad" != 0 ] || bad=1
  [ -n "$line" ] || [ "$bad" != 0 ] || good=1
  [ "$bad" = 0 ] || printf 'FAILED %s\n' "$name"
  passed=$((passed + good)) failed=$((failed + bad))
}

# The last line after `judged`, and the exit code.
sum_up() {
  echo "$passed passed, $failed failed"
  [ "$failed" = 0 ]
}
