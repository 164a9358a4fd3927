// What compilers are told beyond the language.
//
//   TIDEMARK_RARE       a function that is called too seldom for its speed to matter, but that every program carries
//   TIDEMARK_SMALL      the same, where it may become a part of its caller
//   TIDEMARK_KEEP_LOOP  the loop that follows stays one: unrolled it would be bytes for nothing
//   TIDEMARK_CALL       the calls of the statement that follows stay calls: what they call is long, and a part of others already
#pragma once

#ifdef __clang__
#define TIDEMARK_RARE [[gnu::noinline, clang::minsize]]
#define TIDEMARK_SMALL [[clang::minsize]]
#define TIDEMARK_KEEP_LOOP _Pragma("clang loop unroll(disable)")
#define TIDEMARK_CALL [[clang::noinline]]
#else
#define TIDEMARK_RARE [[gnu::noinline]]
#define TIDEMARK_SMALL
#define TIDEMARK_KEEP_LOOP
#define TIDEMARK_CALL
#endif
