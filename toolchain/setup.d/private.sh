# The private Emscripten: Debian packages of a later suite, unpacked into the cache without touching the system's own.
#
# Every program is told to use the loader and the libraries of that suite, which lie beside it; so it runs where the
# system's C library is older. The loader's path is absolute, so a prefix cannot be moved once it is made.
# shellcheck shell=bash disable=SC2034,SC2154  # variables shared with toolchain/setup

# Measured: packages 86 MB and their list 90 MB, for the time of the installation; unpacked 390 MB; libraries 30 MB.
readonly private_mb=700
readonly debian_keyring=/usr/share/keyrings/debian-archive-keyring.gpg

## Names the prefix after what is in it, so that another set of packages goes to another folder.
private_key() { { echo "layout 1"; grep -E '^(suite|npm|deb) ' "$versions"; } | sha256sum | cut -c 1-12; }

## Keeps the two prefixes that were set up last: two checkouts may want different packages.
remove_old_private() {
  touch -- "$private_prefix"
  find "$cache" -maxdepth 1 -name 'emscripten-*' -printf '%T@ %p\n' | sort -rn | tail -n +3 | cut -d ' ' -f 2- |
    xargs -rd '\n' rm -rf --
}

## The Debian mirrors among the machine's own apt sources, one a line. Their Origin is known only once lists were read.
debian_mirrors() {
  # shellcheck disable=SC2016  # apt's variables
  apt-get indextargets --format '$(REPO_URI) $(COMPONENT) $(ORIGIN) $(RELEASE)' 'Created-By: Packages' 2>/dev/null |
    awk '$2 == "main" && $4 !~ /security/ && ($3 == "Debian" || $1 ~ /\/debian\/?$/) && !seen[$1]++ { print ($3 != "Debian"), $1 }' |
    sort -n | cut -d ' ' -f 2
}

## An apt of our own: the machine's mirror with another suite, and no package of the system's in sight.
configure_apt() {
  local apt=$1 uri signed_by=
  mkdir -p -- "$apt/lists/partial" "$apt/cache/archives/partial" && : >"$apt/status" || return 1
  if [ -n "${TIDEMARK_APT_SOURCES:-}" ]; then
    cp -- "$TIDEMARK_APT_SOURCES" "$apt/sources.list" || die "cannot read TIDEMARK_APT_SOURCES=$TIDEMARK_APT_SOURCES"
  else
    read -r uri < <(debian_mirrors) || true
    [ -n "${uri:-}" ] ||
      die "no Debian mirror among this machine's apt sources: install an emsdk, $(expected least emscripten) or later, and put its emcc on PATH"
    [ ! -f "$debian_keyring" ] || signed_by="[signed-by=$debian_keyring] "
    printf 'deb %s%s %s main\n' "$signed_by" "$uri" "$(expected suite debian)" >"$apt/sources.list"
  fi
  cat >"$apt/apt.conf" <<EOF
Dir::Etc::sourcelist "$apt/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::State::lists "$apt/lists";
Dir::State::status "$apt/status";
Dir::Cache "$apt/cache";
Acquire::Languages "none";
Acquire::Retries "2";
APT::Sandbox::User "root";
EOF
}

## Asks our own apt about packages. The cache file is named here because images of Docker turn it off in apt.conf.d,
## which comes after APT_CONFIG; without it each question costs a second.
private_apt_show() {
  APT_CONFIG=$staging/apt/apt.conf apt-cache -o Dir::Cache::pkgcache=pkgcache.bin show --no-all-versions "$@"
}

## The field of a package's record in the suite.
field() { private_apt_show "$1" 2>/dev/null | sed -n "s/^$2: //p" | head -n 1; }

## What has to be unpacked, one package a line: the programs, and the libraries that they load, found by following Depends.
## Left out are headers for native programs, and what only LLVM tools that we don't keep load (libcurl, libpfm, libclang1).
# shellcheck disable=SC2086  # lists of names
needed_debs() {
  local llvm=$1 known="" wave next
  wave="emscripten binaryen clang-$llvm lld-$llvm llvm-$llvm libclang-common-$llvm-dev"
  while [ -n "$wave" ]; do
    known="$known $wave"
    next=$(private_apt_show $wave | sed -n 's/^\(Pre-\)\?Depends: //p' |
      tr ',|' '\n' | awk '{ print $1 }' | sed 's/:.*//' | grep -E '^(lib|zlib)' |
      grep -vE -e '-dev$|^lib(curl|pfm|clang1-|c-)' | sort -u)
    wave=$(printf '%s\n' $next | grep -vxFf <(printf '%s\n' $known) | paste -sd ' ') || true
  done
  printf '%s\n' $known
}

## Says once which packages are not those that were tested with.
compare_with_tested() {
  local name version tested differ=''
  while read -r name version _; do
    tested=$(expected deb "$name")
    [ "$version" = "$tested" ] || differ="$differ $name $version (was ${tested:-not among them})"
  done <"$1"
  [ -z "$differ" ] || warn "the suite has moved on from what was tested with:$differ"
}

## Downloads the packages of the list (name, version, sha256, bytes) into $staging/debs.
download_debs() {
  local names
  total_mb=$(awk '{ sum += $4 } END { print int(sum / 1e6) }' "$1")
  mapfile -t names < <(awk '{ print $1 "=" $2 }' "$1")
  detail "downloading ${#names[@]} packages, $total_mb MB"
  APT_CONFIG=$staging/apt/apt.conf run_and_watch downloaded_so_far \
    env -C "$staging/debs" apt-get download -q "${names[@]}" || die "downloading Emscripten's packages failed: $(why)"
}

