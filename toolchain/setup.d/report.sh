# What set-up says and how it ends: steps, one line an error, and nothing left behind.
# shellcheck shell=bash disable=SC2034,SC2154  # variables shared with toolchain/setup

readonly step_count=5
step_index=0
staging=
child=

say() { $quiet || printf '%s\n' "$*"; }
warn() { printf 'setup: %s\n' "$*" >&2; }
die() { printf 'setup: %s\n' "$*" >&2; exit 1; }

step() {
  step_index=$((step_index + 1))
  say "[$step_index/$step_count] $*"
}

detail() { say "      $*"; }

## The value that toolchain/versions has for a kind and a name; empty when it has none.
expected() { awk -v kind="$1" -v name="$2" '$1 == kind && $2 == name { print $3; exit }' "$versions"; }

## The names that toolchain/versions lists under the given kinds, one a line.
expected_names() { awk -v kinds=" $* " '$1 !~ /^#/ && index(kinds, " " $1 " ") { print $2 }' "$versions"; }

## Whether version $1 is $2 or later, by its leading dotted numbers.
at_least() { [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]; }

make_folder() {
  mkdir -p -- "$1" 2>/dev/null || die "cannot make the folder $1 (full disk, or no right to write there?)"
}

take_lock() {
  exec 9>"$cache/lock" || die "cannot write to $cache (full disk, or no right to write there?)"
  if ! flock --nonblock 9; then
    say "another set-up is running: waiting for it"
    flock 9
  fi
}

begin_staging() {
  rm -rf -- "$cache"/staging.*
  trap 'stop 130' INT
  trap 'stop 143' TERM HUP
  trap clean EXIT
  staging=$(mktemp -d -- "$cache/staging.XXXXXX" 2>/dev/null) || die "cannot write to $cache (full disk?)"
}

clean() { [ -z "$staging" ] || rm -rf -- "$staging"; }

stop() {
  [ -z "$child" ] || kill -TERM -- "-$child" 2>/dev/null || true
  [ -z "$child" ] || wait "$child" 2>/dev/null || true
  printf '\n' >&2
  warn "stopped; nothing half-done is left, run it again to go on"
  exit "$1"
}

## Runs a command in its own process group, so that a signal reaches all of it, with its output in $staging/log.
## Cost: set-up can be stopped at any moment, which `command` in the foreground would put off until it ends.
run() {
  setsid "$@" >"$staging/log" 2>&1 </dev/null 9>&- &
  child=$!
  local status=0
  wait "$child" || status=$?
  child=
  return "$status"
}

## One line that says why the last `run` failed.
why() {
  local log=$staging/log
  if grep -qiE 'no space left|disk full|ENOSPC|not enough free space|file size limit' "$log" 2>/dev/null || disk_is_full; then
    printf 'the disk is full (%s MB are free in %s)' "$(free_mb "$cache")" "$cache"
  elif grep -qiE 'could not resolve|temporary failure|failed to fetch|unable to connect|could not connect|connection refused|network is unreachable|timed out|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT' "$log"; then
    printf 'no network, or the server cannot be reached'
  else
    grep -E '^(E:|.*[Ee]rror)' "$log" | head -n 1 | cut -c 1-200 | grep . || tail -n 1 "$log" | cut -c 1-200
  fi
}

free_mb() { df -Pm -- "$1" | awk 'NR == 2 { print $4 }'; }

disk_is_full() { [ "$(free_mb "$cache")" -lt 2 ]; }

need_mb() {
  local free
  free=$(free_mb "$cache")
  [ "$free" -ge "$1" ] || die "$2 takes $1 MB in $cache, and only $free MB are free"
}
