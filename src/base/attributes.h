// What compilers are told beyond the language.
#pragma once

// A function that is called too seldom for its speed to matter, but that every program carries.
#ifdef __clang__
#define TIDEMARK_RARE [[gnu::noinline, clang::minsize]]
#else
#define TIDEMARK_RARE [[gnu::noinline]]
#endif
