// A command line that cannot be followed: told in one line, exit code 2.
export class UsageError extends Error {}
