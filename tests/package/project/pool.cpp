// tidemark/object_pool.h, with Boost's headers, which are the program's to have.
#include <tidemark/object_pool.h>

#include <cstdio>
#include <string>

int main() {
  tidemark::ObjectPool<std::string> pool;
  std::string* one = pool.acquire("one");
  std::string other;
  std::printf("%s", one->c_str());
  std::printf(" %d", pool.release(&other));
  std::printf(" %d", pool.release(one));
  std::printf(" %d", pool.release(one));
  std::printf(" %u\n", static_cast<unsigned>(pool.stats().in_use));
}
