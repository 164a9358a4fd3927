// A program to watch: it does a little at a time, as often as the page calls, and comes back to where it began.
#pragma once

namespace dashboard_example {

class Workload {
 public:
  virtual ~Workload() = default;
  /// Some hundred microseconds to a few milliseconds of work. Returns what it is at, for people.
  virtual const char* step() = 0;
};

// One a file. Each is made once, and never ends.
Workload* make_sqlite();
Workload* make_leaky();
Workload* make_fragmenting();
Workload* make_game();

}  // namespace dashboard_example
