// Who listens to the program's heap where it is observed: JavaScript (bindings/profiler.js). Its tables are objects of
// JavaScript, so that a sample changes nothing in linear memory, and a shrink has nothing to move.
#pragma once

#include "monitor/heap_meter.h"

namespace tidemark {

class ProgramListener final : public HeapListener {
 public:
  void sampled(Address block, std::size_t n_bytes, double mean_bytes) override;
  void sample_freed(Address block, bool temporary) override;
  void sample_moved(Address from, Address to) override;
  bool admits(std::size_t n_bytes, std::size_t held_bytes) override;
  bool make_room(std::size_t n_bytes) override;
  void alarm() override;
  Clock& clock() override;
};

extern constinit ProgramListener program_listener;

}  // namespace tidemark
