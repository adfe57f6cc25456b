#!/usr/bin/env bash
# Run a recipe through all seven stages; what is up to date is skipped.
#
#   ./run_all.sh [RECIPE] [OPTION ...]          RECIPE: recipes/demo.yaml if none is named
#
#   --from STAGE, --to STAGE    only these stages: extract prepare synthesize train generate evaluate report
#   --force                     also what is up to date
#   --estimate                  up to prepare, then only say what synthesize will ask, and what that costs
#   --sample N                  likewise, but really send N requests: artifacts/NAME/sample.html
#   --rehearse                  the same in minutes on any machine, with a tiny model: artifacts/NAME-rehearsal/
#   --plan                      only say what would run, why and how long
#   --status                    where the run is, from any terminal, also after a crash
#   --set SECTION.KEY=VALUE     change a setting (again for more); needs --run
#   --run NAME                  another name for the run: artifacts/NAME/; saves NAME/recipe.yaml
#   --on-end COMMAND            run this when the run ends, however it ends, with its exit status as $1
#   --runtime auto|docker|local auto: a container where the image is built and the engine answers, else .venv
#
# Results: artifacts/<run>/. A run that was killed goes on where it was with the same command, and a
# closed terminal does not kill it. Exit code 2: something that you can mend, said in one line.
set -euo pipefail
cd "$(dirname "$0")"

{ # Read whole before it runs: an edit or a git pull meanwhile must not reach a run of hours.

stages=(extract prepare synthesize train generate evaluate report)

# A closed terminal sends SIGHUP; children inherit that it is ignored. Writing to it then fails, and must not end us.
trap '' HUP
say() { printf '%s\n' "$*" 2> /dev/null || true; }
fail() {
  printf 'run_all.sh: %s\n' "$*" >&2 || true
  exit 2
}

recipe='' from='' to='' force='' mode=run runtime=auto run_name='' on_end='' rehearse=''
settings=() asking=()
while [ $# -gt 0 ]; do
  case $1 in
    --from | --to | --set | --run | --runtime | --on-end | --sample) [ $# -ge 2 ] || fail "$1 needs a value" ;;&
    --from) from=$2 && shift ;;
    --to) to=$2 && shift ;;
    --set) settings+=(--set "$2") && shift ;;
    --run) run_name=$2 && shift ;;
    --runtime) runtime=$2 && shift ;;
    --on-end) on_end=$2 && shift ;;
    --force) force=--force ;;
    --rehearse) rehearse=yes ;;
    --estimate) asking+=(--estimate) ;;
    --sample)
      [[ $2 =~ ^[1-9][0-9]*$ ]] || fail "--sample $2: a whole number from 1"
      asking+=(--sample "$2") && shift
      ;;
    --plan | --status) mode=${1#--} ;;
    -h | --help) sed -n '2,/^set -/{/^set -/d;s/^# \{0,1\}//;p}' "$0" && exit 0 ;;
    -*) fail "unknown option $1; see ./run_all.sh --help" ;;
    *)
      [ -z "$recipe" ] || fail "one recipe at a time: $recipe and $1"
      recipe=$1
      ;;
  esac
  shift
done
recipe=${recipe:-recipes/demo.yaml}
case ${asking[*]} in
  '') ;;
  *\ *--*) fail "--estimate and --sample: one of them, once" ;;
  *)
    [ "$mode" = run ] || fail "--$mode and ${asking[0]}: one of them"
    [[ ${to:=synthesize} = synthesize ]] || fail "${asking[0]} ends with synthesize: --to $to does not go with it"
    ;;
esac
if [ -n "$rehearse" ]; then
  [ "$mode" = run ] && [ -z "${asking[*]}" ] || fail "--rehearse goes with none of --plan, --status, --estimate, --sample"
  [ -z "$from" ] || fail "--rehearse begins anew: --from $from does not go with it"
  force=--force # it is to prove that this code does it, not that some did
fi

# A rented machine costs until somebody stops it: that command is the user's, for this project stops none.
# shellcheck disable=SC2329 # the trap calls it
end() {
  local code=$?
  bash -c "$on_end" on-end "$code" || say "run_all.sh: --on-end ended with $?"
  exit "$code"
}
if [ -n "$on_end" ] && [ "$mode" = run ]; then
  trap end EXIT
  trap 'exit 143' TERM # after the stage that runs: it got the signal, too, or it ends first
  trap 'exit 130' INT
fi

# position STAGE: its place in the order, from 0.
position() {
  local index
  for index in "${!stages[@]}"; do
    [ "${stages[index]}" = "$1" ] && echo "$index" && return
  done
  fail "no stage $1; there are: ${stages[*]}"
}
first=$(position "${from:-extract}")
last=$(position "${to:-report}")
[ "$first" -le "$last" ] || fail "--from $from comes after --to $to"

