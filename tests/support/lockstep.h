// A heap and the model, step by step side by side.
//
// After every step: the heap's own check, its statistics against the model's, and whatever the step promises. A failed
// step must have left all blocks, their content and the statistics as they were, and have called exhausted() once.
//
// The hardened heap tries again once its quarantine is empty, and in its statistics blocks are longer than the program
// knows, and some live that the program has freed.
#pragma once

#include <algorithm>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

#include "support/arena.h"
#include "support/block_model.h"
#include "support/operation.h"

namespace tidemark::testing {

class Lockstep {
 public:
  Lockstep(TestHeap& heap, Arena& arena, std::size_t slots) : heap_(heap), arena_(arena), slots_(slots) {
    remember_stats();
  }

  /// Checks the heap and its statistics after every `steps`th step only; contents are compared at each.
  void check_every(std::size_t steps) { check_every_ = steps; }

  /// Does `operation` on both. Empty when they agree, else what went wrong.
  std::string run(const Operation& operation) {
    failed_ = false;
    std::string problem = perform(operation);
    if (!problem.empty()) return problem;
    return ++steps_ % check_every_ == 0 ? compare() : "";
  }

  /// Whether the last step was refused for want of memory.
  bool failed() const { return failed_; }

  /// Looks for the pattern of every block.
  std::string verify_all() const { return model_.all_intact() ? "" : "a block's content has changed"; }

  /// Frees all blocks; nothing may be left but the heap's own data.
  std::string finish() {
    check_every_ = 1;
    std::string problem = verify_all();
    for (std::size_t slot = 0; slot < slots_.size() && problem.empty(); ++slot) problem = run({Do::kFree, slot, 0, 8});
    if (problem.empty()) problem = run({Do::kTrim, 0, 0, 8});
    if (!problem.empty()) return problem;
    if (stats_.live_bytes != 0 || stats_.live_blocks != 0) return "blocks are left after all were freed";
    if (stats_.reserved_bytes != stats_.metadata_bytes) return "memory is held after all blocks were freed";
    return {};
  }

  const BlockModel& model() const { return model_; }
  void* block(std::size_t slot) const { return slots_[slot]; }
  const tidemark_heap_stats& stats() const { return stats_; }

 private:
  void remember_stats() {
    stats_ = stats_of(heap_);
    descriptors_ = descriptors_of(stats_);
  }

  struct DescriptorCount {
    std::size_t made, used;
  };
  DescriptorCount descriptors_of(const tidemark_heap_stats& stats) const {
    std::size_t bytes = stats.metadata_bytes - map_of(heap_).bytes, slabs = 0;
    HeapWalk(heap_).for_each_run([&](const Run& run) {
      if (run.kind != RunKind::kSlab) return;
      ++slabs;
      bytes -= run.bytes - run.slab->blocks() * run.slab->block_bytes;
    });
    return {bytes / (Descriptors::kRunGrains * kGrainBytes) * (Descriptors::kPerRun - 1), slabs};
  }

  std::string perform(const Operation& operation) {
    switch (operation.what) {
      case Do::kAllocate:
      case Do::kZeroed:
      case Do::kAligned: {
        std::string problem = free_slot(operation.slot);
        if (!problem.empty()) return problem;
        return allocate(operation);
      }
      case Do::kReallocate:
        return reallocate(operation);
      case Do::kFree:
        return free_slot(operation.slot);
      case Do::kTrim:
        heap_.trim();
        return after_trim();
      case Do::kStranger:
        return take_by_stranger(operation.n_bytes);
    }
    return "no such operation";
  }

  std::string free_slot(std::size_t slot) {
    void*& block = slots_[slot];
    if (block == nullptr) {
      heap_.free(nullptr);
      return {};
    }
    if (!model_.is_intact(address_of(block))) return "the content of a block had changed before it was freed";
    model_.take(address_of(block));
    heap_.free(block);
    block = nullptr;
    return {};
  }

  std::string allocate(const Operation& operation) {
    const std::size_t exhausted_before = arena_.exhausted_calls();
    const std::size_t n_bytes = operation.n_bytes;
    void* block = nullptr;
    if (operation.what == Do::kAllocate) block = heap_.allocate(n_bytes);
    if (operation.what == Do::kZeroed) block = heap_.allocate_zeroed(n_bytes);
    if (operation.what == Do::kAligned) block = heap_.allocate_aligned(operation.alignment, n_bytes);
    if (block == nullptr)
      return refused(n_bytes, operation.what == Do::kAligned ? operation.alignment : 8, exhausted_before);
    if (!kHardened && arena_.exhausted_calls() != exhausted_before)
      return "exhausted() was called although there is a block";
    if (operation.what == Do::kZeroed && !is_zero(block, n_bytes)) return "a zeroed block is not zero";
    if (operation.what == Do::kAligned && address_of(block) % operation.alignment != 0) return "a block is not aligned";
    slots_[operation.slot] = block;
    return accept(block, n_bytes);
  }

  std::string reallocate(const Operation& operation) {
    void*& slot = slots_[operation.slot];
    const std::size_t exhausted_before = arena_.exhausted_calls();
    if (slot != nullptr && !model_.is_intact(address_of(slot))) return "a block's content had changed before realloc";
    void* const block = heap_.reallocate(slot, operation.n_bytes);
    if (block == nullptr) return refused(operation.n_bytes, 8, exhausted_before);
    // A block that should have moved to become smaller may stay where it is when memory is exhausted.
    if (!kHardened && arena_.exhausted_calls() != exhausted_before && block != slot)
      return "exhausted() was called, but it moved";
    if (slot != nullptr) {
      const ModelBlock old = model_.take(address_of(slot));
      if (!Pattern::stands(address_of(block), old.usable_bytes, std::min(old.usable_bytes, operation.n_bytes),
                           old.seed)) {
        return "realloc lost content";
      }
    }
    slot = block;
    return accept(block, operation.n_bytes);
  }

