#!/usr/bin/env bash
# Puts the newer servers that Allot supports (MySQL 9.7, Redis 8, Valkey 9) into a folder, from Debian's unstable suite.
# They run with that suite's libraries; of the system itself only debootstrap is installed, where it is missing.
#
#   scripts/compat-servers.sh DIR       then: MYSQLD=DIR/bin/mysqld REDIS_SERVER=DIR/bin/valkey-server npm test
#
# Ends with 0 when DIR/bin has mysqld, redis-server and valkey-server, 2 on wrong usage, and 77 ("not run") where the suite
# can't be had: no Debian, not root, no mirror, or a suite that just now does not install.
set -euo pipefail

[[ $# -eq 1 ]] || { echo "usage: scripts/compat-servers.sh DIR" >&2; exit 2; }
mkdir -p "$1"
dir=$(cd "$1" && pwd)
suite=$dir/sid
log=$dir/debootstrap.log

not_run() { echo "not run: $1" >&2; exit 77; }

debian_mirror() {
  apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' | grep -v security | head -n 1 || true
}

install_suite() {
  command -v apt-get >/dev/null || not_run "the servers come from Debian's packages, and this is no Debian"
  [[ $(id -u) -eq 0 ]] || not_run "debootstrap needs root"
  local mirror
  mirror=$(debian_mirror)
  if [[ -z $mirror ]] || ! command -v debootstrap >/dev/null; then
    apt-get update -qq || not_run "apt-get update failed"
    mirror=$(debian_mirror)
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends debootstrap >/dev/null ||
      not_run "debootstrap can't be installed"
  fi
  rm -rf "$suite" "$suite.new"
  debootstrap --variant=minbase --include=mysql-server-core,redis-server,valkey-server \
    sid "$suite.new" "${mirror:-https://deb.debian.org/debian}" >"$log" 2>&1 ||
    { tail -n 5 "$log" >&2; not_run "Debian's unstable suite could not be installed"; }
  mv "$suite.new" "$suite"
}

# NAME PROGRAM [OPTION...]: a command that starts the suite's program with the suite's own loader and libraries.
write_command() {
  local name=$1 program=$2 libraries loader
  shift 2
  libraries=$(echo "$suite"/usr/lib/*-linux-gnu)
  loader=$(echo "$libraries"/ld-linux*.so.*)
  {
    echo '#!/bin/sh'
    printf 'exec %q --library-path %q %q' "$loader" "$libraries:$libraries/mysql/private" "$suite$program"
    [[ $# -eq 0 ]] || printf ' %q' "$@"
    echo ' "$@"'
  } >"$dir/bin/$name"
  chmod +x "$dir/bin/$name"
}

[[ -x $suite/usr/sbin/mysqld ]] || install_suite
mkdir -p "$dir/bin"
write_command redis-server /usr/bin/redis-server
write_command valkey-server /usr/bin/valkey-server
# --no-defaults counts only as the very first option, so that it can't be left to the caller.
write_command mysqld /usr/sbin/mysqld --no-defaults --basedir="$suite/usr" --plugin-dir="$suite/usr/lib/mysql/plugin" \
  --lc-messages-dir="$suite/usr/share/mysql" --secure-file-priv= --mysqlx=OFF
for name in mysqld redis-server valkey-server; do "$dir/bin/$name" --version; done
