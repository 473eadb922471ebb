#!/usr/bin/env bash
# Builds an OpenTelemetry Collector and telemetrygen from Go modules, for the tests beside this file.
# Usage: collector.sh install [DIR]      (DIR is target/partners/collector if not given)
# Afterwards DIR holds otelcol and telemetrygen. What is there already, in the wanted version, is not built again.
set -euo pipefail

collector=v0.158.0
# The generator is released apart from the collector, and not every version of one has the same of the other.
generator=v0.157.0

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
[ "${1-}" = install ] || { sed -n '2,4s/^# *//p' "$0" >&2; exit 2; }
dir=${2-$here/../../target/partners/collector}
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)
command -v go >/dev/null || { echo "collector.sh: the collector is built from Go modules: install Go 1.25 or newer" >&2; exit 1; }

# install NAME VERSION MODULE: DIR/NAME, with its version noted beside it.
install() {
  [ -x "$dir/$1" ] && [ "$(cat "$dir/$1.version" 2>/dev/null)" = "$2" ] && return
  GOBIN=$dir go install "$3@$2"
  echo "$2" >"$dir/$1.version"
}

install telemetrygen "$generator" github.com/open-telemetry/opentelemetry-collector-contrib/cmd/telemetrygen

wanted="$collector $(cksum <"$here/collector-manifest.yaml")"
if [ ! -x "$dir/otelcol" ] || [ "$(cat "$dir/otelcol.version" 2>/dev/null)" != "$wanted" ]; then
  install builder "$collector" go.opentelemetry.io/collector/cmd/builder
  cd "$dir"
  ./builder --config "$here/collector-manifest.yaml" >build.log 2>&1 || { tail -n 30 build.log >&2; exit 1; }
  mv sources/otelcol otelcol
  rm -rf sources
  echo "$wanted" >otelcol.version
fi
