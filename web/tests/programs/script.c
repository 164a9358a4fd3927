// A program that says when it runs.
#include <stdio.h>

int main(void) {
  puts("main runs");
  return 0;
}
