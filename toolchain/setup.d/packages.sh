# The prerequisites: Node, and the packages of the system.
# shellcheck shell=bash disable=SC2034,SC2154  # variables shared with toolchain/setup

node_found() { node --version 2>/dev/null || echo none; }

node_is_new_enough() {
  command -v node >/dev/null && at_least "$(node_found | tr -d v)" "$(expected least node)"
}

## Packages that an earlier run found this system not to have (Ubuntu has no firefox-esr), one a line.
unobtainable() { cat -- "$cache/unobtainable" 2>/dev/null || true; }

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
  printf '%s\n' "${names[@]}" | grep -vxF -e "${installed:-none}" -e "$(unobtainable)" | paste -sd ' ' || true
}

## Of the given packages, those that this system has; the others are noted, and not asked for again.
obtainable() {
  local name
  for name in "$@"; do
    if apt-cache show "$name" >/dev/null 2>&1; then
      echo "$name"
    else
      warn "this system has no package $name: the tests that want it cannot run"
      echo "$name" >>"$cache/unobtainable"
    fi
  done | paste -sd ' '
}

installed_so_far() {
  local total now
  total=$(sed -n 's/.* \([0-9]\+\) newly installed.*/\1/p' "$staging/log")
  [ -n "$total" ] || return 0
  now=$(grep -c '^Setting up' "$staging/log") || true
  if [ "$now" = 0 ]; then
    echo "downloading and unpacking $total packages ($(grep '^Need to get' "$staging/log" | sed 's/Need to get \(.*\) of archives./\1/'))"
  else
    echo "installed $((now / 10 * 10)) of $total packages"
  fi
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

  # dpkg is not cut off half-way (must_finish); one that was, by a power cut, is ended before apt accepts another.
  must_finish="the installation of packages"
  [ -z "$(dpkg --audit 2>/dev/null)" ] || run "${as_root[@]}" dpkg --configure -a || die "dpkg --configure -a failed: $(why)"
  detail "reading the lists of packages"
  run "${as_root[@]}" apt-get update -q || warn "apt-get update failed: $(why)"

  local missing names
  read -ra missing < <(missing_packages apt apt-test)
  read -ra names < <(obtainable "${missing[@]}") || true
  if [ "${#names[@]}" != 0 ]; then
    detail "installing ${names[*]}"
    run_and_watch installed_so_far "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y \
      --no-install-recommends -o DPkg::Lock::Timeout=300 "${names[@]}" || die "apt-get install ${names[*]} failed: $(why)"
  fi
  must_finish=
}

link_boost() {
  # A folder of its own: -I/usr/include would put the system's C library before Emscripten's.
  if [ ! -d /usr/include/boost ]; then
    warn "Boost's headers are not in /usr/include: set TIDEMARK_BOOST_INCLUDE to a folder that holds them and nothing else"
    return
  fi
  make_folder "$cache/include"
  ln -sfn /usr/include/boost "$cache/include/boost"
}
