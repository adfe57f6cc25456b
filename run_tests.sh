#!/usr/bin/env bash
# Set up the environment with the test tools and run the checks.
#
#   ./run_tests.sh                what a change must pass: under 10 minutes on 2 cores
#   ./run_tests.sh --fast         no model is trained: under a minute
#   ./run_tests.sh --all          also kills, every recipe, the demo from nothing, containers: CI's, under 60
#   ./run_tests.sh [--fast|--all] PYTEST_ARGUMENT ...     e.g. -k resume, tests/test_chat.py
set -euo pipefail
cd "$(dirname "$0")"

marks='not slow'
case ${1:-} in
  --fast) marks='not slow and not training' && shift ;;
  --all) marks='' && shift ;;
  -h | --help) sed -n '2,/^set -/{/^set -/d;s/^# \{0,1\}//;p}' "$0" && exit 0 ;;
esac

minutes=()
# part NAME COMMAND ...: run one part and remember how long it took.
part() {
  local name=$1 start=$SECONDS
  shift
  "$@" || { echo "run_tests.sh: $name failed" >&2 && exit 1; }
  minutes+=("$(printf '%s %d:%02d' "$name" $(((SECONDS - start) / 60)) $(((SECONDS - start) % 60)))")
}

lint() {
  "$bin/ruff" format --check --quiet . && "$bin/ruff" check --quiet . &&
    git ls-files -z '*.sh' .ci/run | xargs -0 "$bin/shellcheck"
}

bin=${INKPRINT_VENV:-.venv}/bin
part set-up ./setup.sh --dev
part lint lint
part tests "$bin/python" -m pytest -m "$marks" --durations 8 --durations-min 5 "$@"
printf 'minutes: %s\n' "$(printf '%s, ' "${minutes[@]}" | sed 's/, $//')"
