# The last step: a program is compiled and run, and the libraries that the build links are made beforehand.
# shellcheck shell=bash disable=SC2154

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
  detail "compiling (the first time, Emscripten builds its C and C++ libraries: about a minute)"
  run "$emcc_folder/em++" -std=c++23 -O2 "$staging/trial.cpp" -o "$staging/trial.cjs" || fail_trial "em++ failed: $(why)"
  run node "$staging/trial.cjs" || fail_trial "the compiled program failed: $(why)"
  grep -qx 'sum 6' "$staging/log" || fail_trial "the compiled program printed: $(head -c 100 "$staging/log")"
}

use_emcc() {
  if [ -n "$emcc_config" ]; then export EM_CONFIG=$emcc_config; else unset EM_CONFIG; fi
  if [ -n "$emcc_python" ]; then export EMSDK_PYTHON=$emcc_python; fi
}

## A private Emscripten that does not work is not kept.
fail_trial() {
  [ -z "${private_prefix:-}" ] || rm -rf -- "$private_prefix"
  die "$1"
}
