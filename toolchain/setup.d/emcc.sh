# Which Emscripten is used: the user's own when it is new enough, else the private one.
# shellcheck shell=bash disable=SC2034,SC2154  # variables shared with toolchain/setup

# What the code needs from Emscripten, and 6.0.5 is the oldest that was tested with: the glue's `assignWasmExports` and
# `updateMemoryViews`, through which a shrunk memory is put in the place of the first one, C++23's library, and mimalloc
# to compare with.

## Whether a folder is that of a private Emscripten, of this cache or of another one.
is_private() { [ -f "$1/../../../em_config" ]; }

## The folders of the user's emcc, best first: EMSDK's, then those on PATH; never a private one that env.sh put there.
own_emcc_folders() {
  local path folder
  {
    [ -z "${EMSDK:-}" ] || echo "$EMSDK/upstream/emscripten/emcc"
    type -aP emcc || true
  } | while read -r path; do
    folder=$(dirname -- "$path")
    if [ -x "$path" ] && ! is_private "$folder"; then echo "$folder"; fi
  done | awk '!seen[$0]++'
}

## An EM_CONFIG that env.sh has not set, which an emcc of the user's own may need; empty when there is none.
own_em_config() {
  local config=${EM_CONFIG:-}
  if [ -n "$config" ] && is_private "${config%/*}/usr/share/emscripten"; then config=; fi
  printf '%s\n' "$config"
}

emcc_version() {
  (
    EM_CONFIG=$(own_em_config)
    if [ -n "$EM_CONFIG" ]; then export EM_CONFIG; else unset EM_CONFIG; fi
    unset EMSDK_PYTHON
    "$1/emcc" --version 2>/dev/null
  ) | sed -n '1s/.* \([0-9]\+\.[0-9]\+\.[0-9]\+\).*/\1/p'
}

## Everything that the choice rests on, as one hash: when it changes, the choice is made again.
choice_key() {
  local folder
  {
    cat -- "$versions" "$here/setup.d/emcc.sh" "$here/setup.d/private.sh" "$here/setup.d/trial.sh"
    own_em_config
    for folder in $(own_emcc_folders); do stat --format='%n %Y' -L -- "$folder/emcc"; done
  } | sha256sum | cut -c 1-16
}

## Whether CACHE/env was written for what is found today, and what it names is still there.
emcc_is_set_up() {
  [ -f "$cache/env" ] && (
    # shellcheck source=/dev/null
    . "$cache/env"
    [ "$TIDEMARK_KEY" = "$(choice_key)" ] && [ -x "$TIDEMARK_EMSCRIPTEN/emcc" ] &&
      { [ -z "$TIDEMARK_EM_CONFIG" ] || [ -f "$TIDEMARK_EM_CONFIG" ]; }
  )
}

described_emcc() {
  # shellcheck source=/dev/null
  ( . "$cache/env"; echo "Emscripten $TIDEMARK_EMSCRIPTEN_VERSION in $TIDEMARK_EMSCRIPTEN" )
}

choose_emcc() {
  local least folder version
  least=$(expected least emscripten)
  while read -r folder; do
    [ -n "$folder" ] || continue
    version=$(emcc_version "$folder") || true
    if [ -n "$version" ] && at_least "$version" "$least"; then
      detail "your own: $version in $folder"
      emcc_folder=$folder emcc_config=$(own_em_config) emcc_python=
      return
    fi
    warn "the emcc in $folder is ${version:-of no known version}, older than $least: it is not used"
  done < <(own_emcc_folders)

  private_prefix=$cache/emscripten-$(private_key)
  emcc_folder=$private_prefix/usr/share/emscripten
  emcc_config=$private_prefix/em_config
  emcc_python=$(PATH=/usr/bin:$PATH command -v python3) || die "python3 is missing"
  at_least "$("$emcc_python" -c 'import platform; print(platform.python_version())')" "$(expected least python)" ||
    die "Emscripten needs Python $(expected least python) or later, and $emcc_python is older"
  if [ -f "$emcc_config" ]; then detail "the private one is there"; else install_private; fi
}

## Written last (S2), and renamed into place (S1).
write_env() {
  local version
  version=$(sed 's/[^0-9.]//g' "$emcc_folder/emscripten-version.txt" 2>/dev/null || emcc_version "$emcc_folder")
  {
    printf '# Written by toolchain/setup; read by toolchain/env.sh.\n'
    printf '%s=%q\n' TIDEMARK_KEY "$(choice_key)" TIDEMARK_EMSCRIPTEN "$emcc_folder" \
      TIDEMARK_EMSCRIPTEN_VERSION "$version" TIDEMARK_EM_CONFIG "$emcc_config" TIDEMARK_EMSDK_PYTHON "$emcc_python"
  } >"$staging/env"
  mv -f -- "$staging/env" "$cache/env"
  [ -z "$emcc_config" ] || remove_old_private
}
