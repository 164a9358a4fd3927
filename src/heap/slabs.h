// Slabs: the heap's middle. Makes slabs of each size class in runs, has those of a class take turns, sweeps, and gives the
// runs of idle ones back.
//
// Invariants  (those of runs.h, and)
//   H1  The current slab of class c is a slab of that class, and in the ring of all open ones, or kNoSlab where there is none.
//       All others are closed, and have no free block.
//   H2  Every slab's descriptor is sealed; free_blocks has no bit outside the slab.
// Idle slabs  keep their runs until a sweep (runs.h) takes them.
// Failure     What could not be made has changed nothing but, perhaps, the amount of memory.
#pragma once

#include <bit>

#include "base/attributes.h"
#include "heap/class_table.h"
#include "heap/descriptors.h"
#include "heap/features.h"
#include "heap/observer.h"
#include "heap/plain_classes.h"
#include "heap/runs.h"
#include "heap/slab.h"

namespace tidemark {

template <PageSource Pages, HeapObserver Observer>
class SlabSplit;

/// The current slab of a class that has no open one: nothing to take.
inline constinit Slab kNoSlab{};

template <PageSource Pages, HeapObserver Observer = NoObserver>
class Slabs {
 public:
  static constexpr HeapFeatures kFeatures = features_of<Observer>();
  using Classes = std::conditional_t<kFeatures.fitted_classes, ClassTable, PlainClasses>;
  /// Stands where a class has no open slab.
  static constexpr Slab* kNone = kFeatures.fast_paths ? &kNoSlab : nullptr;

  constexpr explicit Slabs(Pages pages) : runs_(pages) {}

  Slabs(const Slabs&) = delete;
  Slabs& operator=(const Slabs&) = delete;

  Runs<Pages, Observer>& runs() { return runs_; }
  const Runs<Pages, Observer>& runs() const { return runs_; }
  Classes& classes() { return classes_; }
  const Classes& classes() const { return classes_; }

  /// Before the first small block. Until then each size is of class kNone, which has no slab.
  TIDEMARK_RARE void start() {
    classes_.fill();
    for (auto& slab : current_) slab = kNone;
  }

  Slab* current(SizeClass size_class) const { return current_[size_class]; }

  /// The current one, or else the next that has a free block, which is the current one then; null where none can be had.
  TIDEMARK_SMALL Slab* next_slab(SizeClass size_class) requires(kFeatures.turns) {
    Slab* slab = current_[size_class];
    if (slab->free_blocks != 0) return slab;
    slab = next_in_ring(size_class);
    if (slab == nullptr) slab = make_slab(size_class);
    if (slab != nullptr) current_[size_class] = slab;
    return slab;
  }

  /// The next slab of the ring that has a free block, which is the current one then; null where there is none. Closes the
  /// exhausted ones on the way there, and passes one over that may soon be idle, if the one behind it serves as well.
  /// Requires  the current slab to be exhausted.
  Slab* next_in_ring(SizeClass size_class) {
    while (current_[size_class] != kNone) {
      Slab* next = current_[size_class]->next;
      if (next->free_blocks != 0) {
        if (next->mostly_free() && next->next->free_blocks != 0) next = next->next;
        runs_.expect_freed(next->length());
        current_[size_class] = next;
        return next;
      }
      close(next);
    }
    return nullptr;
  }

  /// The same without turns: the slab that was opened first, as long as it has a free block.
  TIDEMARK_SMALL Slab* next_slab(SizeClass size_class) requires(!kFeatures.turns) {
    while (Slab* const slab = current_[size_class]) {
      if (slab->free_blocks != 0) return slab;
      close(slab);
    }
    return make_slab(size_class);
  }

  /// A closed slab that has a free block again: its turn will come last.
  TIDEMARK_RARE void open(Slab* slab) {
    slab->open_blocks = slab->n_blocks;
    Slab*& current = current_[slab->size_class];
    if (current == kNone) {
      slab->next = slab->previous = current = slab;
      return;
    }
    slab->next = current;
    slab->previous = current->previous;
    slab->previous->next = current->previous = slab;
  }

  /// A run of `length` > 0 grains, all of whose entries are 0; from above all others, where none is free, then with entries for
  /// the first `mapped` > 0 grains of it; kNoGrain when memory is exhausted.
  TIDEMARK_RARE Grain acquire(std::size_t length, std::size_t mapped) requires(kFeatures.quick_runs) {
    if (runs_.should_join(length)) sweep();
    Grain grain = runs_.acquire_below_top(length);
    if (grain != kNoGrain) return grain;
    if (!runs_.sweep_is_due(length)) {
      grain = runs_.acquire_at_top(length, mapped);
      if (grain != kNoGrain || runs_.mapped() == 0) return grain;
    }
    sweep();
    grain = runs_.acquire_below_top(length);
    return grain != kNoGrain ? grain : runs_.acquire_at_top(length, mapped);
  }

