# Which heap a test is of: the whole one, or a variant of it.

set(tidemark_small_definition TIDEMARK_SMALL_HEAP)
set(tidemark_hardened_definition TIDEMARK_HARDEN)

## With SMALL among the arguments, the target's TestHeap, and in WebAssembly its malloc, is the heap that is built for
## size; with HARDENED, the hardened one. Before the target is linked with tidemark::malloc: the first archive wins.
function(tidemark_use_heap target)
  foreach(variant small hardened)
    string(TOUPPER "${variant}" argument)
    if(argument IN_LIST ARGN)
      target_compile_definitions(${target} PRIVATE ${tidemark_${variant}_definition})
      if(EMSCRIPTEN)
        target_link_libraries(${target} PRIVATE tidemark::${variant})
      endif()
    endif()
  endforeach()
endfunction()
