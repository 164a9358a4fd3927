#!/usr/bin/env bash
# Fetches the upstream sources of Debian source packages into a folder outside the checkout: `fetch.sh FOLDER NAME…`.
#
# An apt configuration of its own, as toolchain/setup has one: the machine's Debian mirror, the suite of toolchain/versions,
# nothing of the system's own state. apt verifies the suite's signature and each file; the hashes in `sources` pin them.
# What stands at FOLDER/NAME is whole: it is unpacked beside it and renamed. What is there already is left as it is.
set -euo pipefail

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
folder=$1
shift
die() { printf '%s\n' "$*" >&2; exit 1; }

wanted=()
for name in "$@"; do [ -d "$folder/$name" ] || wanted+=("$name"); done
[ "${#wanted[@]}" -gt 0 ] || exit 0
command -v apt-get >/dev/null || die "apt-get is needed to fetch the sources of ${wanted[*]}"

mkdir -p -- "$folder"
staging=$(mktemp -d "$folder/.staging-XXXXXX")
trap 'rm -rf -- "$staging"' EXIT
apt=$staging/apt
mkdir -p -- "$apt/lists/partial" "$apt/cache/archives/partial"
: >"$apt/status"

# shellcheck disable=SC2016  # apt's variables
uri=$(apt-get indextargets --format '$(REPO_URI) $(COMPONENT) $(ORIGIN) $(RELEASE)' 'Created-By: Packages' 2>/dev/null |
  awk '$2 == "main" && $4 !~ /security/ && ($3 == "Debian" || $1 ~ /\/debian\/?$/) && !found++ { print $1 }')
[ -n "$uri" ] || die "no Debian mirror among this machine's apt sources"
suite=$(awk '$1 == "suite" && $2 == "debian" { print $3 }' "$here/../../../toolchain/versions")
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
signed_by=
[ ! -f "$keyring" ] || signed_by="[signed-by=$keyring] "
printf 'deb-src %s%s %s main\n' "$signed_by" "$uri" "$suite" >"$apt/sources.list"
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
export APT_CONFIG=$apt/apt.conf
apt-get update -q -o APT::Update::Error-Mode=any >"$staging/log" 2>&1 ||
  die "reading the suite's list of sources failed: $(grep -m 1 '^E:' "$staging/log")"

for name in "${wanted[@]}"; do
  mkdir -- "$staging/$name" "$staging/$name/unpacked"
  (cd -- "$staging/$name" && apt-get source -q --download-only --tar-only "$name") >"$staging/log" 2>&1 ||
    die "fetching the sources of $name failed: $(grep -m 1 '^E:' "$staging/log")"
  archive=$(find "$staging/$name" -name '*.orig.tar.*' ! -name '*.asc')
  [ -n "$archive" ] || die "the source package $name has no upstream archive"
  version=$(basename -- "$archive" | sed 's/^[^_]*_//; s/\.orig\.tar\..*//')
  read -r tested pinned < <(awk -v name="$name" '$1 == name { print $2, $3 }' "$here/sources")
  if [ "$version" != "$tested" ]; then
    printf '%s\n' "$name $version is not the version that was tested ($tested)" >&2
  else
    found=$(sha256sum -- "$archive" | cut -d ' ' -f 1)
    [ "$found" = "$pinned" ] || die "$name $version is not the file that was tested (sha256 $found, expected $pinned)"
  fi
  tar -xf "$archive" -C "$staging/$name/unpacked" --strip-components=1
  printf '%s\n' "$version" >"$staging/$name/unpacked/.version"
  mv -T -- "$staging/$name/unpacked" "$folder/$name"
done