  /// Current slabs stay what they are, but for idle ones, where `releases_current`.
  TIDEMARK_RARE void sweep(bool releases_current = false) requires(kFeatures.splitting) {
    std::size_t spare = 0;  // bytes of free blocks
    for (Slab*& current : current_) {
      Slab* const first = current;
      if (first == kNone || first == nullptr) continue;
      for (Slab* slab = first->next; slab != first;) {
        Slab* const next = slab->next;
        if (slab->idle()) {
          release_slab(slab);
        } else {
          spare += static_cast<std::size_t>(std::popcount(slab->free_blocks)) * slab->block_bytes;
        }
        slab = next;
      }
      first->next = first->previous = first;  // the sweep puts the others into the ring again, in order
      if (!releases_current || !first->idle()) continue;
      current = kNone;
      release_slab(first);
    }
    if (spare > runs_.top() * kGrainBytes / kSplitShare) SlabSplit(*this).run();
    descriptors_.clear();
    runs_.sweep(
        [this](Slab* slab) {
          if (slab != current_[slab->size_class]) open_or_close(slab);
        },
        [this](Grain grain, std::size_t length) { return sweep_descriptors(grain, length); });
  }

  /// A sweep without splitting: idle slabs are released, current ones too; descriptors stay where they are.
  TIDEMARK_RARE void sweep(bool = false) requires(!kFeatures.splitting) {
    TIDEMARK_KEEP_LOOP
    for (Slab*& current : current_) current = kNone;
    runs_.sweep([this](Slab* slab) {
      const bool idle = slab->idle();
      if (idle) {
        runs_.held().remove_slab(*slab);
        want_fewer(*slab);
        descriptors_.give(slab);
      } else {
        open_or_close(slab);
      }
      return idle;
    });
  }

  /// The same without quick_runs.
  TIDEMARK_RARE Grain acquire(std::size_t length, std::size_t mapped) requires(!kFeatures.quick_runs) {
    if (runs_.should_join(length)) sweep();
    for (bool swept = false;; swept = true) {
      Grain grain = runs_.acquire_below_top(length);
      if (swept) runs_.note_sweep(grain != kNoGrain);
      if (grain != kNoGrain) return grain;
      if (swept || !runs_.sweep_is_due(length)) {
        grain = runs_.acquire_at_top(length, mapped);
        if (grain != kNoGrain || swept || runs_.mapped() == 0) return grain;
      }
      sweep();
    }
  }

 private:
  template <PageSource, HeapObserver>
  friend class HeapWalk;
  template <PageSource, HeapObserver>
  friend class HeapShrink;
  template <PageSource, HeapObserver>
  friend class HeapTidy;
  template <PageSource, HeapObserver>
  friend class SlabSplit;

  // Slabs are split where at least this part of the heap is free blocks.
  static constexpr std::size_t kSplitShare = 8;

  // --- a slab's life

  TIDEMARK_SMALL Slab* make_slab(SizeClass size_class) {
    // Twice the last one's blocks: a class that is hardly used pins little, one that is much used is seldom here. One that
    // gave many blocks back has fewer again.
    const std::size_t bytes = classes_.block_bytes(size_class);
    const std::size_t least = kFeatures.sized_slabs ? min_blocks(bytes) : 1;
    const std::size_t most = kFeatures.sized_slabs ? max_blocks(bytes) : usual_blocks(bytes);
    const std::size_t first = kFeatures.sized_slabs ? first_blocks(bytes) : most / 8;
    std::size_t blocks = first << wanted_[size_class];
    if (blocks < most) {
      ++wanted_[size_class];
    } else {
      blocks = most;
    }
    const Grain grain = acquire_for_slab(blocks, least, bytes);
    if (grain == kNoGrain) return nullptr;
    const std::size_t length = grains_of(blocks, bytes);
    runs_.entry(grain) = make_entry(length, kBlock);  // until there is a descriptor: a sweep may come by
    Slab* const slab = take_descriptor();
    if (slab == nullptr) {
      runs_.entry(grain) = 0;
      runs_.release(grain, length);
      return nullptr;
    }
    slab->n_blocks = static_cast<std::uint8_t>(blocks);
    slab->free_blocks = slab->all_free();
    slab->base = runs_.address(grain);
    slab->block_bytes = static_cast<std::uint16_t>(bytes);
    slab->shift = static_cast<std::uint8_t>(std::countr_zero(bytes));
    slab->inverse = inverse_of(static_cast<std::uint32_t>(bytes >> slab->shift));
    slab->size_class = static_cast<std::uint8_t>(size_class);
    slab->seal = seal_of(slab);
    runs_.held().add_slab(*slab);
    runs_.fill_entries(grain, length, slab_entry(slab));
    open(slab);
    return slab;
  }

  /// Requires  the slab to be idle, and in no ring.
  TIDEMARK_RARE void release_slab(Slab* slab) {
    const Grain grain = runs_.grain_of(slab->base);
    const std::size_t length = slab->length();
    runs_.held().remove_slab(*slab);
    runs_.fill_entries(grain, length, 0);
    want_fewer(*slab);
    descriptors_.give(slab);
    runs_.release(grain, length);
  }

