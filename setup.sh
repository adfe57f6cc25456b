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

locks=(cpu)
has_gpu && locks=(cuda)
[ "${1:-}" = --dev ] && locks+=(dev)

for lock in "${locks[@]}"; do
  stamp=$venv/installed-$lock
  digest=$(cat "requirements/$lock.lock" requirements/torch-*.lock | sha256sum | cut -d ' ' -f 1)
  [ "$(cat "$stamp" 2> /dev/null)" = "$digest" ] && continue
  if [ ! -x "$venv/bin/python" ] || ! "$venv/bin/python" -c '' 2> /dev/null; then
    python=$(find_python)
    echo "setup.sh: making $venv with $("$python" --version)"
    "$python" -m venv --clear "$venv"
  fi
  echo "setup.sh: installing requirements/$lock.lock (minutes the first time)"
  # Byte code is written at first import, of what is imported: saves 40 s and 600 MB.
  pip=("$venv/bin/pip" --quiet --disable-pip-version-check install --no-compile --no-deps --require-hashes)
  if [ "$lock" = cpu ]; then
    "${pip[@]}" -r requirements/torch-cpu.lock 2> /dev/null || "${pip[@]}" -r requirements/torch-registry.lock
  fi
  "${pip[@]}" -r "requirements/$lock.lock"
  echo "$digest" > "$stamp"
done
