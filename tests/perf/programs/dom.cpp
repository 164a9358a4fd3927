// A document: elements with attributes and text are built, queried, partly rewritten, and dropped, page after page, while
// a few earlier pages stay in a history.

#include <cstdlib>
#include <cstring>

#include "support/bench.h"

namespace {

struct Attribute {
  char* name;
  char* value;
  Attribute* next;
};

struct Element {
  char* tag;
  char* text;
  Attribute* attributes;
  Element* parent;
  Element** children;
  std::uint32_t n_children;
  std::uint32_t capacity;
};

constexpr std::uint32_t kHistory = 4;
constexpr std::uint32_t kElements = 6000;

template <class T>
T* allocate(std::size_t n = 1) {
  auto* block = static_cast<T*>(std::malloc(n * sizeof(T)));
  if (!block) std::abort();
  return block;
}

char* word(bench::Random& random, std::uint32_t least, std::uint32_t most) {
  const std::uint32_t length = random.between(least, most);
  auto* text = allocate<char>(length + 1);
  std::memset(text, static_cast<int>('a' + length % 26), length);
  text[length] = 0;
  return text;
}

void append(Element* parent, Element* child) {
  if (parent->n_children == parent->capacity) {
    parent->capacity = parent->capacity ? parent->capacity * 2 : 2;
    parent->children = static_cast<Element**>(std::realloc(parent->children, parent->capacity * sizeof(Element*)));
    if (!parent->children) std::abort();
  }
  parent->children[parent->n_children++] = child;
  child->parent = parent;
}

Element* make_element(bench::Random& random) {
  auto* element = allocate<Element>();
  *element = {word(random, 1, 10), nullptr, nullptr, nullptr, nullptr, 0, 0};
  for (std::uint32_t n = random.below(4); n > 0; n--) {
    auto* attribute = allocate<Attribute>();
    *attribute = {word(random, 2, 8), word(random, 1, 30), element->attributes};
    element->attributes = attribute;
  }
  if (random.below(2)) element->text = word(random, 5, random.below(20) ? 60 : 1500);
  return element;
}

Element* make_page(bench::Random& random) {
  Element* root = make_element(random);
  Element* at = root;
  for (std::uint32_t i = 1; i < kElements; i++) {
    Element* child = make_element(random);
    append(at, child);
    // The tree grows deeper, goes on, or climbs, like a page that is parsed.
    const std::uint32_t turn = random.below(8);
    if (turn < 3) at = child;
    for (std::uint32_t up = turn == 7 ? 3 : turn > 4; up > 0 && at->parent; up--) at = at->parent;
  }
  return root;
}

std::uint32_t measure(const Element* element) {
  auto sum = static_cast<std::uint32_t>(std::strlen(element->tag));
  if (element->text) sum += static_cast<std::uint32_t>(std::strlen(element->text));
  for (const Attribute* a = element->attributes; a; a = a->next)
    sum = sum * 31 + static_cast<std::uint32_t>(a->value[0]);
  for (std::uint32_t i = 0; i < element->n_children; i++) sum = sum * 33 + measure(element->children[i]);
  return sum;
}

void rewrite(Element* element, bench::Random& random) {
  if (element->text && random.below(3) == 0) {
    std::free(element->text);
    element->text = word(random, 5, 90);
  }
  for (std::uint32_t i = 0; i < element->n_children; i++) rewrite(element->children[i], random);
}

void drop(Element* element) {
  for (std::uint32_t i = 0; i < element->n_children; i++) drop(element->children[i]);
  for (Attribute* attribute = element->attributes; attribute;) {
    Attribute* next = attribute->next;
    std::free(attribute->name);
    std::free(attribute->value);
    std::free(attribute);
    attribute = next;
  }
  std::free(element->children);
  std::free(element->text);
  std::free(element->tag);
  std::free(element);
}

}  // namespace

int main(int argc, char** argv) {
  const auto pages = static_cast<std::uint32_t>(60 * bench::argument(argc, argv, "scale", 1)) + 1;
  bench::Random random(21);
  bench::Checksum checksum;
  Element* history[kHistory] = {};
  const bench::Stopwatch watch;

  for (std::uint32_t i = 0; i < pages; i++) {
    Element*& place = history[i % kHistory];
    if (place) drop(place);
    place = make_page(random);
    rewrite(place, random);
    checksum.add(measure(place));
    if (i >= kHistory) bench::note_peak();
  }
  for (Element* page : history)
    if (page) drop(page);
  bench::report(checksum.value(), watch);
}
