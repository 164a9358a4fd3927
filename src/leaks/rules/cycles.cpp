#include "leaks/rules/cycles.h"

namespace tidemark {

namespace {

constexpr std::size_t kWord = sizeof(Address);

Address word_at(Address address) { return *reinterpret_cast<const Address*>(address); }

bool is_name(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$' || c == '.';
}

}  // namespace

Address CycleRule::type_name_of(Address block) const {
  constexpr std::size_t kMaxName = 1024;
  const Address vtable = word_at(block);
  if (!is_static(vtable - kWord, 2 * kWord)) return 0;
  const Address type = word_at(vtable - kWord);  // in front of the functions (Itanium C++ ABI, 2.5.2)
  if (!is_static(type, 2 * kWord)) return 0;
  const Address name = word_at(type + kWord);
  if (name < statics_.begin || name >= statics_.end) return 0;
  const auto* const text = reinterpret_cast<const char*>(name);
  const std::size_t most = statics_.end - name < kMaxName ? statics_.end - name : kMaxName;
  std::size_t length = 0;
  while (length < most && is_name(text[length])) ++length;
  return length >= 2 && length < most && text[length] == '\0' ? name : 0;
}

bool CycleRule::is_control(LostGraph::Block block) const {
  return block.bytes >= 3 * kWord && is_static(word_at(block.address), kWord) &&
         word_at(block.address + kWord) < kMaxCount && word_at(block.address + 2 * kWord) < kMaxCount;
}

PathNode CycleRule::node(LostGraph::Number number, const LostGraph::Number* members, std::size_t n) const {
  const LostGraph::Block at = graph_->block(number);
  PathNode result{at.address, at.bytes, type_name_of(at.address)};
  // A control block apart from its object has the object's address behind the counts, and its type's name says whose it is.
  for (std::size_t i = 0; result.type_name == 0 && i < n && i < kMaxLooks; ++i) {
    const LostGraph::Block other = graph_->block(members[i]);
    if (is_control(other) && other.bytes >= 4 * kWord && word_at(other.address + 3 * kWord) == at.address)
      result.type_name = type_name_of(other.address);
  }
  return result;
}

CycleRule::Cycle CycleRule::examine(LostGraph::Number component) const {
  Cycle cycle;
  const LostGraph::Number* const members = graph_->members(component);
  const std::size_t n = graph_->member_count(component);

  // Whoever goes on to a block of the same component comes back to where it has been: two walkers, one twice as fast, meet on
  // the cycle (Floyd). Each goes to the first that its block points to.
  const auto next = [&](LostGraph::Number from) {
    LostGraph::Number found = from;
    graph_->for_each_pointer(from, [&](LostGraph::Number to) {
      if (graph_->component_of(to) != component || (to == from && n > 1)) return true;
      found = to;
      return false;
    });
    return found;
  };
  LostGraph::Number slow = next(members[0]), fast = next(slow);
  std::size_t looks = 0;
  for (; slow != fast && looks < kMaxLooks; ++looks) {
    slow = next(slow);
    fast = next(next(fast));
  }
  const LostGraph::Number first = slow;
  LostGraph::Number at = first;
  do {
    if (cycle.path_count < kMaxPath) cycle.path[cycle.path_count++] = node(at, members, n);
    ++cycle.length;
    at = next(at);
  } while (at != first && cycle.length < kMaxLooks);

  std::size_t controls = 0, accounted = 0;
  for (std::size_t i = 0; i < n && i < kMaxLooks; ++i) {
    const LostGraph::Block control = graph_->block(members[i]);
    if (!is_control(control)) continue;
    std::size_t owners = 0;
    for (std::size_t j = 0; j < n && j < kMaxLooks && i * j < 16 * kMaxLooks; ++j) {
      const LostGraph::Block owner = graph_->block(members[j]);
      for (std::size_t word = 1; word < owner.bytes / kWord; ++word) {
        if (word_at(owner.address + word * kWord) != control.address) continue;
        const Address object = word_at(owner.address + (word - 1) * kWord);
        const bool inside = object > control.address && object - control.address < control.bytes;
        owners += inside || (object != control.address && graph_->find(object) != LostGraph::kNone);
      }
    }
    if (owners == 0) continue;
    ++controls;
    const Address told = word_at(control.address + kWord);
    accounted += owners == told || owners == told + 1;
  }
  cycle.shared = controls > 0;
  cycle.whole = cycle.shared && accounted == controls;
  return cycle;
}

LeakFinding CycleRule::judge(const Cycle& cycle, bool exact) {
  LeakFinding finding;
  finding.verdict = exact || cycle.whole ? LeakVerdict::kLeak : LeakVerdict::kMaybe;
  finding.confidence = cycle.whole ? 0.99 : cycle.shared ? 0.95 : 0.9;
  if (!exact) finding.confidence *= cycle.whole ? 0.9 : 0.5;
  return finding;
}

}  // namespace tidemark
