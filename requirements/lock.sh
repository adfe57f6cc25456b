#!/usr/bin/env bash
# Resolve requirements/*.in into requirements/*.lock, for Linux and Python 3.11 to 3.13.
#
#   requirements/lock.sh [UV]     UV: the uv program to use (default: uv)
#
# The locks are installed with `pip install --no-deps --require-hashes` (setup.sh, Dockerfile).
# They name no index. Run this after editing an .in file, then commit both.
set -euo pipefail
cd "$(dirname "$0")"
uv=${1:-uv}

# resolve NAME [UV OPTION ...]: NAME.in -> NAME.lock, without what no Linux machine installs.
resolve() {
  local name=$1
  shift
  "$uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
    --no-header --no-annotate "$@" "$name.in" |
    awk '/^[^ ]/ { other = / == .(never|darwin|win32)./ && !/linux|!=/ } !other' > "$name.lock.new"
  mv "$name.lock.new" "$name.lock"
  echo "$name.lock: $(grep -c '^[^ ]' "$name.lock") packages"
}

resolve cpu --override overrides-cpu.txt
resolve cuda --override overrides.txt
resolve torch-registry --constraint cpu.lock
resolve dev --constraint cpu.lock
resolve bench --constraint cpu.lock
resolve sky
resolve llama --no-deps
resolve llama-build --no-deps

# On a CPU, torch comes from one of two places (setup.sh): cpu.lock is everything else. The CPU wheel
# is a version of its own ("+cpu"), so that where pip is offered none it says so at once.
awk '/^[^ ]/ { torch = /^torch==/ } !torch' cpu.lock > cpu.lock.new
mv cpu.lock.new cpu.lock
