# The toolchain file of the wasm presets: Emscripten's own, of the emcc that is first on PATH.

find_program(TIDEMARK_EMCC emcc DOC "The emcc that builds for WebAssembly")
if(NOT TIDEMARK_EMCC)
  message(FATAL_ERROR "emcc is not on PATH. Run toolchain/setup once, then `source toolchain/env.sh` in this shell.")
endif()
file(REAL_PATH "${TIDEMARK_EMCC}" tidemark_emcc)
cmake_path(GET tidemark_emcc PARENT_PATH tidemark_emscripten_root)
set(tidemark_emscripten_platform "${tidemark_emscripten_root}/cmake/Modules/Platform/Emscripten.cmake")
if(NOT EXISTS "${tidemark_emscripten_platform}")
  message(FATAL_ERROR "${TIDEMARK_EMCC} has no CMake files beside it (${tidemark_emscripten_platform}): "
    "put the folder of a whole Emscripten on PATH.")
endif()
include("${tidemark_emscripten_platform}")

file(STRINGS "${CMAKE_CURRENT_LIST_DIR}/../versions" tidemark_least REGEX "^least +emscripten ")
string(REGEX MATCH "[0-9]+\\.[0-9]+\\.[0-9]+" tidemark_least "${tidemark_least}")
if(EMSCRIPTEN_VERSION VERSION_LESS tidemark_least)
  message(FATAL_ERROR "${TIDEMARK_EMCC} is Emscripten ${EMSCRIPTEN_VERSION}; ${tidemark_least} or later is needed. "
    "toolchain/setup installs one, and `source toolchain/env.sh` puts it on PATH.")
endif()
