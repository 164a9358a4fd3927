# npm's packages at the root of the checkout.
# shellcheck shell=bash disable=SC2034,SC2154  # variables shared with toolchain/setup

## Whether what is installed is what package-lock.json asks for. Times of files would not do: git sets them as it likes.
npm_is_current() {
  [ -f "$root/package.json" ] || return 0
  node "$here/setup.d/npm_is_current.mjs" "$root"
}

install_npm_packages() {
  [ -f "$root/package.json" ] || return 0
  if npm_is_current; then detail "all there"; return; fi
  local how=ci
  [ -f "$root/package-lock.json" ] || how=install
  detail "npm $how"
  # Playwright drives the system's browsers. Scripts of packages are not run: none is needed, and some would download.
  half_done=$root/node_modules
  run env -C "$root" PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm "$how" --ignore-scripts --no-audit --no-fund --loglevel error ||
    die "npm $how failed: $(why)"
  half_done=
}
