#include "manager/budgets.h"

#include <cstring>
#include <limits>

namespace tidemark {

int Budgets::find(const char* name, std::size_t length) const {
  for (int budget = 1; budget <= count_; ++budget) {
    const char* const known = row(budget).name;
    if (std::strncmp(known, name, length) == 0 && known[length] == '\0') return budget;
  }
  return 0;
}

int Budgets::make(const char* name, std::size_t length) {
  if (const int budget = find(name, length); budget != 0) return budget;
  std::size_t parent_length = length;
  while (parent_length > 0 && name[parent_length - 1] != '/') --parent_length;
  int parent = 0;
  if (parent_length > 0) parent = make(name, parent_length - 1);
  // Room for it and all that it is a part of was seen to.
  const int budget = ++count_;
  std::memcpy(row(budget).name, name, length);
  row(budget).parent = parent;
  return budget;
}

int Budgets::find_or_make(const char* name) {
  if (name == nullptr) return 0;
  const std::size_t length = std::strlen(name);
  if (length == 0 || length > kMaxName || name[length - 1] == '/') return 0;
  int missing = 0;
  for (std::size_t i = 0; i <= length; ++i) {
    if (i < length && name[i] != '/') continue;
    if (i == 0 || name[i - 1] == '/') return 0;
    if (find(name, i) == 0) ++missing;
  }
  return missing > kCapacity - count_ ? 0 : make(name, length);
}

bool Budgets::set_limit(int budget, std::size_t limit_bytes) {
  if (!known(budget)) return false;
  row(budget).limit_bytes = limit_bytes;
  compare(budget);
  return true;
}

bool Budgets::enter(int budget, std::size_t live_bytes) {
  if (!known(budget) || depth_ == kMaxDepth) return false;
  settle(live_bytes);
  scopes_[depth_++] = budget;
  return true;
}

bool Budgets::leave(std::size_t live_bytes) {
  if (depth_ == 0) return false;
  settle(live_bytes);
  --depth_;
  return true;
}

void Budgets::credit(int budget, std::size_t n_bytes) {
  if (known(budget)) charge(budget, -static_cast<std::int64_t>(n_bytes));
}

void Budgets::settle(std::size_t live_bytes) {
  const auto change = static_cast<std::int64_t>(live_bytes) - static_cast<std::int64_t>(settled_bytes_);
  settled_bytes_ = live_bytes;
  if (depth_ > 0 && change != 0) charge(scopes_[depth_ - 1], change);
}

void Budgets::charge(int budget, std::int64_t n_bytes) {
  row(budget).own += n_bytes;
  for (int at = budget; at != 0; at = row(at).parent) {
    Row& charged = row(at);
    charged.total += n_bytes;
    if (charged.total > charged.peak) charged.peak = charged.total;
  }
  // Every figure is right before anybody is told.
  for (int at = budget; at != 0; at = row(at).parent) compare(at);
}

void Budgets::compare(int budget) {
  Row& compared = row(budget);
  const auto limit = static_cast<std::int64_t>(compared.limit_bytes);
  if (limit == 0 || compared.total <= limit - limit / 20) {
    compared.is_over = false;
  } else if (compared.total > limit && !compared.is_over) {
    compared.is_over = true;
    ++compared.overruns;
    if (callback_ != nullptr) callback_(callback_context_, budget);
  }
}

std::size_t Budgets::headroom() const {
  auto least = std::numeric_limits<std::size_t>::max();
  for (int at = depth_ > 0 ? scopes_[depth_ - 1] : 0; at != 0; at = row(at).parent) {
    const Row& inner = row(at);
    if (inner.limit_bytes == 0 || inner.is_over) continue;
    const std::int64_t left = static_cast<std::int64_t>(inner.limit_bytes) - inner.total;
    const auto room = static_cast<std::size_t>(left > 0 ? left : 0);
    if (room < least) least = room;
  }
  return least;
}

std::size_t Budgets::stats(tidemark_budget_stats* out, std::size_t capacity) const {
  const auto positive = [](std::int64_t bytes) { return bytes > 0 ? static_cast<std::size_t>(bytes) : 0; };
  const auto count = static_cast<std::size_t>(count_);
  for (std::size_t i = 0; i < count && i < capacity; ++i) {
    const Row& from = rows_[i];
    out[i] = {from.name, from.limit_bytes, positive(from.total), positive(from.peak), from.overruns};
  }
  return count;
}

const char* Budgets::check() const {
  for (int budget = 1; budget <= count_; ++budget) {
    std::int64_t total = row(budget).own;
    for (int part = budget + 1; part <= count_; ++part) {
      if (row(part).parent == budget) total += row(part).total;
    }
    if (total != row(budget).total) return "B1: the total of a budget";
    if (row(budget).parent >= budget) return "B2: the order of budgets";
  }
  return nullptr;
}

}  // namespace tidemark
