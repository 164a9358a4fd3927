// The blocks that nobody reaches, as a graph: who among them holds whom, and which of them hold each other.
//
//   component   blocks that all reach each other (Tarjan, "Depth-first search and linear graph algorithms", 1972; iterative)
//   direct      a component that no other one points to: what was lost itself. All the rest is held by those, and is only
//               lost with them
//   cyclic      a component of more than one block, or of one that points to itself
//
// Order     Tarjan finds components from the leaves up, so in reverse each comes before all that it points to.
// Memory    One piece that the caller gives: 32 bytes for each block, for at most kMaxBlocks blocks. Blocks beyond that are
//           counted, and not looked into; the report says so.
// In slices step() goes on for about a budget; the program may run in between. The shape of what is lost can't change.
#pragma once

#include "leaks/block_table.h"
#include "platform/clock.h"

namespace tidemark {

class LostGraph {
 public:
  static constexpr std::size_t kMaxBlocks = std::size_t{1} << 17;

  using Number = std::uint32_t;  // of a lost block
  static constexpr Number kNone = ~Number{0};

  explicit constexpr LostGraph(BlockTable& table) : table_(&table) {}

  /// Counts the lost blocks of the table and numbers them; returns the bytes that start() needs.
  std::size_t count();
  void start(void* memory);
  /// Whether there is nothing left to do.
  bool step(std::uint64_t budget_us, Clock& clock);

  std::size_t blocks() const { return blocks_; }          // in the graph
  std::size_t all_blocks() const { return all_blocks_; }  // lost
  std::size_t all_bytes() const { return all_bytes_; }
  std::size_t components() const { return components_; }

  struct Block {
    Address address;
    std::size_t bytes;
  };
  Block block(Number number) const;

  /// kNone where `word` points into no block of the graph.
  Number find(Address word) const;

  Number component_of(Number number) const { return component_[number]; }
  /// Blocks of a component, as an array.
  const Number* members(Number component) const { return order_ + first_of_[component]; }
  std::size_t member_count(Number component) const { return first_of_[component + 1] - first_of_[component]; }
  bool is_direct(Number component) const { return (flags_[component] & kHeld) == 0; }
  bool is_cyclic(Number component) const { return (flags_[component] & kCyclic) != 0; }

  // --- of a finished graph: a number for each component, for whoever goes through them

  void clear_owners() {
    for (std::size_t i = 0; i < components_; ++i) low_[i] = kNone;
  }
  Number owner(Number component) const { return low_[component]; }
  void set_owner(Number component, Number owner) { low_[component] = owner; }

  /// Calls visit(number) for every word of a block that points into a block of the graph, until it says false.
  template <class Visit>
  void for_each_pointer(Number from, Visit&& visit) const {
    const Block at = block(from);
    const auto* const words = reinterpret_cast<const Address*>(at.address);
    for (std::size_t i = 0; i < at.bytes / sizeof(Address); ++i) {
      const Number to = find(words[i]);
      if (to != kNone && !visit(to)) return;
    }
  }

 private:
  enum class Phase { kSearch, kEdges, kDone };
  struct Frame {
    Number block;
    std::uint32_t word;  // the next to look at
  };
  static constexpr std::uint8_t kHeld = 1, kCyclic = 2;

  bool go_on_search();
  void close_component(Number root);
  bool go_on_edges();

  BlockTable* table_;
  std::size_t all_blocks_ = 0, all_bytes_ = 0, blocks_ = 0, components_ = 0;
  Phase phase_ = Phase::kDone;

  // by block
  std::uint32_t* run_of_ = nullptr;
  Number* index_ = nullptr;  // 0: not visited yet
  Number* low_ = nullptr;
  Number* component_ = nullptr;  // kNone: still open
  Number* order_ = nullptr;      // by component; above order_count_, from the end down: the open blocks
  Frame* frames_ = nullptr;
  // by component
  Number* first_of_ = nullptr;
  std::uint8_t* flags_ = nullptr;

  Number next_root_ = 0;
  Number next_index_ = 1;
  std::size_t frame_count_ = 0;
  std::size_t order_count_ = 0;
  std::size_t open_count_ = 0;
  Number edge_block_ = 0;
  std::uint32_t edge_word_ = 0;
  std::size_t work_bytes_ = 0;  // since the clock was read
};

}  // namespace tidemark
