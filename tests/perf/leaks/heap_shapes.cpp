// Heaps that a scan is timed on: nodes that point to each other at random, and blocks of numbers that point nowhere.
#include <emscripten.h>

#include <cstdint>
#include <cstdlib>
#include <vector>

namespace {

struct Node {
  Node* next;
  Node* other;
  char payload[112];
};

Node* head = nullptr;
std::vector<void*> numbers;

std::uint32_t state = 1;
std::uint32_t next_random() { return state = state * 1664525u + 1013904223u; }

}  // namespace

extern "C" {

/// Two words in 30 are pointers, one of them to a node anywhere.
EMSCRIPTEN_KEEPALIVE void make_nodes(int mib) {
  std::vector<Node*> nodes;
  for (int i = 0; i < mib * 1048576 / static_cast<int>(sizeof(Node)); ++i) {
    auto* const node = static_cast<Node*>(std::calloc(1, sizeof(Node)));
    node->next = head;
    node->other = nodes.empty() ? nullptr : nodes[next_random() % nodes.size()];
    head = node;
    nodes.push_back(node);
  }
}

EMSCRIPTEN_KEEPALIVE void make_numbers(int mib) {
  for (int i = 0; i < mib * 16; ++i) {
    auto* const words = static_cast<std::uint32_t*>(std::malloc(65536));
    for (int j = 0; j < 16384; ++j) words[j] = next_random() & 0xffff;
    numbers.push_back(words);
  }
}

/// A plain pass over all of memory, as fast as a scan could be that follows nothing.
EMSCRIPTEN_KEEPALIVE std::uint32_t read_all() {
  const auto* at = reinterpret_cast<const std::uint32_t*>(1024);
  const auto* const end = reinterpret_cast<const std::uint32_t*>(__builtin_wasm_memory_size(0) * 65536);
  std::uint32_t sums[8] = {};
  for (; end - at >= 8; at += 8) {
    for (int i = 0; i < 8; ++i) sums[i] += at[i];
  }
  std::uint32_t sum = 0;
  for (const std::uint32_t part : sums) sum += part;
  return sum;
}

}  // extern "C"