  void want_fewer(const Slab& slab) {
    std::uint8_t& wanted = wanted_[slab.size_class];
    wanted -= static_cast<std::uint8_t>((slab.n_blocks >= kMaxSlabBlocks / 2) & (wanted != 0));
  }

  TIDEMARK_RARE void close(Slab* slab) {
    slab->open_blocks = 0;
    Slab*& current = current_[slab->size_class];
    if (slab->next == slab) {
      current = kNone;
      return;
    }
    slab->next->previous = slab->previous;
    slab->previous->next = slab->next;
    if (current == slab) current = slab->next;
  }

  void open_or_close(Slab* slab) {
    if (slab->free_blocks != 0) {
      open(slab);
    } else {
      slab->open_blocks = 0;
    }
  }

  // --- runs of slabs

  static std::size_t grains_of(std::size_t blocks, std::size_t bytes) { return grains_for(blocks * bytes); }

  /// A run for a slab of `blocks`, or of fewer where that is all that there is below the top: then `blocks` says how many.
  TIDEMARK_SMALL Grain acquire_for_slab(std::size_t& blocks, std::size_t least,
                                        std::size_t bytes) requires(kFeatures.sized_slabs) {
    Grain grain = acquire_some_below_top(blocks, least, bytes);
    if (grain != kNoGrain) return grain;
    const std::size_t length = grains_of(blocks, bytes);
    if (!runs_.sweep_is_due(length)) {
      grain = runs_.acquire_at_top(length, length);
      if (grain != kNoGrain || runs_.mapped() == 0) return grain;
    }
    sweep();
    grain = acquire_some_below_top(blocks, least, bytes);
    runs_.note_sweep(grain != kNoGrain);
    if (grain != kNoGrain) return grain;
    grain = runs_.acquire_at_top(length, length);
    if (grain != kNoGrain) return grain;
    blocks = least;
    const std::size_t least_length = grains_of(least, bytes);
    return runs_.acquire_at_top(least_length, least_length);
  }

  /// The same without sized_slabs.
  TIDEMARK_SMALL Grain acquire_for_slab(std::size_t& blocks, std::size_t,
                                        std::size_t bytes) requires(!kFeatures.sized_slabs) {
    std::size_t length = 0;
    Grain grain = kNoGrain;
    for (bool spent = false;; spent = true) {  // then what is left may do for fewer blocks
      for (std::size_t some = blocks; some != 0 && grain == kNoGrain; some /= 2) {
        length = grains_of(some, bytes);
        grain = runs_.acquire_below_top(length);
        if (grain == kNoGrain && spent) grain = runs_.acquire_at_top(length, length);
      }
      if (grain != kNoGrain || spent) break;
      length = grains_of(blocks, bytes);
      grain = acquire(length, length);
      if (grain != kNoGrain) break;
    }
    const std::size_t fitting = (length << kGrainShift) / bytes;
    blocks = fitting < kMaxSlabBlocks ? fitting : kMaxSlabBlocks;
    return grain;
  }

  TIDEMARK_RARE Grain acquire_some_below_top(std::size_t& blocks, std::size_t least, std::size_t bytes) {
    for (std::size_t some = blocks; some >= least; some /= 2) {
      const Grain grain = runs_.acquire_below_top(grains_of(some, bytes));
      if (grain == kNoGrain) continue;
      const std::size_t length = grains_of(some, bytes);
      std::size_t fitting = ((length + runs_.carvable(grain + length)) << kGrainShift) / bytes;
      fitting -= fitting % least;
      if (fitting < blocks) blocks = fitting;
      runs_.skip_carved(grains_of(blocks, bytes) - length);
      return grain;
    }
    return kNoGrain;
  }

  // --- runs of descriptors

  TIDEMARK_RARE Slab* take_descriptor() {
    if (descriptors_.empty()) {
      const Grain grain = acquire(Descriptors::kRunGrains, 1);
      if (grain == kNoGrain) return nullptr;
      make_descriptors(grain);
    }
    return descriptors_.take();
  }

  TIDEMARK_RARE void make_descriptors(Grain grain) {
    runs_.entry(grain) = make_entry(Descriptors::kRunGrains, kReserved);
    runs_.held().add_descriptors(Descriptors::kRunGrains);
    descriptors_.make(reinterpret_cast<Slab*>(runs_.address(grain)));
  }

  /// Of a reserved run: whether it is one of descriptors, and none of them is a slab's. Otherwise the free ones are gathered.
  TIDEMARK_SMALL bool sweep_descriptors(Grain grain, std::size_t length) {
    if (length != Descriptors::kRunGrains || runs_.is_map(grain)) return false;  // strangers take whole pages
    if (!descriptors_.gather(reinterpret_cast<Slab*>(runs_.address(grain)))) return false;
    runs_.held().remove_descriptors(length);
    return true;
  }

  Slab* current_[Classes::kCount] = {kNone};  // those of classes are null until start()
  std::uint8_t wanted_[Classes::kCount] = {};
  Descriptors descriptors_;
  [[no_unique_address]] Classes classes_;
  Runs<Pages, Observer> runs_;
};

}  // namespace tidemark

#include "heap/slab_split.h"
