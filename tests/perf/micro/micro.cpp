// Nanoseconds per malloc + free of one size, in four orders.
//
//   pair    malloc, free, again and again: one block
//   lifo    N blocks allocated, freed last first
//   fifo    N blocks allocated, freed first first
//   random  N blocks allocated, freed in an order that was shuffled once
//
// Arguments: size=BYTES live=N ms=MILLISECONDS per order. The blocks' contents are left alone. The calls are direct (the program is compiled with
// -fno-builtin), so their cost is what an application pays.

#include <cstdlib>

#include "support/bench.h"

namespace {

constexpr int kMaxLive = 2000;
void* blocks[kMaxLive];
int order[kMaxLive];

std::size_t size;
int n_live;

void* allocate() {
  void* block = std::malloc(size);
  if (!block) std::abort();
  return block;
}

/// Each order does `n_live` or a few more pairs, and returns how many.
int pair() {
  for (int i = 0; i < 1000; i++) {
    blocks[0] = allocate();
    std::free(blocks[0]);
  }
  return 1000;
}

int lifo() {
  for (int i = 0; i < n_live; i++) blocks[i] = allocate();
  for (int i = n_live - 1; i >= 0; i--) std::free(blocks[i]);
  return n_live;
}

int fifo() {
  for (int i = 0; i < n_live; i++) blocks[i] = allocate();
  for (int i = 0; i < n_live; i++) std::free(blocks[i]);
  return n_live;
}

int shuffled() {
  for (int i = 0; i < n_live; i++) blocks[i] = allocate();
  for (int i = 0; i < n_live; i++) std::free(blocks[order[i]]);
  return n_live;
}

/// The median of 16 rounds that share the budget: a round that was disturbed doesn't count.
double median_ns(int (*work)(), double budget_ms) {
  constexpr int kRounds = 16;
  int n_calls = 0;
  const double start = bench::now_ms();
  do {
    work();
    n_calls++;
  } while (bench::now_ms() - start < budget_ms / kRounds);

  double rounds[kRounds];
  for (int round = 0; round < kRounds; round++) {
    const double before = bench::processor_ms();
    long n_pairs = 0;
    for (int i = 0; i < n_calls; i++) n_pairs += work();
    const double ns = (bench::processor_ms() - before) * 1e6 / static_cast<double>(n_pairs);
    int at = round;
    for (; at > 0 && rounds[at - 1] > ns; at--) rounds[at] = rounds[at - 1];
    rounds[at] = ns;
  }
  return rounds[kRounds / 2];
}

}  // namespace

int main(int argc, char** argv) {
  size = static_cast<std::size_t>(bench::argument(argc, argv, "size", 16));
  n_live = static_cast<int>(bench::argument(argc, argv, "live", 1000));
  const double budget_ms = bench::argument(argc, argv, "ms", 20);
  if (n_live < 1 || n_live > kMaxLive) return 2;

  bench::Random random(1);
  for (int i = 0; i < n_live; i++) {
    const int at = static_cast<int>(random.below(static_cast<std::uint32_t>(i) + 1));
    order[i] = order[at];
    order[at] = i;
  }

  // The first pass of each order is not timed: it takes the memory.
  const bench::Stopwatch watch;
  pair();
  bench::add_result("pair", median_ns(pair, budget_ms));
  lifo();
  bench::add_result("lifo", median_ns(lifo, budget_ms));
  fifo();
  bench::add_result("fifo", median_ns(fifo, budget_ms));
  shuffled();
  bench::add_result("random", median_ns(shuffled, budget_ms));

  // How much was done depends on the machine: the checksum only says that it ran to the end.
  bench::report(1, watch);
}
