#!/usr/bin/env bash
# Builds one preset (no work where ./dev test has just built it) and runs its tests: a CTest test of another build.
set -euo pipefail

preset="$1"
cd "$(dirname "${BASH_SOURCE[0]}")/.."
if [[ ! -f "build/$preset/build.ninja" ]]; then cmake --preset "$preset"; fi
cmake --build --preset "$preset" --parallel 2
ctest --preset "$preset" --parallel 2
