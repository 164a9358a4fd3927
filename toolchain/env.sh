# To source: puts emcc, em++ and emcmake on PATH, as toolchain/setup has chosen them. For bash, zsh and sh.
#
# Sets EM_CONFIG and EMSDK_PYTHON for the private Emscripten, TIDEMARK_EMSCRIPTEN (its folder) and
# TIDEMARK_BOOST_INCLUDE (a folder that holds a link to Boost's headers, and nothing else).
# shellcheck shell=sh

TIDEMARK_ENV=${TIDEMARK_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/tidemark}/env
unset TIDEMARK_EMSCRIPTEN
if [ -f "$TIDEMARK_ENV" ]; then
  # shellcheck source=/dev/null
  . "$TIDEMARK_ENV"
fi
if [ ! -x "${TIDEMARK_EMSCRIPTEN:-}/emcc" ]; then
  echo "tidemark: no Emscripten has been set up; run toolchain/setup first" >&2
  unset TIDEMARK_ENV TIDEMARK_EMSCRIPTEN
  return 1
fi

# First on PATH, so that an older emcc of the system does not come before it; not again when it is first already.
if [ "$(command -v emcc)" != "$TIDEMARK_EMSCRIPTEN/emcc" ]; then
  export PATH="$TIDEMARK_EMSCRIPTEN:$PATH"
fi
if [ -n "$TIDEMARK_EM_CONFIG" ]; then export EM_CONFIG="$TIDEMARK_EM_CONFIG"; fi
if [ -n "$TIDEMARK_EMSDK_PYTHON" ]; then export EMSDK_PYTHON="$TIDEMARK_EMSDK_PYTHON"; fi
if [ -d "${TIDEMARK_ENV%/env}/include/boost" ]; then export TIDEMARK_BOOST_INCLUDE="${TIDEMARK_ENV%/env}/include"; fi
export TIDEMARK_EMSCRIPTEN
unset TIDEMARK_ENV TIDEMARK_KEY TIDEMARK_EM_CONFIG TIDEMARK_EMSDK_PYTHON TIDEMARK_EMSCRIPTEN_VERSION
