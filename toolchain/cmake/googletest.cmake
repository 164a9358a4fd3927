# GoogleTest, built from its sources with the flags of this build: Debian has them as a package.

set(TIDEMARK_GOOGLETEST "/usr/src/googletest" CACHE PATH "The folder of GoogleTest's sources")
if(NOT EXISTS "${TIDEMARK_GOOGLETEST}/CMakeLists.txt")
  message(FATAL_ERROR "GoogleTest's sources are not in ${TIDEMARK_GOOGLETEST}. Run toolchain/setup (Debian's package "
    "is googletest), or set TIDEMARK_GOOGLETEST to their folder, or build without tests: -DTIDEMARK_TESTS=OFF.")
endif()

set(INSTALL_GTEST OFF CACHE INTERNAL "")
set(BUILD_GMOCK OFF CACHE INTERNAL "")
if(EMSCRIPTEN)
  set(gtest_disable_pthreads ON CACHE INTERNAL "")
endif()
add_subdirectory("${TIDEMARK_GOOGLETEST}" "${PROJECT_BINARY_DIR}/googletest" EXCLUDE_FROM_ALL SYSTEM)