  std::string accept(void* block, std::size_t n_bytes) {
    const Address address = address_of(block);
    const std::size_t usable_bytes = heap_.usable_bytes(block);
    if (address % kMinBlockBytes != 0) return "a block is not aligned at all";
    if (usable_bytes < (kHardened ? n_bytes : std::max(n_bytes, kMinBlockBytes)))
      return "usable_bytes is less than what was asked for";
    if (kHardened && usable_bytes != n_bytes) return "usable_bytes is not what was asked for";
    if (address < arena_.begin() || usable_bytes > arena_.pages().end() - address) return "a block outside the memory";
    return model_.add(address, usable_bytes);
  }

  std::string refused(std::size_t n_bytes, std::size_t alignment, std::size_t exhausted_before) {
    failed_ = true;
    if (arena_.exhausted_calls() != exhausted_before + (kHardened ? 2 : 1))
      return "exhausted() was not called once for each try";
    if (check_every_ != 1) return {};  // what follows compares with the step before
    const tidemark_heap_stats now = stats_of(heap_);
    if ((!kHardened && now.live_bytes != model_.live_bytes()) || now.live_blocks != model_.live_blocks()) {
      return "a refused request has changed what is in use";
    }
    // Idle slabs may have been given back on the way; nothing may have been taken.
    if (now.reserved_bytes - now.metadata_bytes > stats_.reserved_bytes - stats_.metadata_bytes) {
      return "a refused request holds memory";
    }
    // Where slabs were split on the way, their parts may have needed more.
    const DescriptorCount descriptors = descriptors_of(now);
    if (descriptors.made > descriptors_.made && descriptors.used <= descriptors_.made) {
      return "a refused request holds descriptors: " + difference("made", descriptors_.made, descriptors.made);
    }
    if (n_bytes < std::numeric_limits<std::ptrdiff_t>::max() / 2 &&
        longest_free_run() >= surely_enough(n_bytes, alignment)) {
      return "a request was refused that a free run could serve";
    }
    return verify_all();
  }

  static std::string difference(const char* what, std::size_t before, std::size_t now) {
    if (before == now) return {};
    return std::string(what) + " was " + std::to_string(before) + ", is " + std::to_string(now) + " ";
  }

  /// A free run as long as this is found, whatever bin the request looks in: bins are a 32nd apart. A small request
  /// may need a slab, and a run of descriptors.
  static std::size_t surely_enough(std::size_t n_bytes, std::size_t alignment) {
    if (n_bytes <= kMaxSmallBytes && alignment <= kGrainBytes) return 2 * kMaxSlabBytes;
    const std::size_t bytes = n_bytes + alignment + kGrainBytes;
    return bytes + bytes / 4;
  }

  std::size_t longest_free_run() const {
    std::size_t longest = 0, joined = 0;
    HeapWalk(heap_).for_each_run([&](const Run& run) {
      joined = run.kind == RunKind::kFree ? joined + run.bytes : 0;
      longest = std::max(longest, joined);
    });
    return longest;
  }

  /// What trim() promises: no slab is kept for nothing, free neighbours are one run, and the highest run is in use.
  std::string after_trim() const {
    bool after_free = false;
    std::string problem;
    HeapWalk(heap_).for_each_run([&](const Run& run) {
      const bool is_free = run.kind == RunKind::kFree;
      if (run.kind == RunKind::kSlab && run.slab->free_blocks == run.slab->all_free())
        problem = "trim kept an idle slab";
      if (is_free && after_free) problem = "trim left free neighbours apart";
      after_free = is_free;
    });
    return after_free ? "trim left a free run at the top" : problem;
  }

  std::string take_by_stranger(std::size_t n_bytes) {
    const Address end = arena_.pages().end();
    if (n_bytes > arena_.limit() - end) return {};  // nothing is left to be taken
    arena_.pages().take_by_stranger(n_bytes);
    return model_.add(end, n_bytes, true);
  }

  static bool is_zero(const void* block, std::size_t n_bytes) {
    const auto* bytes = static_cast<const unsigned char*>(block);
    return n_bytes == 0 || (bytes[0] == 0 && std::memcmp(bytes, bytes + 1, n_bytes - 1) == 0);
  }

  std::string compare() {
    if (const char* broken = HeapWalk(heap_).check()) return std::string("the heap's check says ") + broken;
    remember_stats();
    std::ostringstream problem;
    if (kHardened) {
      if (stats_.live_blocks < model_.live_blocks() || stats_.live_bytes < model_.live_bytes()) {
        problem << "less is live than the model has";
      }
    } else if (stats_.live_blocks != model_.live_blocks()) {
      problem << "live_blocks is " << stats_.live_blocks << ", the model has " << model_.live_blocks();
    } else if (stats_.live_bytes != model_.live_bytes()) {
      problem << "live_bytes is " << stats_.live_bytes << ", the model has " << model_.live_bytes();
    }
    if (stats_.live_bytes + stats_.free_bytes + stats_.metadata_bytes != stats_.heap_bytes) {
      problem << "live, free and metadata don't add up to heap_bytes";
    }
    return problem.str();
  }

  TestHeap& heap_;
  Arena& arena_;
  BlockModel model_;
  std::vector<void*> slots_;
  tidemark_heap_stats stats_{};
  DescriptorCount descriptors_{};
  std::size_t check_every_ = 1;
  std::size_t steps_ = 0;
  bool failed_ = false;
};

}  // namespace tidemark::testing
