#!/usr/bin/env bash
# Set up the environment with the test tools and run the checks.
#
#   ./run_tests.sh                what a change must pass: some 9 minutes on 2 idle cores
#   ./run_tests.sh --fast         no model is trained, no whole run: about a minute
#   ./run_tests.sh --all          also kills, every recipe, the demo from nothing, containers: CI's, under 60
#   ./run_tests.sh [--fast|--all] PYTEST_ARGUMENT ...     e.g. -k resume, tests/test_chat.py
set -euo pipefail
cd "$(dirname "$0")"

kinds=(quick training)
case ${1:-} in
  --fast) kinds=(quick) && shift ;;
  --all) kinds=(quick training slow) && shift ;;
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

# tests KIND PYTEST_ARGUMENT ...: a kind in which the arguments select nothing is no failure, unless all are so.
selected=no
tests() {
  local kind=$1 code=0
  shift
  "$bin/python" -m pytest --durations 8 --durations-min 5 "$@" || code=$?
  [[ $code == 5 ]] && echo "no $kind test selected" || selected=yes
  [[ $code == 0 || $code == 5 ]]
}

bin=${INKPRINT_VENV:-.venv}/bin
# Scripts start a few hundred times here: compiled anew each time, they would take an eighth longer.
unset PYTHONDONTWRITEBYTECODE
two=(--numprocesses 2 --dist loadfile)
part set-up ./setup.sh --dev
part lint lint
for kind in "${kinds[@]}"; do
  case $kind in
    # Two at a time: a test trains with one thread. Of the slow ones those come last that want both cores.
    quick) part quick tests quick -m 'not (slow or training or whole_runs)' "${two[@]}" "$@" ;;
    training) part training tests training -m '(training or whole_runs) and not slow' "${two[@]}" "$@" ;;
    slow)
      part slow tests slow -m 'slow and not alone' "${two[@]/loadfile/load}" "$@"
      part alone tests alone -m 'slow and alone' "$@"
      ;;
  esac
done
[[ $selected == yes ]] || { echo "run_tests.sh: no test selected" >&2 && exit 1; }
printf 'minutes: %s\n' "$(printf '%s, ' "${minutes[@]}" | sed 's/, $//')"
