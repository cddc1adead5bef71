#!/usr/bin/env bash
# Read by ./dev: what is said to people, which Debian packages each command needs, and how the missing ones get in.

packages_build=(g++ cmake ninja-build ccache libzmq3-dev cppzmq-dev libmsgpack-cxx-dev libsodium-dev
  libfmt-dev libspdlog-dev libcli11-dev nlohmann-json3-dev)
packages_test=(catch2 pkg-config clang-14 libclang-rt-14-dev emscripten nodejs python3 iproute2 git)
packages_format=(clang-format-14 clang-tidy-14 git)
packages_bench=(libbenchmark-dev liblmdb-dev python3)

bold() { if [[ -t 2 && -z "${NO_COLOR:-}" ]]; then printf '\033[1m%s\033[0m' "$1"; else printf '%s' "$1"; fi; }

# What we tell goes to the error stream: the output of the program that is run stays alone on the other.
say() { printf '%s\n' "$*" >&2; }

fail() {
  say "$(bold "error:") $*"
  exit 1
}

misuse() {
  say "$(bold "error:") $*"
  exit 2
}

installed() { [[ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" == installed* ]]; }

# as_root COMMAND ...: through sudo where we are not root; it asks for a password only where a person sits.
as_root() {
  if [[ "$(id -u)" == 0 ]]; then
    "$@"
  elif [[ -z "${CI:-}" ]] && (: </dev/tty) 2>/dev/null; then
    sudo "$@"
  else
    sudo -n "$@"
  fi
}

apt() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 \
    -o Acquire::Retries=3 "$@" </dev/null
}

# Mirrors fail now and then for a moment: three attempts, each with a fresh list of packages.
install_packages() {
  local attempt log="$top/build/packages.log"
  mkdir -p "$top/build"
  : >"$log"
  for attempt in 1 2 3; do
    if apt update >>"$log" 2>&1 &&
      apt install --no-install-recommends "$@" 2>>"$log" | tee -a "$log" | show_packages; then
      return 0
    fi
    say "      attempt $attempt of 3 failed: $(grep -E '^(E|Err):?' "$log" | tail -n 1 || true)"
    if ((attempt < 3)); then sleep $((attempt * 5)); fi
  done
  tail -n 20 "$log" >&2
  fail "apt-get could not install the packages (all of it in build/packages.log)"
}

# One line for each package that apt fetches or sets up: short enough to read, enough to see that it moves.
show_packages() {
  local line
  while IFS= read -r line; do
    case "$line" in
      "Need to get"*) say "      $line" ;;
      "Get:"*) progress "fetching $(cut -d' ' -f5 <<<"$line")" ;;
      "Setting up"*) progress "setting up $(cut -d' ' -f3 <<<"$line")" ;;
    esac
  done
  if [[ -t 2 ]]; then printf '\r\033[K' >&2; fi
}

progress() { if [[ -t 2 ]]; then printf '\r\033[K      %s' "$1" >&2; else say "      $1"; fi; }

# need PACKAGE ...: installs those that are missing; where all are here it costs a few milliseconds.
need() {
  local package missing=()
  if ! command -v dpkg-query >/dev/null; then
    say "      this is not a Debian system; these packages, or their like, must be here: $*"
    return
  fi
  while IFS= read -r package; do
    installed "$package" || missing+=("$package")
  done < <(printf '%s\n' "$@" | sort -u)
  if ((${#missing[@]} == 0)); then return; fi
  say "      to build and run Kelek these Debian packages are missing and get installed now:"
  say "      ${missing[*]}"
  if [[ "$(id -u)" != 0 ]] && ! command -v sudo >/dev/null; then
    fail "neither root nor sudo here; as root run: apt-get install ${missing[*]}"
  fi
  install_packages "${missing[@]}"
}
