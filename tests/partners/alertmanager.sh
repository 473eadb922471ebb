#!/usr/bin/env bash
# Installs Prometheus Alertmanager from the distribution, for the tests beside this file: they start and stop it themselves.
# Usage: alertmanager.sh install         (Debian, Ubuntu; elsewhere name the program by STEELTHREAD_ALERTMANAGER)
set -euo pipefail

[ "${1-}" = install ] || { sed -n '2,3s/^# *//p' "$0" >&2; exit 2; }
[ -z "${STEELTHREAD_ALERTMANAGER-}" ] || exit 0
command -v prometheus-alertmanager >/dev/null && exit 0
command -v apt-get >/dev/null || { echo "alertmanager.sh: there is no apt-get; name Alertmanager by STEELTHREAD_ALERTMANAGER" >&2; exit 1; }
root=()
[ "$(id -u)" = 0 ] || root=(sudo)

# The package starts a service on the usual port; Debian asks this program whether it may.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap '"${root[@]}" rm -f "$policy"' EXIT
  printf '#!/bin/sh\nexit 101\n' | "${root[@]}" tee "$policy" >/dev/null
  "${root[@]}" chmod 755 "$policy"
fi
"${root[@]}" apt-get update -q >&2
"${root[@]}" env DEBIAN_FRONTEND=noninteractive \
  apt-get -o DPkg::Lock::Timeout=300 install -q -y --no-install-recommends prometheus-alertmanager >&2