# container SERVICE ARGUMENT ...: run a service of compose.yaml in a container of its own.
container() {
  # Over a closed terminal Docker would give up when it writes.
  if [ -c /dev/stderr ] && ! [ -t 2 ]; then exec 2> /dev/null; fi
  if [ -c /dev/stdout ] && ! [ -t 1 ]; then exec > /dev/null; fi
  # A terminal only where there is one at both ends: it draws the progress bars.
  if [ -t 0 ] && [ -t 1 ]; then
    docker compose --progress quiet run --rm "$@"
  else
    docker compose --progress quiet run --rm -T "$@" < /dev/null
  fi
}

# Results belong to the caller, and without a GPU none is asked for: such a container would not even start.
prepare_containers() {
  export INKPRINT_UID=${INKPRINT_UID:-$(id -u)} INKPRINT_GID=${INKPRINT_GID:-$(id -g)}
  recipe=${recipe#"$PWD"/}
  if ! nvidia-smi > /dev/null 2>&1 || ! docker info --format '{{json .Runtimes}}' 2> /dev/null | grep -q nvidia; then
    export COMPOSE_FILE=${COMPOSE_FILE:-compose.yaml:compose.cpu.yaml}
  else
    export INKPRINT_GPU=${INKPRINT_GPU:-$(largest_gpus)}
  fi
}

# The numbers of the largest cards, of equal ones the first: one, or as many as the recipe says.
largest_gpus() {
  local count
  count=$(sed -n 's/^gpus: *\([0-9]*\).*/\1/p' "$recipe")
  nvidia-smi --query-gpu=memory.total,index --format=csv,noheader,nounits | sort -t, -k1,1nr -k2,2n |
    sed "${count:-1}q" | cut -d, -f2 | tr -d ' ' | paste -sd,
}

# Why a container can not be used here; nothing when it can.
no_container() {
  local image
  if ! docker info > /dev/null 2>&1; then
    echo "no Docker engine answers"
  elif ! image=$(docker compose config --images run 2> /dev/null); then
    echo "docker compose config fails: see what it says; Compose 2.24 or newer is needed"
  elif ! docker image inspect "$image" > /dev/null 2>&1; then
    echo "the image is not built: ${COMPOSE_FILE:+COMPOSE_FILE=$COMPOSE_FILE }INKPRINT_COMMIT=\$(git rev-parse --short=12 HEAD) docker compose build"
  elif [[ $recipe != recipes/* && $recipe != artifacts/* && $recipe != data/* ]]; then
    echo "$recipe lies outside recipes/, artifacts/ and data/, which are what a container sees"
  elif [ -z "$rehearse" ] && grep -Eqs '^device: +gpu' "$recipe"; then
    no_gpu
  fi
}

# Why a container would get no GPU here; nothing when it would. One with a reservation would not even start.
no_gpu() {
  local driver
  if ! driver=$(nvidia-smi --query-gpu=driver_version --format=csv,noheader 2> /dev/null); then
    echo "the recipe says device: gpu, and nvidia-smi does not answer on this machine"
  elif [ "${driver%%.*}" -lt 570 ]; then
    echo "the recipe says device: gpu, and the driver ${driver%%$'\n'*} is older than 570, which CUDA 12.8 needs"
  elif ! docker info --format '{{json .Runtimes}}' 2> /dev/null | grep -q nvidia; then
    echo "the recipe says device: gpu, and Docker has no NVIDIA runtime: install the NVIDIA Container Toolkit"
  elif ! container --entrypoint nvidia-smi train -L > /dev/null 2>&1; then
    echo "the recipe says device: gpu, and a container sees none: docker compose run --rm doctor $recipe"
  fi
}

# What to say of an image whose code is not this checkout's; nothing where git can not tell.
stale_image() {
  local commit code=0
  commit=$(docker image inspect --format '{{index .Config.Labels "org.opencontainers.image.revision"}}' \
    "$(docker compose config --images run)")
  git diff --quiet "$commit" -- scripts requirements 2> /dev/null || code=$?
  [ "$code" != 1 ] || echo "; scripts/ or requirements/ changed since, at $commit: docker compose build"
}

# A container takes a second to start, so one says of all stages which of them need one of their own.
range=(${from:+--from "$from"} ${to:+--to "$to"} ${force:+"$force"})
choose_runtime() {
  local against='' stale=''
  case $runtime in
    local) why=asked && return ;;
    docker | auto) prepare_containers && against=$(no_container) ;;
    *) fail "--runtime $runtime: auto, docker or local" ;;
  esac
  [ -n "$against" ] || stale=$(stale_image)
  case $runtime:$against in
    docker:) why=asked$stale ;;
    docker:*) fail "--runtime docker: $against" ;;
    auto:) runtime=docker why="the image is built and the engine answers$stale" ;;
    auto:*) runtime=local why=$against ;;
  esac
  if [ "$runtime:$mode" = docker:plan ]; then
    container plan "$recipe" --plan "${range[@]}" ${run_name:+--run "$run_name"} "${settings[@]}"
    exit
  fi
}

if [ -n "${INKPRINT_IN_IMAGE:-}" ]; then
  runtime=image why="this is the image"
else
  choose_runtime
fi
if [ "$runtime" = local ]; then
  ./setup.sh || exit
  python=${INKPRINT_VENV:-.venv}/bin/python
else
  python=python
fi

# Whether the recipe's data is a data set on the Hub: 01 gets the network for that and for nothing else.
data_on_the_hub() {
  grep -Eq '^[^#]*[ {]dataset: *["'"'"']?[A-Za-z0-9]' "$recipe"
}

# section NAME: that section of the recipe on one line, without comments.
section() {
  awk -v name="$1" '
    /^[^ \t#}\r]/ { inside = $0 ~ "^[\"\047]?" name "[\"\047]? *:" }
    inside { sub(/(^|[ \t])#.*|\r$/, ""); printf "%s ", $0 }' "$recipe"
}

# Who writes the examples: template, anthropic, anthropic_batch or local. No other key of the section is a `name`.
provider() {
  section synthesize | sed -nE "s/.*[ {,\"']name[\"']? *: *[\"']?([a-z_]+).*/\1/p"
}

# Whether a model is asked for marks: `judge` is there and says more than null.
has_judge() {
  section evaluate | grep -Eq "[ {,\"']judge[\"']? *: *[^n~ ]"
}

# service_for STAGE: the service with the rights that the recipe needs, and no others.
service_for() {
  local more=''
  case $1 in
    extract) ! data_on_the_hub || more=-hub ;;
    synthesize)
      case $(provider) in
        anthropic | anthropic_batch) more=-claude ;;
        local) more=-local ;;
      esac
      ;;
    evaluate) ! has_judge || more=-claude ;;
  esac
  echo "$1$more"
}

