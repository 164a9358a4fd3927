// Runs for movable memory under test: what it asks for can be refused, and what it holds is counted.
#pragma once

#include <map>

#include "movable/run_source.h"

namespace tidemark::testing {

class FaultyRuns final : public RunSource, private RunMover {
 public:
  explicit FaultyRuns(RunSource& runs) : runs_(runs) {}

  void* allocate(std::size_t n_bytes) override { return is_refused() ? nullptr : note(runs_.allocate(n_bytes)); }
  void* allocate_below(std::size_t n_bytes, Address limit) override {
    return is_refused() ? nullptr : note(runs_.allocate_below(n_bytes, limit));
  }
  void* allocate_lowest(std::size_t n_bytes, Address limit) override {
    return is_refused() ? nullptr : note(runs_.allocate_lowest(n_bytes, limit));
  }
  /// What gets smaller is never refused.
  void* reallocate(void* block, std::size_t n_bytes) override {
    if ((block == nullptr || n_bytes > runs_.usable_bytes(block)) && is_refused()) return nullptr;
    void* const made = runs_.reallocate(block, n_bytes);
    if (made != nullptr) forget(block);
    return note(made);
  }
  void free(void* block) override {
    forget(block);
    runs_.free(block);
  }
  std::size_t usable_bytes(const void* block) override { return runs_.usable_bytes(block); }
  void settle() override { runs_.settle(); }
  std::size_t settle_part(std::size_t from, std::size_t max_runs) override { return runs_.settle_part(from, max_runs); }
  void slide(RunMover& mover) override {
    mover_ = &mover;
    runs_.slide(*this);
  }

  /// Every request after the next `calls` is refused, until stop_refusing().
  void refuse_after(std::size_t calls) { refuse_from_ = asked_ + calls; }
  /// The one after the next `calls`, and no other.
  void refuse_only_after(std::size_t calls) { refuse_only_ = asked_ + calls; }
  void stop_refusing() { refuse_from_ = refuse_only_ = kNever; }

  std::size_t asked() const { return asked_; }
  std::size_t held_bytes() const {
    std::size_t bytes = 0;
    for (const auto& [block, n_bytes] : held_) bytes += n_bytes;
    return bytes;
  }

 private:
  static constexpr std::size_t kNever = ~std::size_t{0};

  bool is_refused() {
    const std::size_t call = asked_++;
    return call >= refuse_from_ || call == refuse_only_;
  }
  void* note(void* block) {
    if (block != nullptr) held_[reinterpret_cast<Address>(block)] = runs_.usable_bytes(block);
    return block;
  }
  void forget(void* block) { held_.erase(reinterpret_cast<Address>(block)); }

  bool may_move(Address begin, std::size_t n_bytes, std::size_t free_bytes) override {
    return mover_->may_move(begin, n_bytes, free_bytes);
  }
  void moved(Address from, Address to) override {
    const std::size_t n_bytes = held_.at(from);
    held_.erase(from);
    held_[to] = n_bytes;
    mover_->moved(from, to);
  }

  RunSource& runs_;
  RunMover* mover_ = nullptr;
  std::map<Address, std::size_t> held_;
  std::size_t asked_ = 0;
  std::size_t refuse_from_ = kNever;
  std::size_t refuse_only_ = kNever;
};

}  // namespace tidemark::testing
