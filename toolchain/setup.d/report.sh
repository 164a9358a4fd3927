# What set-up says, how it runs commands, and how it ends: steps, one line an error, and nothing left behind.
# shellcheck shell=bash disable=SC2034,SC2154  # variables shared with toolchain/setup

readonly step_count=5
step_index=0

staging=     # the folder that everything is made in; removed at the end, however it comes
half_done='' # what else must go when set-up fails now
child=       # process group of the running command
must_finish= # not empty while the running command must not be cut off

exec 8>&2

say() { $quiet || printf '%s\n' "$*"; }
warn() { printf 'setup: %s\n' "$*" >&8; }
die() {
  warn "$*"
  explained=yes
  exit 1
}
explained=

step() {
  step_index=$((step_index + 1))
  say "[$step_index/$step_count] $*"
}

detail() { say "      $*"; }

## The value that toolchain/versions has for a kind and a name; empty when it has none.
expected() { awk -v kind="$1" -v name="$2" '$1 == kind && $2 == name { print $3; exit }' "$versions"; }

## The names that toolchain/versions lists under the given kinds, one a line.
expected_names() { awk -v kinds=" $* " '$1 !~ /^#/ && index(kinds, " " $1 " ") { print $2 }' "$versions"; }

## Whether version $1 is $2 or later.
at_least() { [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]; }

make_folder() {
  mkdir -p -- "$1" 2>/dev/null || die "cannot make the folder $1 (full disk, or no right to write there?)"
}

take_lock() {
  { exec 9>"$cache/lock"; } 2>/dev/null || die "cannot write to $cache (full disk, or no right to write there?)"
  if ! flock --nonblock 9; then
    say "another set-up is running: waiting for it"
    flock 9
  fi
}

## From here on, what the shell's own commands complain of is kept for `clean`, which makes one line of it.
begin_staging() {
  trap clean EXIT
  trap 'stop 130' INT
  trap 'stop 143' TERM HUP
  rm -rf -- "$cache"/staging.*
  staging=$(mktemp -d -- "$cache/staging.XXXXXX" 2>/dev/null) || die "cannot write to $cache (full disk?)"
  : >"$staging/log"
  exec 2>"$staging/stderr"
}

clean() {
  local status=$?
  [ -z "$child" ] || kill -TERM -- "-$child" 2>/dev/null || true
  if [ "$status" != 0 ] && [ -z "$explained" ]; then
    if [ -n "$(disk_trouble)" ]; then warn "$(disk_trouble)"; else
      warn "step $step_index failed: $(tail -n 1 -- "$staging/stderr")"
    fi
  fi
  [ "$status" = 0 ] || [ -z "$half_done" ] || rm -rf -- "$half_done"
  [ -z "$staging" ] || rm -rf -- "$staging"
  [ "$status" = 0 ] || [ -n "$explained" ] || exit 1
}

stop() {
  trap '' INT TERM HUP
  if [ -n "$child" ]; then
    if [ -n "$must_finish" ]; then
      warn "stopping, once $must_finish has ended"
    else
      kill -TERM -- "-$child" 2>/dev/null || true
    fi
    while kill -0 "$child" 2>/dev/null; do wait "$child" 2>/dev/null || true; done
    child=
  fi
  warn "stopped; nothing half-done is left, run it again to go on"
  explained=yes
  exit "$1"
}

## Runs a command in a process group of its own, with its output in $staging/log. A signal to set-up is acted on at once,
## which bash would put off until a command in the foreground has ended.
run() { run_and_watch : "$@"; }

## The same, calling the function $1 every third of a second to say how far the command is.
run_and_watch() {
  local report=$1 status=0
  shift
  setsid "$@" >"$staging/log" 2>&1 </dev/null 8>&- 9>&- &
  child=$!
  if [ "$report" != : ]; then
    said=
    while kill -0 "$child" 2>/dev/null; do
      say_once "$("$report")"
      sleep 0.3
    done
  fi
  wait "$child" || status=$?
  child=
  return "$status"
}

## Says a line of progress, unless it is the one that was said last.
say_once() {
  if [ -n "$1" ] && [ "$1" != "$said" ]; then
    said=$1
    detail "  $1"
  fi
}
said=

free_mb() { df -Pm -- "$1" | awk 'NR == 2 { print $4 }'; }

## Whether a folder has room for another megabyte: writing it is the one sure way to know.
has_room() {
  local probe=$1/tidemark-room.$$ status=0
  { head -c 1000000 /dev/zero >"$probe"; } 2>/dev/null || status=1
  rm -f -- "$probe"
  return "$status"
}

## One line when what failed was for want of space, else nothing.
disk_trouble() {
  local temporary=${TMPDIR:-/tmp}
  if ! has_room "$staging" || ! has_room "$temporary" || cat -- "$staging/log" "$staging/stderr" 2>/dev/null |
    grep -qiE 'no space left|ENOSPC|enough free space|file too large|disk quota'; then
    printf 'the disk is full (%s MB are free in %s, %s MB in %s)' \
      "$(free_mb "$cache")" "$cache" "$(free_mb "$temporary")" "$temporary"
  fi
}

# What apt and npm print when they reach nobody.
readonly no_network='(could not|couldn.t) (resolve|connect)|temporary failure|failed to fetch|unable to connect|'\
'connection (refused|failed|timed out)|network is unreachable|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT'

## One line that says why the last `run` failed.
why() {
  local log=$staging/log
  if [ -n "$(disk_trouble)" ]; then
    disk_trouble
  elif grep -qi 'hash sum mismatch' "$log"; then
    printf 'a file is not what the signed list says it is (damaged on the way?)'
  elif grep -qiE "$no_network" "$log"; then
    printf 'no network, or the server cannot be reached'
  else
    { grep -E '^E:|[Ee]rror' "$log" || tail -n 1 -- "$log"; } | head -n 1 | cut -c 1-200
  fi
}

need_mb() {
  local free
  free=$(free_mb "$cache")
  [ "$free" -ge "$1" ] || die "the disk is full: $2 takes $1 MB in $cache, and $free MB are free"
}
