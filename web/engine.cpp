// The packaged engine has no code of its own: it is the runtime, and whoever imports the package is its program.
