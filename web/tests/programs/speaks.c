// An application that prints, by C and by JavaScript, and ends in ways of its own.
#include <emscripten.h>
#include <stdio.h>
#include <stdlib.h>

void quit(void) { emscripten_force_exit(4); }

int main(int argc, char** argv) {
  (void)argv;
  printf("started with %d\n", argc);
  EM_ASM({ console.log("and from JavaScript"); });
#ifdef ABORTS
  abort();
#endif
  return 0;
}
