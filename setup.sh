#!/usr/bin/env bash
# Make the local environment in .venv from the locks under requirements/, or bring it up to date.
# run_all.sh and run_tests.sh call this; it returns at once when there is nothing to do.
#
#   ./setup.sh [--dev]        --dev: with the test tools
#
# PYTHON names the interpreter to use (default: the first of python3.11, 3.12, 3.13, python3: pip is
# offered a CPU wheel of torch for 3.11 in more places, which saves 3 GB).
# INKPRINT_VENV names the folder (default: .venv in the checkout), for a volume that outlives a pod.
set -euo pipefail
cd "$(dirname "$0")"
venv=${INKPRINT_VENV:-.venv}

# The first Python from 3.11 to 3.13 that can make a virtual environment.
find_python() {
  local name
  for name in ${PYTHON:-python3.11 python3.12 python3.13 python3}; do
    if "$name" -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
      2> /dev/null; then
      echo "$name"
      return
    fi
  done
  echo "setup.sh: needs Python 3.11, 3.12 or 3.13 with venv (Debian, Ubuntu: apt install python3-venv)" >&2
  exit 2
}

has_gpu() { nvidia-smi > /dev/null 2>&1; }

# step NAME COMMAND ...: one line with the time it took. What the command says goes to the log, which stays
# where one failed: pip may warn of each place that it looks into, for each package, hundreds of times.
log='' failed=''
step() {
  local name=$1 code=0 start=$SECONDS
  shift
  [ -n "$log" ] || log=$(mktemp -t inkprint-setup.XXXXXX.log)
  printf 'setup.sh: %s ... ' "$name"
  "$@" >> "$log" 2>&1 || code=$?
  [ "$code" = 0 ] || { failed=yes && printf 'failed after '; }
  printf '%d s\n' $((SECONDS - start))
  return "$code"
}

# Ends with the end of the log, for a command that step ran.
give_up() {
  printf 'setup.sh: the end of %s, which holds all that was said:\n' "$log" >&2
  tail -n 20 "$log" | sed 's/^/  /' >&2
  exit 1
}

locks=(cpu)
has_gpu && locks=(cuda)
[ "${1:-}" = --dev ] && locks+=(dev)

for lock in "${locks[@]}"; do
  stamp=$venv/installed-$lock
  digest=$(cat "requirements/$lock.lock" requirements/torch-*.lock | sha256sum | cut -d ' ' -f 1)
  [ "$(cat "$stamp" 2> /dev/null)" = "$digest" ] && continue
  if [ ! -x "$venv/bin/python" ] || ! "$venv/bin/python" -c '' 2> /dev/null; then
    python=$(find_python)
    step "$venv with $("$python" --version)" "$python" -m venv --clear "$venv" || give_up
  fi
  # Byte code is written at first import, of what is imported: saves 40 s and 600 MB.
  install=("$venv/bin/pip" --disable-pip-version-check install --progress-bar off --no-compile --no-deps --require-hashes -r)
  if [ "$lock" = cpu ] && ! step "torch for the CPU" "${install[@]}" requirements/torch-cpu.lock; then
    printf 'setup.sh: the registry has one that takes 3 GB more; why not the small one: %s\n' "$log"
    step "torch from the registry" "${install[@]}" requirements/torch-registry.lock || give_up
  fi
  step "requirements/$lock.lock (minutes the first time)" "${install[@]}" "requirements/$lock.lock" || give_up
  echo "$digest" > "$stamp"
done
[ -z "$log" ] || [ -n "$failed" ] || rm -f "$log"
