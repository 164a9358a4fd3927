// Rule 5: resources. What JavaScript has to give back by a call, and did not.
//
//   forgotten  its JavaScript object was collected by the garbage collector, and it had not been given back
//   lost       … and memory holds no pointer to what was behind it: nobody can give it back any more
//   netted     … but something else gave it back then: Embind for smart pointers, a structure's own finalizer
//   rising     the number in use rises and goes on rising (rule 1, over numbers in place of bytes)
//
// An Embind object that C++ owns may be forgotten with right: it is reachable, and no leak.
#pragma once

#include "leaks/finding.h"

namespace tidemark {

struct ResourceCount {
  double live = 0;       // in use
  double forgotten = 0;  // and not given back by now
  double lost = 0;       // of those; 0 too where nobody looked
  double netted = 0;
  double bytes = 0;     // of what is lost, or else forgotten
  bool looked = false;  // a scan has told what is lost
  LeakVerdict rising = LeakVerdict::kClean;
};

enum class ResourceReason : std::uint32_t { kNone = 0, kLost = 1, kForgotten = 2, kRising = 3, kNetted = 4 };

LeakFinding judge_resource(const ResourceCount& count);

}  // namespace tidemark
