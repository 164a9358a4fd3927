# The last step: a program is compiled and run, and the libraries that the build links are made beforehand.
# shellcheck shell=bash disable=SC2034,SC2154  # variables shared with toolchain/setup

try_emcc() {
  cat >"$staging/trial.cpp" <<'EOF'
#include <cstdio>
#include <vector>
int main() {
  std::vector<int> values{1, 2, 3};
  int sum = 0;
  for (int value : values) sum += value;
  std::printf("sum %d\n", sum);
}
EOF
  use_emcc
  detail "compiling (the first time, Emscripten builds its C and C++ libraries: one to two minutes)"
  run_and_watch libraries_so_far "$emcc_folder/em++" -std=c++23 -O2 "$staging/trial.cpp" -o "$staging/trial.cjs" || fail_trial "em++ failed: $(why)"
  # The other allocators, to compare with, and Embind: seconds. Variants for debugging are built when they are linked.
  run_and_watch libraries_so_far "$emcc_folder/embuilder" build libemmalloc libmimalloc libembind-rtti ||
    fail_trial "Emscripten could not build its libraries: $(why)"
  run node "$staging/trial.cjs" || fail_trial "the compiled program failed: $(why)"
  grep -qx 'sum 6' "$staging/log" || fail_trial "the compiled program printed: $(head -c 100 "$staging/log")"
}

## The library that Emscripten is building, as its log names it.
libraries_so_far() { grep -oE 'generating system (library|asset|headers): [^ ]+' "$staging/log" | tail -n 1 | sed 's/generating/building/; s,: .*/,: ,' || true; }

use_emcc() {
  if [ -n "$emcc_config" ]; then export EM_CONFIG=$emcc_config; else unset EM_CONFIG; fi
  if [ -n "$emcc_python" ]; then export EMSDK_PYTHON=$emcc_python; fi
}

## A private Emscripten that does not work is not kept.
fail_trial() {
  [ -z "${private_prefix:-}" ] || rm -rf -- "$private_prefix"
  die "$1"
}
