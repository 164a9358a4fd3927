// The packaged engine has no code of its own: it is the runtime, and whoever imports the package is its program. Its movable
// blocks are those of structures, whose handles take no memory to speak of: they are never folded.
#include "movable/movable_heap.h"

extern "C" {
void tidemark_movable_fold(void) {}
void tidemark_movable_add_folding(tidemark::MovableOutlook*) {}
}
