# How our own code is compiled; what we only use (GoogleTest) gets the sanitizers and nothing else of this.

if(NOT TIDEMARK_OPTIMIZE MATCHES "^O[3z]$")
  message(FATAL_ERROR "TIDEMARK_OPTIMIZE is ${TIDEMARK_OPTIMIZE}; it may be O3 or Oz")
endif()

if(TIDEMARK_SANITIZE)
  # vptr compares types by the information that the library, compiled without it, does not have.
  add_compile_options(-fsanitize=${TIDEMARK_SANITIZE} -fno-sanitize=vptr -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${TIDEMARK_SANITIZE} -fno-sanitize-recover=all)
endif()

set(tidemark_warnings -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror)

## C++20 without extensions of the compiler, and warnings that are errors.
function(tidemark_compile_options target scope)
  target_compile_features(${target} ${scope} cxx_std_20)
  target_compile_options(${target} ${scope} ${tidemark_warnings})
  set_target_properties(${target} PROPERTIES CXX_EXTENSIONS OFF)
endfunction()