downloaded_so_far() {
  echo "$(du -sb -- "$staging/debs" | awk '{ print int($1 / 1e7) * 10 }') of $total_mb MB"
}

## Compares each package with the hash in the signed list, and with toolchain/versions where the version is the tested one.
## apt has verified both the list's signature and each file already; this one also covers an apt told not to.
verify_debs() {
  local list=$1 folder=$2 name version sha256 file found pinned
  while read -r name version sha256 _; do
    file=$(find "$folder" -name "${name}_*.deb")
    found=$(sha256sum -- "$file" | cut -d ' ' -f 1)
    [ "$found" = "$sha256" ] || die "$name is not what the suite's list says (sha256 $found, expected $sha256)"
    pinned=$(awk -v name="$name" -v version="$version" '$1 == "deb" && $2 == name && $3 == version { print $4 }' "$versions")
    case $file in *_amd64.deb | *_all.deb) ;; *) pinned= ;; esac
    [ -z "$pinned" ] || [ "$found" = "$pinned" ] || die "$name $version is not the file that was tested (sha256 $found, expected $pinned)"
  done <"$list"
}

## Makes the programs of the prefix at $1 run from $2, where it will stand.
patch_programs() {
  local here=$1 there=$2 loader libraries llvm
  loader=$(cd -- "$here" && find usr/lib -name 'ld-linux*' -type f | head -n 1)
  [ -n "$loader" ] || { echo "E: no loader in libc6" >&2; return 1; }
  libraries=$there/$(dirname -- "$loader")
  llvm=$(cd -- "$here" && find usr/lib -maxdepth 1 -name 'llvm-*')
  # Two tools that would need libraries of their own.
  rm -f -- "$here/$llvm"/bin/llvm-exegesis "$here/$llvm"/bin/llvm-debuginfod*
  find "$here/$llvm/bin" "$here"/usr/bin/wasm* -type f -size +4k -exec \
    patchelf --set-interpreter "$there/$loader" --force-rpath --set-rpath "$libraries:$there/$llvm/lib" {} +
  find "$here/$(dirname -- "$loader")" "$here/$llvm/lib" -name '*.so*' -type f \
    ! -name 'ld-linux*' ! -name 'libc.so*' -exec \
    patchelf --force-rpath --set-rpath "$libraries:$there/$llvm/lib" {} +
}
export -f patch_programs

install_private() {
  local prefix=$staging/prefix debs=$staging/debs list=$staging/list llvm version name
  need_mb "$private_mb" "a private Emscripten"
  command -v patchelf >/dev/null || die "patchelf is missing; as root: apt-get install patchelf"
  mkdir -p -- "$prefix" "$debs"
  configure_apt "$staging/apt"

  detail "reading the list of packages"
  APT_CONFIG=$staging/apt/apt.conf run apt-get update -q -o APT::Update::Error-Mode=any ||
    die "reading the suite's list of packages failed: $(why)"
  version=$(field emscripten Version)
  at_least "${version%%[+~-]*}" "$(expected least emscripten)" ||
    die "the suite's Emscripten is ${version:-missing}, and $(expected least emscripten) or later is needed"
  [[ $(field emscripten Depends) =~ clang-([0-9]+) ]] || die "the suite's Emscripten does not say which clang it wants"
  llvm=${BASH_REMATCH[1]}
  # shellcheck disable=SC2046  # a list of names
  private_apt_show $(needed_debs "$llvm") | awk '
    $1 == "Package:" { name = $2 } $1 == "Version:" { version = $2 } $1 == "SHA256:" { sha = $2 } $1 == "Size:" { size = $2 }
    $0 == "" { print name, version, sha, size }' | sort -u >"$list"
  compare_with_tested "$list"

  download_debs "$list"
  detail "verifying"
  verify_debs "$list" "$debs"
  detail "unpacking"
  for name in "$debs"/*.deb; do
    run dpkg -x "$name" "$prefix" || die "unpacking $(basename -- "$name") failed: $(why)"
  done
  rm -rf -- "$debs"
  detail "pointing its programs to their libraries"
  run bash -euc 'patch_programs "$1" "$2"' - "$prefix" "$private_prefix" || die "patchelf failed: $(why)"
  detail "acorn, which Emscripten's optimiser reads JavaScript with"
  install_acorn "$prefix/usr/share/emscripten" || die "npm could not install acorn: $(why)"

  cat >"$prefix/em_config" <<EOF
LLVM_ROOT = '$private_prefix/usr/lib/llvm-$llvm/bin'
BINARYEN_ROOT = '$private_prefix/usr'
EMSCRIPTEN_ROOT = '$private_prefix/usr/share/emscripten'
NODE_JS = '$(command -v node)'
CACHE = '$private_prefix/cache'
EOF
  rm -rf -- "$private_prefix"
  mv -- "$prefix" "$private_prefix"
}

install_acorn() {
  run npm install --prefix "$staging/npm" --no-audit --no-fund --ignore-scripts --loglevel error \
    "acorn@$(expected npm acorn)" "acorn-import-phases@$(expected npm acorn-import-phases)" || return 1
  mv -- "$staging/npm/node_modules" "$1/node_modules"
}
