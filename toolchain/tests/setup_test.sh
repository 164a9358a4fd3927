#!/usr/bin/env bash
# Set-up against what can go wrong: an old emcc, no network, a full disk, an interruption, two at once.
#
# The packages come from a repository that is made here, of a few small files, and npm is a stand-in: so the whole of
# set-up runs in seconds, without a network, in a cache folder of its own. Last line: `N passed, N failed`.
set -uo pipefail

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
setup=$here/../setup
work=$(mktemp -d "${TMPDIR:-/tmp}/tidemark-setup-test.XXXXXX")
mounted=
trap '[ -z "$mounted" ] || umount "$mounted"; rm -rf -- "$work"' EXIT

passed=0 failed=0
check() {
  local name=$1
  shift
  if "$@"; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    printf 'FAILED: %s\n' "$name"
    sed 's/^/    /' "$work/out"
  fi
}
skip() { printf 'skipped: %s\n' "$*"; }

# What set-up's run left in $work/out and $status, put to the question.
ended_with() { [ "$status" = "$1" ]; }
says() { grep -qE -- "$1" "$work/out"; }
# The stand-in packages are not the tested ones, which set-up always says; that line does not count.
complains_once() { [ "$(sed '/has moved on/d' "$work/out" | grep -vcE '^(\[| )')" = 1 ] && [[ $(tail -n 1 "$work/out") = setup:* ]]; }
left_nothing() { [ -z "$(find "$TIDEMARK_CACHE" -mindepth 1 ! -name lock -print -quit)" ]; }
# shellcheck source=/dev/null
is_set_up() { [ -x "$(. "$TIDEMARK_CACHE/env" && echo "$TIDEMARK_EMSCRIPTEN/emcc")" ]; }
has_no_staging() { [ -z "$(find "$TIDEMARK_CACHE" -name 'staging.*' -print -quit)" ]; }

run_setup() {
  status=0
  bash "$setup" "$@" >"$work/out" 2>&1 || status=$?
}
fresh_cache() { export TIDEMARK_CACHE=$work/cache; rm -rf -- "$TIDEMARK_CACHE"; }

# --- the stand-ins -----------------------------------------------------------------------------------------------------

## A package in the repository: name, version, Depends; its files are those of $work/files/NAME.
add_package() {
  local tree=$work/files/$1 deb=$work/repository/$1.deb
  mkdir -p -- "$tree/DEBIAN"
  printf 'Package: %s\nVersion: %s\nArchitecture: all\nMaintainer: test\nDescription: test\n%s' \
    "$1" "$2" "${3:+Depends: $3$'\n'}" >"$tree/DEBIAN/control"
  dpkg-deb --root-owner-group -Znone --build "$tree" "$deb" >/dev/null
  {
    dpkg-deb --field "$deb"
    printf 'Filename: ./%s\nSize: %s\nSHA256: %s\n\n' "$1.deb" "$(stat -c %s "$deb")" "$(sha256sum "$deb" | cut -d ' ' -f 1)"
  } >>"$work/repository/Packages"
}

make_program() {
  mkdir -p -- "$(dirname -- "$1")"
  cat >"$1"
  chmod +x -- "$1"
}

make_repository() {
  local loader emscripten=$work/files/emscripten/usr/share/emscripten llvm=$work/files/clang-99/usr/lib/llvm-99
  mkdir -p -- "$work/repository" "$llvm/bin" "$llvm/lib" "$work/files/binaryen/usr/bin" "$work/files/libc6/usr/lib/test"
  loader=$(find -L /lib64 /lib -maxdepth 2 -name 'ld-linux*' -print -quit)
  cp -L -- "$loader" "$work/files/libc6/usr/lib/test/"
  cp -L -- /bin/true "$llvm/bin/clang"
  cp -L -- /bin/true "$work/files/binaryen/usr/bin/wasm-opt"
  echo '#!/bin/sh' | make_program "$emscripten/embuilder"
  printf '#!/bin/sh\necho "emcc (stand-in) 99.0.0 ()"\n' | make_program "$emscripten/emcc"
  # shellcheck disable=SC2016  # for the stand-in's shell
  printf '#!/bin/sh\nfor out; do :; done\necho "console.log(%ssum 6%s)" >"$out"\n' "'" "'" | make_program "$emscripten/em++"

  add_package emscripten 99.0.0 'binaryen, clang-99, lld-99, llvm-99'
  add_package binaryen 99 libc6
  add_package clang-99 99 'libc6, libc6-dev'
  add_package lld-99 99
  add_package llvm-99 99
  add_package libclang-common-99-dev 99
  add_package libc6 99
  echo "deb [trusted=yes] file:$work/repository ./" >"$work/sources.list"
  echo "deb [trusted=yes] http://127.0.0.1:9/nothing ./" >"$work/unreachable.list"
}

