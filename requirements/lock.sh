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

# The CPU wheel of torch 2.13.0 for Python 3.11, as PyTorch publishes it. pip takes it before the
# registry's build where it is offered, and refuses it when its hash is not listed.
torch_cpu_wheel=6746dbcbeb526eb61330b76b41ff1b4eb848951103a892eeb080dfa2b264667b

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
sed -i "s/^torch==2.13.0 .*/&\n    --hash=sha256:$torch_cpu_wheel \\\\/" cpu.lock
resolve cuda --override overrides.txt
resolve torch-registry --constraint cpu.lock
resolve dev --constraint cpu.lock
