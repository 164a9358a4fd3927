// ObjectPool: objects of one type, made and unmade in place, in memory of Boost.Pool over the program's malloc: Tidemark's, where
// that is linked in. Needs Boost's headers; nothing of Boost is linked.
//
// Space     sizeof(T) and a mark of 8 bytes an object, in blocks that double from 32 objects on; they are kept until trim().
// Cost      acquire: O(1). release: one compare for each block (there are about log2 of the objects), to refuse what is not the
//           pool's. trim: sorts what is free.
// Checks    A release of what was released before, or is not of the pool, is refused: false, and nothing has changed.
// Threads   one at a time.
#ifndef TIDEMARK_OBJECT_POOL_H_
#define TIDEMARK_OBJECT_POOL_H_

#include <algorithm>
#include <boost/pool/pool.hpp>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <new>
#include <utility>

namespace tidemark {

/// What Boost.Pool takes its blocks from.
struct HeapUserAllocator {
  using size_type = std::size_t;
  using difference_type = std::ptrdiff_t;
  static char* malloc(std::size_t n_bytes) { return static_cast<char*>(std::malloc(n_bytes)); }
  static void free(char* block) { std::free(block); }
};

struct ObjectPoolStats {
  std::size_t in_use = 0;  // acquired and not released: at the end of the pool's life, what was leaked
  std::size_t peak_in_use = 0;
  std::size_t acquired = 0;
  std::size_t refused = 0;  // releases
};

template <class T, class UserAllocator = HeapUserAllocator>
class ObjectPool {
 public:
  static_assert(alignof(T) <= alignof(std::max_align_t), "blocks of malloc are aligned for fundamental types");

  /// `first_count` objects in the first block, and never more than `most_count` in one; 0 is no limit.
  explicit ObjectPool(std::size_t first_count = 32, std::size_t most_count = 0)
      : storage_(sizeof(Slot), first_count, most_count) {}
  /// Objects that are in use are gone, without their destructors: stats().in_use tells how many.
  ~ObjectPool() = default;
  ObjectPool(const ObjectPool&) = delete;
  ObjectPool& operator=(const ObjectPool&) = delete;

  /// T(arguments…); null when memory is exhausted.
  template <class... Arguments>
  [[nodiscard]] T* acquire(Arguments&&... arguments) {
    Slot* const slot = static_cast<Slot*>((storage_.malloc)());
    if (slot == nullptr) return nullptr;
    Claim claim{*this, slot};  // gives the slot back where T's constructor throws
    T* const object = ::new (static_cast<void*>(slot->object)) T(std::forward<Arguments>(arguments)...);
    claim.slot = nullptr;
    slot->mark = mark_of(slot);
    ++stats_.acquired;
    stats_.peak_in_use = std::max(stats_.peak_in_use, ++stats_.in_use);
    return object;
  }

  /// Whether it was the pool's, and in use; else nothing has changed.
  bool release(T* object) {
    Slot* const slot = reinterpret_cast<Slot*>(object);
    if (object == nullptr || !storage_.is_from(slot) || slot->mark != mark_of(slot)) {
      ++stats_.refused;
      return false;
    }
    slot->mark = 0;
    object->~T();
    (storage_.free)(slot);
    --stats_.in_use;
    return true;
  }

  struct Releaser {
    ObjectPool* pool;
    void operator()(T* object) const { pool->release(object); }
  };
  using Unique = std::unique_ptr<T, Releaser>;
  /// An object that releases itself; the pool has to outlive it.
  template <class... Arguments>
  [[nodiscard]] Unique acquire_unique(Arguments&&... arguments) {
    return Unique(acquire(std::forward<Arguments>(arguments)...), Releaser{this});
  }

  /// Gives blocks without an object in use back to the heap; whether there were any. Needs a word of memory for each free
  /// object, and two for each block, meanwhile, and does nothing where there is none.
  bool trim() { return stats_.in_use == 0 ? storage_.purge_memory() : storage_.release_unused(); }

  const ObjectPoolStats& stats() const { return stats_; }

 private:
  struct Slot {
    // The first word of a free slot is Boost.Pool's: the mark lies behind it, whatever the size of T.
    alignas(T) alignas(void*) unsigned char object[sizeof(T) < sizeof(void*) ? sizeof(void*) : sizeof(T)];
    std::uint64_t mark;
  };

  /// Of a slot in use; content that happens to look like it would have to know its own address.
  static std::uint64_t mark_of(const Slot* slot) {
    return reinterpret_cast<std::uintptr_t>(slot) * std::uint64_t{0x9e3779b97f4a7c15} | 1;
  }

  struct Claim {
    ObjectPool& pool;
    Slot* slot;
    ~Claim() {
      if (slot != nullptr) (pool.storage_.free)(slot);
    }
  };

  struct Storage : boost::pool<UserAllocator> {
    using boost::pool<UserAllocator>::pool;

    /// release_memory() wants the free slots, and the blocks, in the order of addresses, which costs each free() a search:
    /// sorted here in place of there.
    bool release_unused() {
      std::size_t count = 0, blocks = 0;
      for (void* slot = this->first; slot != nullptr; slot = next(slot)) ++count;
      if (count == 0) return false;
      for (Block block = this->list; block.valid(); block = block.next()) ++blocks;
      void** const slots = static_cast<void**>(std::malloc(count * sizeof(void*) + blocks * sizeof(Block)));
      if (slots == nullptr) return false;
      for (std::size_t i = 0; i < count; ++i) slots[i] = (this->store().malloc)();
      std::sort(slots, slots + count, std::greater<void*>());
      for (std::size_t i = 0; i < count; ++i) (this->store().free)(slots[i]);
      sort_blocks(reinterpret_cast<Block*>(slots + count), blocks);
      std::free(slots);
      return this->release_memory();
    }

   private:
    using Block = boost::details::PODptr<typename boost::pool<UserAllocator>::size_type>;

    /// Links them anew. `room` is for all of them.
    void sort_blocks(Block* room, std::size_t count) {
      for (std::size_t i = 0; i < count; ++i) {
        new (&room[i]) Block(this->list);
        this->list = this->list.next();
      }
      std::sort(room, room + count, [](Block a, Block b) { return std::greater<char*>()(a.begin(), b.begin()); });
      for (std::size_t i = 0; i < count; ++i) {
        room[i].next(this->list);
        this->list = room[i];
      }
    }
    static void* next(void* slot) {
      void* following;
      std::memcpy(&following, slot, sizeof(following));
      return following;
    }
  };

  Storage storage_;
  ObjectPoolStats stats_;
};

}  // namespace tidemark

#endif  // TIDEMARK_OBJECT_POOL_H_