make_tools() {
  mkdir -p -- "$work/tools" "$work/old" "$work/roomy" "$work/root"
  # npm takes as long as the file $work/delay says, which is when a test sends its signal.
  make_program "$work/tools/npm" <<EOF
#!/bin/sh
echo started >"$work/npm-started"
sleep "\$(cat "$work/delay" 2>/dev/null || echo 0)"
mkdir -p "\$3/node_modules/acorn"
EOF
  printf '#!/bin/sh\necho "emcc (Emscripten gcc/clang-like replacement) 3.1.6 ()"\n' | make_program "$work/old/emcc"
  # A df that sees room everywhere, so that the disk is found to be full in the middle and not beforehand.
  make_program "$work/roomy/df" <<'EOF'
#!/bin/sh
echo header
echo x 0 0 9999
EOF
}

make_repository
make_tools
unset EMSDK EM_CONFIG
# No emcc of the machine's own may be found, so no folder that holds one; node's own folder comes through a link.
ln -s "$(command -v node)" "$work/tools/node"
export PATH=$work/tools:/usr/sbin:/usr/bin:/sbin:/bin TIDEMARK_ROOT=$work/root TIDEMARK_APT_SOURCES=$work/sources.list
if command -v emcc >/dev/null; then skip "everything: the system has an emcc at $(command -v emcc)"; echo '0 passed, 0 failed'; exit 0; fi

# --- set-up as it should go --------------------------------------------------------------------------------------------

fresh_cache
run_setup --check
check "--check on an empty cache fails" ended_with 1
check "--check names Emscripten" says '^missing: Emscripten'
check "--check makes nothing" test ! -e "$TIDEMARK_CACHE"

status=0
bash -c ". '$here/../env.sh'" >"$work/out" 2>&1 || status=$?
check "env.sh before set-up fails" ended_with 1
check "env.sh before set-up says what to run" says 'run toolchain/setup first'

run_setup
check "a first run succeeds" ended_with 0
check "a first run leaves an Emscripten" is_set_up
check "a first run leaves no staging folder" has_no_staging
check "packages that were not tested with are named" says 'has moved on .*emscripten 99\.0\.0'
# shellcheck disable=SC2016  # for the other shell
check "programs are given the loader beside them" \
  bash -c 'patchelf --print-interpreter "$1"/emscripten-*/usr/lib/llvm-99/bin/clang | grep -q "^$1/"' - "$TIDEMARK_CACHE"

run_setup
check "a second run succeeds" ended_with 0
check "a second run says one line" test "$(wc -l <"$work/out")" = 1
run_setup --check
check "--check after set-up succeeds" ended_with 0

for shell in bash zsh sh; do
  if ! command -v "$shell" >/dev/null; then skip "env.sh in $shell, which is not installed"; continue; fi
  status=0
  # shellcheck disable=SC2016  # for the other shell
  "$shell" -c '. "$1"; first=$PATH; . "$1"; [ "$PATH" = "$first" ] && emcc --version' - "$here/../env.sh" >"$work/out" 2>&1 || status=$?
  check "env.sh in $shell, twice" ended_with 0
  check "env.sh in $shell finds emcc" says '99\.0\.0'
done

