// The manager of the program's heap, where that is observed: tidemark/manager.h is its C interface.
#pragma once

#include "manager/memory_manager.h"

namespace tidemark {

extern constinit MemoryManager program_manager;

}  // namespace tidemark
