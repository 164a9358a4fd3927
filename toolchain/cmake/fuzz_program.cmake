# A fuzz target: LLVMFuzzerTestOneInput in `fuzz/NAME_fuzz.cpp`, its corpus in `fuzz/corpus/NAME/`.
#
# Natively, where there is a clang with libFuzzer: a search of TIDEMARK_FUZZ_RUNS inputs that starts from the corpus, under
# the sanitizers. Everywhere: a replay of the corpus, by the compiler of the build, through `fuzz/replay_main.cpp`.

include(heap_variant)

set(TIDEMARK_FUZZ_RUNS 20000 CACHE STRING "How many inputs libFuzzer tries in the test run")

if(NOT EMSCRIPTEN AND NOT DEFINED CACHE{TIDEMARK_FUZZ_COMPILER})
  find_program(clangxx NAMES clang++ clang++-14 clang++-15 clang++-16 clang++-17 clang++-18 clang++-19 clang++-21 NO_CACHE)
  set(fuzz_compiler "")
  if(clangxx)
    set(trial "${CMAKE_CURRENT_BINARY_DIR}/fuzz_trial")
    file(WRITE "${trial}.cpp" "extern \"C\" int LLVMFuzzerTestOneInput(const unsigned char*, unsigned long) { return 0; }\n")
    execute_process(COMMAND "${clangxx}" -fsanitize=fuzzer,address,undefined "${trial}.cpp" -o "${trial}"
      RESULT_VARIABLE failed OUTPUT_QUIET ERROR_QUIET)
    if(NOT failed)
      set(fuzz_compiler "${clangxx}")
    endif()
  endif()
  if(NOT fuzz_compiler)
    message(STATUS "No clang with libFuzzer (Debian: clang and libclang-rt-14-dev): fuzz targets only replay their corpus")
  endif()
  set(TIDEMARK_FUZZ_COMPILER "${fuzz_compiler}" CACHE FILEPATH "The clang++ with libFuzzer; empty where there is none")
endif()

## With SMALL or HARDENED, the same source is the target `NAME_small` or `NAME_hardened`, of that heap, with a corpus of
## its own.
function(tidemark_add_fuzz_test source)
  cmake_path(GET source STEM stem)
  string(REGEX REPLACE "_fuzz$" "" name "${stem}")
  set(definitions "")
  foreach(variant small hardened)
    string(TOUPPER "${variant}" argument)
    if(argument IN_LIST ARGN)
      string(APPEND name "_${variant}")
      list(APPEND definitions "-D${tidemark_${variant}_definition}")
    endif()
  endforeach()
  set(stem "${name}_fuzz")
  set(corpus "${CMAKE_CURRENT_SOURCE_DIR}/fuzz/corpus/${name}")

  set(target "fuzz_replay_${name}")
  add_executable(${target} "${source}" "${CMAKE_CURRENT_SOURCE_DIR}/fuzz/replay_main.cpp")
  tidemark_compile_options(${target} PRIVATE)
  target_include_directories(${target} PRIVATE "${PROJECT_SOURCE_DIR}/tests")
  tidemark_use_heap(${target} ${ARGN})
  target_link_libraries(${target} PRIVATE tidemark::malloc)
  if(EMSCRIPTEN)
    set_target_properties(${target} PROPERTIES SUFFIX ".cjs")
    target_link_options(${target} PRIVATE -sALLOW_MEMORY_GROWTH -sEXIT_RUNTIME -sENVIRONMENT=node -sNODERAWFS)
  endif()
  add_test(NAME "fuzz/${name}_replay" COMMAND ${target} "${corpus}")

  if(NOT TIDEMARK_FUZZ_COMPILER)
    return()
  endif()
  # By a compiler other than the build's, so by hand; what heaps are linked with is compiled with it.
  get_target_property(type tidemark TYPE)
  set(library_sources "")
  if(type STREQUAL "STATIC_LIBRARY")
    get_target_property(library_sources tidemark SOURCES)
    list(FILTER library_sources INCLUDE REGEX "/platform/")
  endif()
  set(program "${CMAKE_CURRENT_BINARY_DIR}/fuzz/${stem}")
  file(MAKE_DIRECTORY "${program}_found")
  add_custom_command(OUTPUT "${program}"
    COMMAND "${TIDEMARK_FUZZ_COMPILER}" -std=c++20 -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all
      ${definitions} "-I${PROJECT_SOURCE_DIR}/src" "-I${PROJECT_SOURCE_DIR}/tests" -MMD -MF "${program}.d" -MT "${program}"
      ${library_sources} "${source}" -o "${program}" # of several sources, the last one's dependencies are written
    DEPENDS "${source}" ${library_sources}
    DEPFILE "${program}.d"
    COMMENT "Building fuzz target ${stem}"
    VERBATIM COMMAND_EXPAND_LISTS)
  add_custom_target(${stem} ALL DEPENDS "${program}")
  # New inputs go to the first folder, which is the build's; the seed makes two runs of one build alike.
  add_test(NAME "fuzz/${name}_search" COMMAND "${program}" -seed=1 -runs=${TIDEMARK_FUZZ_RUNS} -max_total_time=30 -print_final_stats=1
    "-artifact_prefix=${program}_found/" "${program}_found" "${corpus}")
  set_tests_properties("fuzz/${name}_search" PROPERTIES TIMEOUT 600)
endfunction()
