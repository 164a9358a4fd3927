// Nothing: what is compiled here is the header that all tests use (test_program.cmake).