# script FILE ARGUMENT ...: run a script of scripts/ in the chosen runtime; its service has the stage's name.
plan=''
script() {
  local file=$1 service=${1#[0-9][0-9]_} line password=''
  shift
  if [ "$runtime" != docker ]; then
    "$python" "scripts/$file" "$@"
    return
  fi
  service=${service%.py} service=${service#make_} service=${service//_/-}
  if [[ $file = [0-9]* ]]; then
    [ -n "$plan" ] || plan=$(container plan "$recipe" --plan "${range[@]}") || return
    line=$(grep "^[0-9]* $service " <<< "$plan")
    case "$* $line" in
      *" --plan"*) say "$line" && return ;;
      *" --estimate"* | *" --sample"*) ;; # also where the examples are there
      *" skip  "*) say "${line/ skip  / }" && return ;;
    esac
  fi
  service=$(service_for "$service")
  if [ "$service" = extract ]; then # the variable that opens encrypted files: the recipe names it
    password=$(sed -n 's/^ *password_env: *\([A-Za-z_][A-Za-z0-9_]*\).*/\1/p' "$recipe" | sed '/^null$/d;1q')
  fi
  container ${password:+--env "$password"} "$service" "$@"
}

if [ -n "$run_name" ]; then
  recipe=$(script vary.py "$recipe" --run "$run_name" "${settings[@]}") || exit
elif [ ${#settings[@]} -gt 0 ]; then
  fail "--set changes the recipe, so the result needs a name of its own: --run NAME"
fi

rehearsed=$recipe
if [ -n "$rehearse" ]; then
  recipe=$(script rehearse.py "$rehearsed") || exit
fi

if [ "$mode" = status ]; then
  script status.py "$recipe"
  exit
fi
say "run_all.sh: $recipe, runtime $runtime ($why)"

# make_demo_base_for FILE SECTION: the demo's base model is made here, if that section of the recipe names it, and
# only when the script is about to need it.
demo_base=artifacts/cache/demo-base
make_demo_base_for() {
  [[ "$(section "$2")" =~ base[\"\']?\ *:\ *[\"\']?\./${demo_base}[\"\'\ ,}] ]] || return 0
  # Made, and nothing that it is made from is newer: no need to ask.
  [ -f "$demo_base/demo_base.json" ] && [ -z "$(find data/demo/world prompts scripts/make_demo_base.py \
    scripts/inkprint/demo ! -name '*.pyc' -type f -newer "$demo_base/demo_base.json" -print -quit)" ] && return 0
  script "$1" "$recipe" $force --plan | grep -q ' run ' || return 0
  script make_demo_base.py --out "$demo_base"
}

will_run=''
for stage in "${stages[@]:first:last-first+1}"; do
  file=$(basename scripts/[0-9][0-9]_"$stage".py)
  if [ "$mode" = plan ]; then
    line=$(script "$file" "$recipe" $force --plan ${will_run:+--after "$will_run"}) || exit
    say "$line"
    case $line in *" run "*) will_run=${will_run:-$stage} ;; esac
    continue
  fi
  set --
  case $stage in
    synthesize)
      make_demo_base_for "$file" synthesize || exit
      set -- "${asking[@]}"
      ;;
    train | generate) make_demo_base_for "$file" model || exit ;;
  esac
  if [ "$rehearse:$stage" = yes:train ]; then
    script rehearse.py "$rehearsed" --shorten || exit
  fi
  script "$file" "$recipe" $force "$@" || exit
done
[ -z "$rehearse" ] || script rehearse.py "$rehearsed" --verdict || exit
exit
}
