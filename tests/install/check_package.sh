#!/usr/bin/env bash
# Builds and runs the programs in consumer/ against Kelek as it is installed from a build folder.
# Usage: check_package.sh install|cmake-core|cmake|pkg-config|readme BUILD_FOLDER
set -euo pipefail

step="$1"
build="$(cd "$2" && pwd)"
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
scratch="$build/install_test"
prefix="$scratch/moved"

# Installed in one place and used from another: nothing may remember where it was.
install_and_move() {
  rm -rf "$scratch"
  cmake --install "$build" --prefix "$scratch/first" >/dev/null
  mv "$scratch/first" "$prefix"
  "$prefix/bin/kelek" --version
  if grep -rlF -e "$scratch/first" -e "$build" "$prefix/lib" --include='*.cmake' --include='*.pc'; then
    echo "these files name the folder that Kelek was built or first installed in" >&2
    return 1
  fi
}

# use_cmake core|all
use_cmake() {
  cmake -S "$here/consumer" -B "$scratch/cmake-$1" -G Ninja -DPARTS="$1" -DCMAKE_PREFIX_PATH="$prefix" \
    -DCMAKE_CXX_FLAGS="-Wall -Wextra -Werror"
  cmake --build "$scratch/cmake-$1" --parallel 2
  "$scratch/cmake-$1/core_user"
  if [[ "$1" == all ]]; then "$scratch/cmake-$1/client_user"; fi
}

# compile_with_pkg_config PACKAGE PROGRAM
compile_with_pkg_config() {
  local flags=()
  read -r -a flags <<<"$(pkg-config --cflags --libs "$1")"
  "${CXX:-c++}" -std=c++20 "$here/consumer/$2.cpp" "${flags[@]}" -o "$scratch/pkg-config-$2"
  "$scratch/pkg-config-$2"
}

use_pkg_config() {
  PKG_CONFIG_PATH="$(dirname "$(find "$prefix" -name kelek.pc)")"
  export PKG_CONFIG_PATH
  compile_with_pkg_config kelek-core core_user
  compile_with_pkg_config kelek client_user
}

# sample NUMBER: the block of C++ with this number in the top README.
sample() {
  awk -v wanted="$1" '/^```cpp$/ { ++number; inside = number == wanted; next } /^```$/ { inside = 0 } inside' \
    "$here/../../README.md"
}

# What the README shows has to compile as it stands there, and may not need more than the installed package.
use_readme() {
  mkdir -p "$scratch/readme"
  sample 1 >"$scratch/readme/core_sample.inc"
  sample 2 >"$scratch/readme/client_sample.inc"
  cmake -S "$here/consumer" -B "$scratch/cmake-readme" -G Ninja -DPARTS=all -DCMAKE_PREFIX_PATH="$prefix" \
    -DREADME_SAMPLES="$scratch/readme"
  cmake --build "$scratch/cmake-readme" --parallel 2 --target readme_core readme_client
  "$scratch/cmake-readme/readme_core"
  "$scratch/cmake-readme/readme_client"
}

case "$step" in
  install) install_and_move ;;
  cmake-core) use_cmake core ;;
  cmake) use_cmake all ;;
  pkg-config) use_pkg_config ;;
  readme) use_readme ;;
  *)
    echo "no step '$step'" >&2
    exit 2
    ;;
esac
