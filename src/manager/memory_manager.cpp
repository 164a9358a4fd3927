#include "manager/memory_manager.h"

#include "heap/size_class.h"

namespace tidemark {

namespace {

/// What a block that is asked for with `n_bytes` takes.
constexpr std::size_t bytes_taken(std::size_t n_bytes) {
  return n_bytes <= kMaxSmallBytes ? block_bytes(class_for(n_bytes)) : grains_for(n_bytes) << kGrainShift;
}

constexpr std::size_t kLargestBlock = ~std::size_t{0} / 2;  // that any heap has

}  // namespace

/// malloc asks with what the block takes, a program with what it needs: both mean the same block.
bool MemoryManager::is_too_large(std::size_t n_bytes) const {
  const std::size_t most = limits_.max_allocation_bytes;
  return most != 0 && n_bytes > most && (n_bytes > kLargestBlock || bytes_taken(n_bytes) > bytes_taken(most));
}

bool MemoryManager::fits(std::size_t n_bytes, std::size_t held_bytes) {
  if (is_too_large(n_bytes)) return false;
  if (limits_.hard_bytes == 0) return true;
  if (n_bytes > limits_.hard_bytes) return false;
  const std::size_t taken = bytes_taken(n_bytes);
  const std::size_t more = taken > held_bytes ? taken - held_bytes : 0;
  const std::size_t live = heap_->live_bytes();
  return more == 0 || (live <= limits_.hard_bytes && more <= limits_.hard_bytes - live);
}

bool MemoryManager::admits(std::size_t n_bytes, std::size_t held_bytes) {
  bool admitted = fits(n_bytes, held_bytes);
  if (!making_room_) {
    made_room_ = false;
    budgets_.settle(heap_->live_bytes());
    // Nothing that is given back helps a block that is too large by itself.
    if (!admitted && !is_too_large(n_bytes)) {
      made_room_ = true;
      make_room(TIDEMARK_REASON_LIMIT, n_bytes, [&] { return fits(n_bytes, held_bytes); });
      admitted = fits(n_bytes, held_bytes);
    } else {
      const tidemark_pressure level = gauge_.read(heap_->live_bytes());
      const bool rises = level > told_;
      told_ = level;
      if (rises) {
        make_room(TIDEMARK_REASON_LEVEL, 0, [] { return false; });
        admitted = fits(n_bytes, held_bytes);
      }
    }
  }
  if (!admitted) ++stats_.refusals;
  arm(heap_->live_bytes());
  return admitted;
}

bool MemoryManager::make_room(std::size_t n_bytes) {
  if (making_room_) return false;
  ++stats_.refused_growths;
  if (made_room_) return false;
  made_room_ = true;
  const std::size_t before = heap_->live_bytes();
  make_room(TIDEMARK_REASON_GROWTH, n_bytes, [&] {
    const std::size_t now = heap_->live_bytes();
    return now < before && before - now >= n_bytes;
  });
  heap_->watch_for(0);  // the next allocation is another one, and may ask for room again
  return true;
}

template <class Enough>
void MemoryManager::make_room(tidemark_pressure_reason reason, std::size_t wanted_bytes, Enough&& enough) {
  making_room_ = true;
  const auto live_bytes = [this] { return heap_->live_bytes(); };
  const std::size_t before = live_bytes();
  tidemark_pressure_event event{gauge_.read(before), reason, before, limits_.hard_bytes, wanted_bytes};
  // Who is short of memory needs every handler, not only those of the level.
  if (reason != TIDEMARK_REASON_LEVEL) event.level = TIDEMARK_PRESSURE_CRITICAL;
  // What is larger than the limit has no use for room, unless others can raise that.
  const bool is_useful = reason != TIDEMARK_REASON_LIMIT || wanted_bytes <= limits_.hard_bytes;
  if (is_useful) handlers_.run(event, live_bytes, enough);
  event.live_bytes = live_bytes();
  if (!enough()) heap_->ask_others(event);
  if (is_useful && reason != TIDEMARK_REASON_LEVEL && !(reason == TIDEMARK_REASON_LIMIT && enough())) heap_->collect();
  const std::size_t after = live_bytes();
  if (reason == TIDEMARK_REASON_LIMIT || reason == TIDEMARK_REASON_GROWTH) ++stats_.reliefs;
  if (before > after) stats_.relieved_bytes += before - after;
  making_room_ = false;
}

bool MemoryManager::set_limits(const tidemark_limits& limits) {
  const std::size_t hard = limits.hard_bytes == 0 ? kNever : limits.hard_bytes;
  const std::size_t critical = limits.critical_bytes == 0 ? hard : limits.critical_bytes;
  if (critical > hard || limits.soft_bytes > critical) return false;
  limits_ = limits;
  gauge_.configure(limits);
  const std::size_t live = heap_->live_bytes();
  told_ = TIDEMARK_PRESSURE_NONE;  // who waits for a level is told at the next allocation
  heap_->watch_for(0);
  static_cast<void>(gauge_.read(live));
  return true;
}

bool MemoryManager::can_allocate(std::size_t n_bytes) { return fits(n_bytes, 0); }

tidemark_pressure MemoryManager::pressure() {
  const tidemark_pressure level = gauge_.read(heap_->live_bytes());
  if (level < told_) told_ = level;  // handlers hear of it when it rises again
  return level;
}

std::size_t MemoryManager::relieve(std::size_t wanted_bytes) {
  if (making_room_) return 0;
  const std::size_t before = heap_->live_bytes();
  const auto gained = [&] {
    const std::size_t now = heap_->live_bytes();
    return now < before ? before - now : 0;
  };
  make_room(TIDEMARK_REASON_ASKED, wanted_bytes, [&] { return wanted_bytes != 0 && gained() >= wanted_bytes; });
  return gained();
}

tidemark_manager_stats MemoryManager::stats() {
  tidemark_manager_stats stats = stats_;
  stats.live_bytes = heap_->live_bytes();
  stats.pressure = pressure();
  return stats;
}

bool MemoryManager::enter_budget(int budget) {
  const std::size_t live = heap_->live_bytes();
  if (!budgets_.enter(budget, live)) return false;
  arm(live);
  return true;
}

bool MemoryManager::leave_budget() {
  const std::size_t live = heap_->live_bytes();
  if (!budgets_.leave(live)) return false;
  arm(live);
  return true;
}

void MemoryManager::arm(std::size_t live_bytes) {
  const std::size_t hard = limits_.hard_bytes;
  const std::size_t to_limit = hard == 0 ? kNever : live_bytes < hard ? hard - live_bytes : 0;
  std::size_t to_mark = budgets_.headroom();
  const std::size_t mark = gauge_.next_mark(live_bytes);
  if (mark != kNever && mark - live_bytes < to_mark) to_mark = mark - live_bytes;
  if (to_mark < kLateBytes) to_mark = kLateBytes;
  std::size_t horizon = to_limit < to_mark ? to_limit : to_mark;
  // So that whatever is larger is always judged.
  if (limits_.max_allocation_bytes != 0 && horizon > limits_.max_allocation_bytes) {
    horizon = limits_.max_allocation_bytes;
  }
  heap_->watch_for(horizon);
}

}  // namespace tidemark
