# The prerequisites: Node, and the packages of the system.
# shellcheck shell=bash disable=SC2154

node_found() { node --version 2>/dev/null || echo none; }

node_is_new_enough() {
  command -v node >/dev/null && at_least "$(node_found | tr -d v)" "$(expected least node)"
}

is_debian_like() { command -v apt-get >/dev/null && command -v dpkg-query >/dev/null; }

## The name that this system gives a package: clang's run-time libraries carry its major version.
local_name() {
  case $1 in
    libclang-rt-dev)
      local depends
      depends=$(dpkg-query --show --showformat='${Depends}' clang 2>/dev/null ||
        apt-cache show --no-all-versions clang 2>/dev/null | grep '^Depends:') || true
      [[ $depends =~ clang-([0-9]+) ]] && echo "libclang-rt-${BASH_REMATCH[1]}-dev"
      ;;
    *) echo "$1" ;;
  esac
}

## The packages of the given kinds that are not installed, on one line.
missing_packages() {
  is_debian_like || return 0
  local name names=() installed
  for name in $(expected_names "$@"); do
    name=$(local_name "$name") && names+=("$name")
  done
  installed=$(dpkg-query --show --showformat='${db:Status-Status} ${binary:Package}\n' "${names[@]}" 2>/dev/null |
    sed -n 's/^installed \([^:]*\).*/\1/p') || true
  printf '%s\n' "${names[@]}" | grep -vxF -e "${installed:-none}" | paste -sd ' ' || true
}

## Leaves out the packages that this system does not have: Ubuntu has no firefox-esr, for one.
obtainable() {
  local name
  for name in "$@"; do
    if apt-cache show "$name" >/dev/null 2>&1; then echo "$name"; else warn "this system has no package $name: the tests that want it cannot run" ; fi
  done | paste -sd ' '
}

install_packages() {
  if ! is_debian_like; then
    warn "this is not a Debian or Ubuntu system: install by hand what stands for $(expected_names apt apt-test | paste -sd ' ')"
    return
  fi
  [ -n "$(missing_packages apt apt-test)" ] || { detail "all there"; return; }

  local as_root=()
  if [ "$(id -u)" != 0 ]; then
    if command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
      as_root=(sudo -n)
    elif [ -n "$(missing_packages apt)" ]; then
      die "packages are missing; as root: apt-get install $(missing_packages apt apt-test)"
    else
      warn "packages that some tests want are missing; as root: apt-get install $(missing_packages apt-test)"
      return
    fi
  fi

  # An installation that was cut off must be ended before apt accepts another.
  [ -z "$(dpkg --audit 2>/dev/null)" ] || run "${as_root[@]}" dpkg --configure -a || die "dpkg --configure -a failed: $(why)"
  detail "reading the lists of packages"
  run "${as_root[@]}" apt-get update -q || warn "apt-get update failed: $(why)"

  local names
  names=$(obtainable $(missing_packages apt apt-test))
  [ -n "$names" ] || return 0
  detail "installing $names"
  # shellcheck disable=SC2086  # names has no blanks but those between packages
  run "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends \
    -o DPkg::Lock::Timeout=300 $names || die "apt-get install $names failed: $(why)"
}

link_boost() {
  # A folder of its own: -I/usr/include would put the system's C library before Emscripten's.
  [ -d /usr/include/boost ] || { warn "no Boost in /usr/include: TIDEMARK_BOOST_INCLUDE will be empty"; return; }
  make_folder "$cache/include"
  ln -sfn /usr/include/boost "$cache/include/boost"
}
