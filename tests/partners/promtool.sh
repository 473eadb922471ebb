#!/usr/bin/env bash
# Takes promtool out of Debian's package of Prometheus, without installing it: no service is left behind.
# Usage: promtool.sh install [DIR]      (DIR is target/partners/promtool if not given)
# Afterwards DIR holds promtool. What is there already is not fetched again.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
[ "${1-}" = install ] || { sed -n '2,4s/^# *//p' "$0" >&2; exit 2; }
dir=${2-$here/../../target/partners/promtool}
mkdir -p "$dir"
cd "$dir"
[ -x promtool ] && exit
command -v apt-get >/dev/null || { echo "promtool.sh: no apt-get here; put promtool of Prometheus 2.42 or newer into $PWD" >&2; exit 1; }

rm -f prometheus_*.deb
# The lists may never have been fetched on a fresh machine.
apt-get download prometheus >download.log 2>&1 || { apt-get update >>download.log 2>&1 && apt-get download prometheus >>download.log 2>&1; } || {
  tail -n 5 download.log >&2
  exit 1
}
dpkg-deb --fsys-tarfile prometheus_*.deb | tar -x --strip-components=3 ./usr/bin/promtool
rm -f prometheus_*.deb
./promtool --version >/dev/null
