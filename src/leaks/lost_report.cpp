#include "leaks/lost_report.h"

namespace tidemark {

std::size_t LostReport::group_for(LostGraph::Number component) {
  const LostGraph::Block first = graph_->block(*graph_->members(component));
  LostKind kind = LostKind::kBlock;
  CycleRule::Cycle cycle;
  cycle.path[0] = {first.address, first.bytes, cycles_.type_name_of(first.address)};
  if (graph_->is_cyclic(component)) {
    cycle = cycles_.examine(component);
    kind = cycle.shared ? LostKind::kSharedCycle : LostKind::kCycle;
  }
  const PathNode& shown = cycle.path[0];
  std::size_t at = 0;
  for (; at < count_; ++at) {
    const LostGroup& group = groups_[at];
    if (group.kind == kind && group.block_bytes == shown.bytes && group.type_name == shown.type_name) break;
  }
  if (at == count_) {
    if (count_ == kMaxGroups) return kMaxGroups - 1;
    LostGroup& group = groups_[count_++];
    if (count_ == kMaxGroups) return at;  // the group of all others
    group.kind = kind;
    group.block_bytes = static_cast<std::uint32_t>(shown.bytes);
    group.type_name = shown.type_name;
    group.example = shown.address;
    group.cycle_blocks = static_cast<std::uint32_t>(cycle.length);
    group.path_count = static_cast<std::uint32_t>(cycle.path_count);
    group.whole = cycle.whole;
    for (std::size_t i = 0; i < cycle.path_count; ++i) group.path[i] = cycle.path[i];
  }
  groups_[at].whole &= static_cast<std::uint32_t>(cycle.whole);
  return at;
}

void LostReport::take(LostGraph::Number component) {
  const bool direct = graph_->is_direct(component);
  const std::size_t at = direct ? group_for(component) : graph_->owner(component);
  LostGroup& group = groups_[at];
  group.components += direct;
  for (std::size_t i = 0; i < graph_->member_count(component); ++i) {
    const LostGraph::Number member = graph_->members(component)[i];
    const auto bytes = static_cast<double>(graph_->block(member).bytes);
    (direct ? group.direct_blocks : group.held_blocks) += 1;
    (direct ? group.direct_bytes : group.held_bytes) += bytes;
    graph_->for_each_pointer(member, [&](LostGraph::Number to) {
      const LostGraph::Number other = graph_->component_of(to);
      if (other != component && graph_->owner(other) == LostGraph::kNone)
        graph_->set_owner(other, static_cast<LostGraph::Number>(at));
      return true;
    });
  }
}

bool LostReport::step(std::uint64_t budget_us, Clock& clock) {
  const bool fully = budget_us == Marking::kFully;
  const std::uint64_t end_us = fully ? 0 : clock.now_us() + budget_us;
  constexpr int kPiece = 64;
  if (!started_) {
    started_ = true;
    left_ = graph_->components();
    graph_->clear_owners();
  }
  do {
    for (int i = 0; i < kPiece && left_ > 0; ++i) take(static_cast<LostGraph::Number>(--left_));
  } while (left_ > 0 && (fully || clock.now_us() < end_us));
  return left_ == 0;
}

}  // namespace tidemark
