/* A program that consists of its libraries. */
void nothing(void);
void nothing(void) {}
