// The end of a program that broke its own heap: one line, then a trap.
#pragma once

#include "base/attributes.h"
#include "base/units.h"

namespace tidemark {

/// Prints `tidemark: <operation>(0x<address>): <problem>` to standard error and traps. Allocates nothing.
TIDEMARK_RARE [[noreturn]] void fatal(const char* operation, Address address, const char* problem);

}  // namespace tidemark
