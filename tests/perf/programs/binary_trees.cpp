// Binary trees: perfect trees of growing depth, built, walked and dropped, while one long-lived tree stays.
// All nodes have one size; whole trees are freed in the order of a walk.

#include "support/bench.h"

namespace {

struct Node {
  Node* left;
  Node* right;
};

Node* build(int depth) { return new Node{depth ? build(depth - 1) : nullptr, depth ? build(depth - 1) : nullptr}; }

std::uint32_t count(const Node* node) { return node ? 1 + count(node->left) + count(node->right) : 0; }

void drop(Node* node) {
  if (!node) return;
  drop(node->left);
  drop(node->right);
  delete node;
}

}  // namespace

int main(int argc, char** argv) {
  const double scale = bench::argument(argc, argv, "scale", 1);
  constexpr int kLeastDepth = 4;
  constexpr int kMostDepth = 15;
  bench::Checksum checksum;
  const bench::Stopwatch watch;

  Node* long_lived = build(kMostDepth);
  for (int depth = kLeastDepth; depth <= kMostDepth; depth += 2) {
    const int trees = static_cast<int>(scale * 8 * (1 << (kMostDepth - depth))) + 1;
    std::uint32_t nodes = 0;
    for (int i = 0; i < trees; i++) {
      Node* tree = build(depth);
      nodes += count(tree);
      drop(tree);
    }
    checksum.add(nodes);
  }
  checksum.add(count(long_lived));
  bench::note_peak();
  drop(long_lived);
  bench::report(checksum.value(), watch);
}