# An own emcc that is new enough comes first; the private one on PATH is not taken for one.
status=0
bash -c '. "$1"; bash "$2" --check' - "$here/../env.sh" "$setup" >"$work/out" 2>&1 || status=$?
check "with env.sh sourced, set-up finds the same" ended_with 0
cp -r -- "$work/files/emscripten/usr/share/emscripten" "$work/own"
PATH=$work/own:$PATH run_setup
check "an own emcc that is new enough is used" says "your own: 99\.0\.0 in $work/own"

# --- what can go wrong -------------------------------------------------------------------------------------------------

fresh_cache
TIDEMARK_APT_SOURCES=$work/unreachable.list run_setup
check "no network: fails" ended_with 1
check "no network: one line says so" says '^setup: .*no network'
check "no network: one line only" complains_once
check "no network: nothing is left" left_nothing

fresh_cache
PATH=$work/old:$PATH run_setup
check "an old emcc: set-up goes on with the private one" ended_with 0
check "an old emcc: a line says why it is not used" says "^setup: the emcc in $work/old is 3\.1\.6, older than"
check "an old emcc: the private one is there" is_set_up

fresh_cache
cp -- "$work/repository/lld-99.deb" "$work/lld-99.deb"
# One byte is another: the size stays, the hash does not.
printf 'X' | dd of="$work/repository/lld-99.deb" bs=1 seek="$(($(stat -c %s "$work/lld-99.deb") - 1))" conv=notrunc status=none
run_setup
check "a damaged package: fails" ended_with 1
check "a damaged package: one line" complains_once
check "a damaged package: the line says so" says 'not what the signed list says'
check "a damaged package: nothing is left" left_nothing
cp -- "$work/lld-99.deb" "$work/repository/lld-99.deb"

for signal in INT TERM; do
  fresh_cache
  rm -f -- "$work/npm-started"
  echo 30 >"$work/delay"
  # Job control, or bash would start it with SIGINT ignored.
  set -m
  bash "$setup" >"$work/out" 2>&1 &
  pid=$!
  set +m
  for _ in $(seq 200); do [ ! -e "$work/npm-started" ] || break; sleep 0.1; done
  kill "-$signal" "$pid"
  status=0
  wait "$pid" || status=$?
  check "SIG$signal: ends with 128 + the signal" ended_with "$((128 + $(kill -l "$signal")))"
  check "SIG$signal: one line" complains_once
  check "SIG$signal: nothing is left" left_nothing
  rm -f -- "$work/delay"
  run_setup
  check "SIG$signal: the next run succeeds" ended_with 0
done

fresh_cache
rm -f -- "$work/npm-started"
echo 2 >"$work/delay"
bash "$setup" >"$work/first" 2>&1 &
first=$!
for _ in $(seq 200); do [ ! -e "$work/npm-started" ] || break; sleep 0.1; done
run_setup
wait "$first"
check "two at once: the first succeeds" test $? = 0
check "two at once: the second waits" says 'another set-up is running'
check "two at once: the second succeeds" ended_with 0
check "two at once: the second finds all there" says 'all there'
rm -f -- "$work/delay"

# What a run that was killed has left is cleared by the next one.
fresh_cache
mkdir -p -- "$TIDEMARK_CACHE/staging.killed"
run_setup
check "after a kill: the next run clears its staging folder" has_no_staging

fresh_cache
mkdir -p -- "$TIDEMARK_CACHE"
# 512 KiB hold the lists and not the packages.
if [ "$(id -u)" = 0 ] && mount -t tmpfs -o size=512k tmpfs "$TIDEMARK_CACHE" 2>/dev/null; then
  mounted=$TIDEMARK_CACHE
  run_setup
  check "too small a disk: fails beforehand" says '^setup: the disk is full: a private Emscripten takes'
  check "too small a disk: nothing is left" left_nothing
  PATH=$work/roomy:$PATH run_setup
  check "a disk that fills up: fails" ended_with 1
  check "a disk that fills up: one line says so" says '^setup: .*the disk is full'
  check "a disk that fills up: one line only" complains_once
  check "a disk that fills up: nothing is left" left_nothing
  umount "$mounted" && mounted=
else
  skip "a full disk: it takes root, to mount a small one"
fi

printf '%s passed, %s failed\n' "$passed" "$failed"
[ "$failed" = 0 ]
