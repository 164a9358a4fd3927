#ifdef TIDEMARK_OBSERVED
#include "override/program_listener.h"

#include "override/program_manager.h"
#include "platform/program_clock.h"

extern "C" {

// Of bindings/profiler.js.
void tidemark_on_sampled(std::uintptr_t block, std::size_t n_bytes, double mean_bytes);
void tidemark_on_sample_freed(std::uintptr_t block, bool temporary);
void tidemark_on_sample_moved(std::uintptr_t from, std::uintptr_t to);
bool tidemark_on_exhausted(std::size_t n_bytes);
void tidemark_on_alarm(void);

}  // extern "C"

namespace tidemark {

constinit ProgramListener program_listener;

void ProgramListener::sampled(Address block, std::size_t n_bytes, double mean_bytes) {
  tidemark_on_sampled(block, n_bytes, mean_bytes);
}
void ProgramListener::sample_freed(Address block, bool temporary) { tidemark_on_sample_freed(block, temporary); }
void ProgramListener::sample_moved(Address from, Address to) { tidemark_on_sample_moved(from, to); }
bool ProgramListener::admits(std::size_t n_bytes, std::size_t held_bytes) {
  return program_manager.admits(n_bytes, held_bytes);
}
bool ProgramListener::make_room(std::size_t n_bytes) {
  const bool made = tidemark_on_exhausted(n_bytes);
  return program_manager.make_room(n_bytes) || made;
}
void ProgramListener::alarm() { tidemark_on_alarm(); }
Clock& ProgramListener::clock() { return program_clock(); }

}  // namespace tidemark
#endif
