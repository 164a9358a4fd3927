#include "movable/run_list.h"

#include <cstring>

namespace tidemark {

bool RunList::grow() {
  const std::size_t capacity = capacity_ + capacity_ / 2 + 1;
  return set_capacity(capacity);
}

bool RunList::set_capacity(std::size_t capacity) {
  void* const entries = runs_->reallocate(entries_, lowerable_bytes(capacity * sizeof(RunEntry)));
  if (entries == nullptr) return false;
  entries_ = static_cast<RunEntry*>(entries);
  capacity_ = held_bytes() / sizeof(RunEntry);
  return true;
}

std::size_t RunList::first_from(Address address) const {
  std::size_t low = 0, high = count_;
  while (low < high) {
    const std::size_t middle = (low + high) / 2;
    if (entries_[middle].begin() < address) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

void RunList::insert(RunEntry entry) {
  const std::size_t index = first_from(entry.begin());
  std::memmove(entries_ + index + 1, entries_ + index, (count_ - index) * sizeof(RunEntry));
  entries_[index] = entry;
  ++count_;
}

void RunList::erase(Address begin) {
  const std::size_t index = first_from(begin);
  --count_;
  std::memmove(entries_ + index, entries_ + index + 1, (count_ - index) * sizeof(RunEntry));
}

void RunList::move(Address from, Address to) {
  const RunEntry entry(to, entries_[first_from(from)].is_large());
  erase(from);
  insert(entry);
}

void RunList::shrink() {
  if (count_ == 0) {
    runs_->free(entries_);
    entries_ = nullptr;
    capacity_ = 0;
    return;
  }
  set_capacity(count_);  // all the same if it is refused
  entries_ = static_cast<RunEntry*>(lower_run(*runs_, entries_, count_ * sizeof(RunEntry)));
}

}  // namespace tidemark
