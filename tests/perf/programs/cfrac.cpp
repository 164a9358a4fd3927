// After cfrac: continued fractions on numbers of any length, each of them a small block of its own that lives for an
// operation or two. The convergents of sqrt(n) are computed, squared and reduced, for many n.

#include <cstdlib>
#include <cstring>
#include <initializer_list>

#include "support/bench.h"

namespace {

/// A natural number: `n` digits of 16 bits, the least first, no zero at the top.
struct Number {
  std::uint32_t n;
  std::uint16_t digits[1];
};

Number* make(std::uint32_t n) {
  auto* number = static_cast<Number*>(std::malloc(sizeof(std::uint32_t) + (n ? n : 1) * sizeof(std::uint16_t)));
  if (!number) std::abort();
  number->n = n;
  return number;
}

Number* trimmed(Number* number) {
  while (number->n && number->digits[number->n - 1] == 0) number->n--;
  return number;
}

Number* from(std::uint32_t value) {
  Number* number = make(2);
  number->digits[0] = static_cast<std::uint16_t>(value);
  number->digits[1] = static_cast<std::uint16_t>(value >> 16);
  return trimmed(number);
}

/// a * factor + b
Number* multiply_add(const Number* a, std::uint32_t factor, const Number* b) {
  const std::uint32_t n = (a->n > b->n ? a->n : b->n) + 2;
  Number* result = make(n);
  std::uint64_t carry = 0;
  for (std::uint32_t i = 0; i < n; i++) {
    if (i < a->n) carry += static_cast<std::uint64_t>(a->digits[i]) * factor;
    if (i < b->n) carry += b->digits[i];
    result->digits[i] = static_cast<std::uint16_t>(carry);
    carry >>= 16;
  }
  return trimmed(result);
}

Number* square(const Number* a) {
  Number* result = make(2 * a->n);
  std::memset(result->digits, 0, 2 * a->n * sizeof(std::uint16_t));
  for (std::uint32_t i = 0; i < a->n; i++) {
    std::uint32_t carry = 0;
    for (std::uint32_t j = 0; j < a->n; j++) {
      carry += static_cast<std::uint32_t>(a->digits[i]) * a->digits[j] + result->digits[i + j];
      result->digits[i + j] = static_cast<std::uint16_t>(carry);
      carry >>= 16;
    }
    result->digits[i + a->n] = static_cast<std::uint16_t>(carry);
  }
  return trimmed(result);
}

Number* divide(const Number* a, std::uint32_t divisor, std::uint32_t* remainder) {
  Number* result = make(a->n);
  std::uint64_t rest = 0;
  for (std::uint32_t i = a->n; i > 0; i--) {
    rest = (rest << 16) | a->digits[i - 1];
    result->digits[i - 1] = static_cast<std::uint16_t>(rest / divisor);
    rest %= divisor;
  }
  *remainder = static_cast<std::uint32_t>(rest);
  return trimmed(result);
}

std::uint32_t integer_root(std::uint32_t n) {
  std::uint32_t root = 0;
  while ((root + 1) * (root + 1) <= n) root++;
  return root;
}

/// The first convergents of sqrt(n); each is squared, and divided by small primes until none divides it.
void expand(std::uint32_t n, bench::Checksum& checksum) {
  const std::uint32_t root = integer_root(n);
  if (root * root == n) return;
  std::uint32_t m = 0, d = 1, a = root;
  Number* before = from(1);
  Number* now = from(root);
  for (int i = 0; i < 40; i++) {
    m = d * a - m;
    d = (n - m * m) / d;
    a = (root + m) / d;
    Number* next = multiply_add(now, a, before);
    std::free(before);
    before = now;
    now = next;
    Number* rest = square(now);
    for (const std::uint32_t prime : {2u, 3u, 5u, 7u, 11u, 13u}) {
      for (;;) {
        std::uint32_t remainder;
        Number* quotient = divide(rest, prime, &remainder);
        if (remainder || quotient->n == 0) {
          std::free(quotient);
          break;
        }
        std::free(rest);
        rest = quotient;
      }
    }
    checksum.add(rest->n ? rest->digits[0] : 0u);
    std::free(rest);
  }
  std::free(before);
  std::free(now);
}

}  // namespace

int main(int argc, char** argv) {
  const auto numbers = static_cast<std::uint32_t>(6000 * bench::argument(argc, argv, "scale", 1));
  bench::Checksum checksum;
  const bench::Stopwatch watch;
  for (std::uint32_t i = 0; i < numbers; i++) expand(1000003 + i * 17, checksum);
  bench::report(checksum.value(), watch);
}
