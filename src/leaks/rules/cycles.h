// Rule 4: reference cycles. Blocks that hold each other, and that nobody else holds.
//
//   shared    they do it by counts: std::shared_ptr. Certain enough to be named as such
//   pointers  plain pointers, as in a doubly linked list that lost its head
//
// A shared_ptr is told by its control block (libc++, libstdc++), whose first three words are
//
//   vtable    an address in static data
//   owners    the number of shared_ptrs, less one in libc++; small
//   weak      the number of weak_ptrs and the like; small
//
// and by whoever owns it: two neighbouring words, the object's address and the control block's. Objects made by make_shared
// lie in the control block itself. Both must be there: small numbers and vtables are common, such pairs are not.
//
// Names come from the type information that a vtable has in front of it, where the program was compiled with it.
#pragma once

#include "leaks/finding.h"
#include "leaks/lost_graph.h"
#include "leaks/marking.h"

namespace tidemark {

/// One block of a path.
struct PathNode {
  Address address;
  std::size_t bytes;
  Address type_name;  // a mangled name that ends with a zero, in static data; 0 where there is none
};

class CycleRule {
 public:
  static constexpr std::size_t kMaxPath = 8;

  /// `statics` is where vtables and type information are.
  constexpr CycleRule(const LostGraph& graph, AddressRange statics) : graph_(&graph), statics_(statics) {}

  struct Cycle {
    bool shared = false;
    bool whole = false;      // every owner that the counts tell of was found among what is lost
    std::size_t length = 0;  // of the cycle that was found; the component may have others
    std::size_t path_count = 0;
    PathNode path[kMaxPath];  // its begin, closed by who reads it
  };

  /// Requires  a cyclic component of a finished graph.
  Cycle examine(LostGraph::Number component) const;

  /// Of a block that begins with a vtable; 0 where it does not, or where the type has no name.
  Address type_name_of(Address block) const;

  static LeakFinding judge(const Cycle& cycle, bool exact);

 private:
  // A path and its owners are looked for among so many blocks.
  static constexpr std::size_t kMaxLooks = 4096;
  static constexpr Address kMaxCount = Address{1} << 20;

  bool is_static(Address address, std::size_t n_bytes) const {
    return address >= statics_.begin && address < statics_.end && statics_.end - address >= n_bytes &&
           address % sizeof(Address) == 0;
  }
  bool is_control(LostGraph::Block block) const;
  PathNode node(LostGraph::Number number, const LostGraph::Number* members, std::size_t n) const;

  const LostGraph* graph_;
  AddressRange statics_;
};

}  // namespace tidemark
