#!/usr/bin/env bash
# run.sh core|cluster [arguments]: builds what the bench needs into build/release, and runs it. `run.sh core --help`
# and `run.sh cluster --help` tell the arguments.
set -euo pipefail

top="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
build="$top/build/release"

case "${1:-}" in
  core) targets=(core_bench) ;;
  cluster) targets=(floor shortslice cluster_bench append_bench) ;;
  *)
    echo "usage: $0 core|cluster [arguments]" >&2
    exit 2
    ;;
esac

quietly() {
  local log="$top/build/bench-build.log"
  if "$@" >"$log" 2>&1; then return; fi
  cat "$log" >&2
  echo "error: building the benches failed" >&2
  exit 1
}

mkdir -p "$top/build"
cd "$top"
if ! grep -q '^KELEK_BUILD_BENCH:BOOL=ON' "$build/CMakeCache.txt" 2>/dev/null; then
  quietly cmake --preset release -DKELEK_BUILD_BENCH=ON
fi
quietly cmake --build --preset release --parallel 2 --target "${targets[@]}"
exec python3 "$top/tests/bench/run.py" "$1" --build "$build" "${@:2}"
