// What is lost, in groups that a person can act on: blocks of one kind, one size and one type together, each with what they
// hold. Everything lost is in exactly one group: what is held counts where it is found first.
//
// Cost   One look at each word of what is lost, in slices.
#pragma once

#include "leaks/rules/cycles.h"

namespace tidemark {

enum class LostKind : std::uint32_t { kBlock = 0, kCycle = 1, kSharedCycle = 2 };

/// JavaScript reads it field by field.
struct LostGroup {
  LostKind kind;
  std::uint32_t block_bytes;    // of the blocks lost themselves
  Address type_name;            // 0 where there is none
  std::uint32_t direct_blocks;  // lost themselves
  std::uint32_t held_blocks;    // lost with them
  std::uint32_t components;     // how often it happened
  std::uint32_t cycle_blocks;   // of the cycle in `path`
  Address example;              // a block
  std::uint32_t path_count;
  std::uint32_t whole;  // all owners of the cycles found
  double direct_bytes;
  double held_bytes;
  PathNode path[CycleRule::kMaxPath];
};

class LostReport {
 public:
  /// The last group takes what finds no place of its own; its block_bytes are 0.
  static constexpr std::size_t kMaxGroups = 32;

  constexpr LostReport(LostGraph& graph, AddressRange statics) : graph_(&graph), cycles_(graph, statics) {}

  /// Requires  a finished graph. Whether there is nothing left to do.
  bool step(std::uint64_t budget_us, Clock& clock);

  std::size_t count() const { return count_; }
  const LostGroup& operator[](std::size_t i) const { return groups_[i]; }

 private:
  std::size_t group_for(LostGraph::Number component);
  void take(LostGraph::Number component);

  LostGraph* graph_;
  CycleRule cycles_;
  LostGroup groups_[kMaxGroups] = {};
  std::size_t count_ = 0;
  bool started_ = false;
  std::size_t left_ = 0;  // components, from the last one down: each comes before those that it points to
};

}  // namespace tidemark
