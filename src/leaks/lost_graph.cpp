#include "leaks/lost_graph.h"

namespace tidemark {

namespace {

/// Position of the n-th set bit, counted from 0.
unsigned bit_at(std::uint64_t bits, unsigned n) {
  for (; n > 0; --n) bits &= bits - 1;
  return static_cast<unsigned>(std::countr_zero(bits));
}

template <class T>
T* cut(char*& memory, std::size_t n) {
  T* const begin = reinterpret_cast<T*>(memory);
  memory += n * sizeof(T);
  return begin;
}

constexpr std::size_t kPieceBytes = 64 * 1024;
constexpr std::size_t kPieceSteps = 4096;

}  // namespace

std::size_t LostGraph::count() {
  all_blocks_ = all_bytes_ = blocks_ = components_ = 0;
  for (BlockRun& run : *table_) {
    const auto lost = static_cast<std::size_t>(std::popcount(run.lost()));
    all_blocks_ += lost;
    all_bytes_ += lost * run.block_bytes;
    run.first_number = blocks_ + lost <= kMaxBlocks ? static_cast<Number>(blocks_) : kNone;
    if (run.first_number != kNone) blocks_ += lost;
  }
  return (blocks_ + 1) * (6 * sizeof(Number) + sizeof(Frame) + sizeof(std::uint8_t));
}

void LostGraph::start(void* memory) {
  char* at = static_cast<char*>(memory);
  const std::size_t n = blocks_ + 1;
  frames_ = cut<Frame>(at, n);
  run_of_ = cut<std::uint32_t>(at, n);
  index_ = cut<Number>(at, n);
  low_ = cut<Number>(at, n);
  component_ = cut<Number>(at, n);
  order_ = cut<Number>(at, n);
  first_of_ = cut<Number>(at, n);
  flags_ = cut<std::uint8_t>(at, n);
  std::uint32_t run_number = 0;
  for (const BlockRun& run : *table_) {
    if (run.first_number != kNone) {
      const auto lost = static_cast<unsigned>(std::popcount(run.lost()));
      for (unsigned i = 0; i < lost; ++i) run_of_[run.first_number + i] = run_number;
    }
    ++run_number;
  }
  for (std::size_t i = 0; i < n; ++i) {
    index_[i] = 0;
    component_[i] = kNone;
    flags_[i] = 0;
  }
  next_root_ = edge_block_ = 0;
  next_index_ = 1;
  edge_word_ = 0;
  frame_count_ = order_count_ = open_count_ = 0;
  first_of_[0] = 0;
  phase_ = Phase::kSearch;
}

LostGraph::Block LostGraph::block(Number number) const {
  const BlockRun& run = table_->begin()[run_of_[number]];
  return {run.address(bit_at(run.lost(), number - run.first_number)), run.block_bytes};
}

LostGraph::Number LostGraph::find(Address word) const {
  const BlockTable::Place place = table_->find(word);
  if (place.run == nullptr || (place.run->lost() & place.bit()) == 0 || place.run->first_number == kNone) return kNone;
  return place.run->first_number + static_cast<Number>(std::popcount(place.run->lost() & (place.bit() - 1)));
}

bool LostGraph::step(std::uint64_t budget_us, Clock& clock) {
  const bool fully = budget_us == ~std::uint64_t{0};
  const std::uint64_t end_us = fully ? 0 : clock.now_us() + budget_us;
  do {
    work_bytes_ = 0;
    for (std::size_t i = 0; i < kPieceSteps && work_bytes_ < kPieceBytes; ++i) {
      if (phase_ == Phase::kSearch) {
        if (!go_on_search()) phase_ = Phase::kEdges;
      } else if (phase_ == Phase::kEdges && !go_on_edges()) {
        phase_ = Phase::kDone;
      }
      if (phase_ == Phase::kDone) return true;
    }
  } while (fully || clock.now_us() < end_us);
  return false;
}

/// One pointer, or one block that is finished. False at the end.
bool LostGraph::go_on_search() {
  const auto open = [&](Number number) {
    index_[number] = low_[number] = next_index_++;
    frames_[frame_count_++] = {number, 0};
    order_[blocks_ - ++open_count_] = number;
  };
  if (frame_count_ == 0) {
    while (next_root_ < blocks_ && index_[next_root_] != 0) ++next_root_;
    if (next_root_ == blocks_) return false;
    open(next_root_);
    return true;
  }
  Frame& frame = frames_[frame_count_ - 1];
  const Number from = frame.block;
  const Block at = block(from);
  const auto* const words = reinterpret_cast<const Address*>(at.address);
  const std::size_t count = at.bytes / sizeof(Address);
  std::size_t i = frame.word;
  const std::size_t piece = i + kPieceBytes / sizeof(Address);
  for (; i < count && i < piece; ++i) {
    const Number to = find(words[i]);
    if (to == kNone) continue;
    if (to == from) flags_[from] |= kCyclic;  // by block, until its component is closed
    if (index_[to] == 0) {
      work_bytes_ += (i + 1 - frame.word) * sizeof(Address);
      frame.word = static_cast<std::uint32_t>(i + 1);
      open(to);
      return true;
    }
    if (component_[to] == kNone && index_[to] < low_[from]) low_[from] = index_[to];
  }
  work_bytes_ += (i - frame.word) * sizeof(Address);
  frame.word = static_cast<std::uint32_t>(i);
  if (i < count) return true;

  --frame_count_;
  if (frame_count_ > 0) {
    const Number parent = frames_[frame_count_ - 1].block;
    if (low_[from] < low_[parent]) low_[parent] = low_[from];
  }
  if (low_[from] == index_[from]) close_component(from);
  return true;
}

void LostGraph::close_component(Number root) {
  const std::size_t first = order_count_;
  Number member;
  do {
    // The open blocks lie at the end of the array, the last opened lowest; finished ones fill it from its begin.
    member = order_[blocks_ - open_count_--];
    component_[member] = static_cast<Number>(components_);
    order_[order_count_++] = member;
  } while (member != root);
  first_of_[++components_] = static_cast<Number>(order_count_);
  if (order_count_ - first > 1) low_[root] = 0;  // says so to go_on_edges()
}

/// Who is held: one block's pointers, or a piece of them. index_ is of no use any more, and low_ is 0 of one block of each
/// component that has several.
bool LostGraph::go_on_edges() {
  if (edge_block_ == 0 && edge_word_ == 0) {
    // Flags have been by block; from here on they are by component.
    for (Number number = 0; number < blocks_; ++number) index_[number] = flags_[number];
    for (std::size_t i = 0; i < components_; ++i) flags_[i] = 0;
    for (Number number = 0; number < blocks_; ++number)
      if (index_[number] != 0 || low_[number] == 0) flags_[component_[number]] |= kCyclic;
  }
  if (edge_block_ == blocks_) return false;
  const Block at = block(edge_block_);
  const auto* const words = reinterpret_cast<const Address*>(at.address);
  const std::size_t count = at.bytes / sizeof(Address);
  std::size_t i = edge_word_;
  const std::size_t piece = i + kPieceBytes / sizeof(Address);
  for (; i < count && i < piece; ++i) {
    const Number to = find(words[i]);
    if (to != kNone && component_[to] != component_[edge_block_]) flags_[component_[to]] |= kHeld;
  }
  work_bytes_ += (i - edge_word_) * sizeof(Address);
  edge_word_ = static_cast<std::uint32_t>(i);
  if (i == count) {
    ++edge_block_;
    edge_word_ = 0;
    if (edge_block_ == blocks_) return false;
  }
  return true;
}

}  // namespace tidemark
