# A GoogleTest program and its entry in ctest.

include(heap_variant)

set(tidemark_test_headers "${CMAKE_CURRENT_LIST_DIR}/test_headers.cpp")

## How a test is compiled, but for its variant.
function(tidemark_test_options target)
  tidemark_compile_options(${target} PRIVATE)
  target_include_directories(${target} PRIVATE "${PROJECT_SOURCE_DIR}/tests")
  if(EMSCRIPTEN)
    # Calls of malloc that the compiler can see through would be taken away, and never reach Tidemark.
    target_compile_options(${target} PRIVATE -fno-builtin-malloc -fno-builtin-free -fno-builtin-calloc -fno-builtin-realloc)
  endif()
endfunction()

## Compiles GoogleTest's header once for all tests: for most it is half of the work.
function(tidemark_precompile_test_headers)
  add_library(test_headers OBJECT "${tidemark_test_headers}")
  tidemark_test_options(test_headers)
  target_link_libraries(test_headers PRIVATE tidemark::malloc GTest::gtest_main)
  target_precompile_headers(test_headers PRIVATE <gtest/gtest.h>)
endfunction()

## Adds the program `folder/stem` for a source file; with SIMD, the program `folder/stem_simd`, compiled and linked with it;
## with SMALL or HARDENED, `folder/stem_small` or `folder/stem_hardened`, of that heap.
function(tidemark_add_test folder source)
  cmake_path(GET source STEM stem)
  foreach(variant SIMD SMALL HARDENED)
    if(variant IN_LIST ARGN)
      string(TOLOWER "_${variant}" suffix)
      string(APPEND stem "${suffix}")
    endif()
  endforeach()
  set(target "${folder}_${stem}")
  add_executable(${target} "${source}")
  set_target_properties(${target} PROPERTIES
    OUTPUT_NAME "${stem}"
    RUNTIME_OUTPUT_DIRECTORY "${CMAKE_CURRENT_BINARY_DIR}/${folder}")
  tidemark_test_options(${target})
  # What stands in for a part of the library goes before it.
  tidemark_use_heap(${target} ${ARGN})
  if("SIMD" IN_LIST ARGN)
    target_compile_options(${target} PRIVATE -msimd128)
    target_link_libraries(${target} PRIVATE tidemark::simd)
  else()
    target_precompile_headers(${target} REUSE_FROM test_headers)
  endif()
  target_link_libraries(${target} PRIVATE tidemark::malloc GTest::gtest_main)
  if(EMSCRIPTEN)
    # To Node, a .js in this repository would be an ES module.
    set_target_properties(${target} PROPERTIES SUFFIX ".cjs")
    target_link_options(${target} PRIVATE
      -O1 # the library is optimised already, and what linking at -O3 would add takes longer than the tests
      -sALLOW_MEMORY_GROWTH -sMAXIMUM_MEMORY=4GB -sSTACK_SIZE=1MB
      -sEXIT_RUNTIME # the exit code is main's, also in the browser
      -sENVIRONMENT=node,web
      $<$<CONFIG:Debug>:-sASSERTIONS=2>)
  endif()
  add_test(NAME "${folder}/${stem}" COMMAND ${target})
  set_tests_properties("${folder}/${stem}" PROPERTIES TIMEOUT 600)
endfunction()
