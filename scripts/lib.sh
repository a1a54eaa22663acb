# What the scripts share: the packages that are needed, and how the tree is configured and built.
# Sourced by bash, never run. Nothing here may need the network once the packages are installed.

# Debian 12 packages: the one list of what building and testing need.
gridlock_packages=(
  g++ cmake ninja-build pkg-config
  llvm-19-dev libclang-19-dev clang-19 libclang-cpp19-dev
  libclang-rt-19-dev # libFuzzer and the sanitizers
  clang-format-19    # the style test
  nlohmann-json3-dev libcli11-dev libgtest-dev
  python3 python3-jsonschema # reports are validated against their schema
)

say() { printf '\033[1m== %s\033[0m\n' "$*"; }

die() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

# Runs a command as root: directly, or by sudo.
as_root() {
  if [[ $(id -u) == 0 ]]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    die "packages are missing, and installing them needs root or sudo. As root: apt-get install ${missing[*]}"
  fi
}

# Installs those of the given packages that are not there. When none is missing, apt is not called:
# the scripts then work without network and without root.
install_packages() {
  missing=()
  local package
  for package in "$@"; do
    [[ $(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null) == installed ]] ||
      missing+=("$package")
  done
  [[ ${#missing[@]} == 0 ]] && return
  command -v apt-get >/dev/null ||
    die "these packages are missing, and there is no apt-get to install them: ${missing[*]}"
  say "installing: ${missing[*]}"
  as_root apt-get update -q
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}"
}

# How many compilers run at once: one a core, but no more than memory has room for. A unit that
# includes Clang's headers needs up to 1.2 GB.
build_jobs() {
  local cores memory
  cores=$(nproc)
  memory=$(awk '/^MemAvailable:/ { print int($2 / 1400000) }' /proc/meminfo 2>/dev/null || echo 1)
  ((memory < 1)) && memory=1
  echo $((cores < memory ? cores : memory))
}

# configure DIR [CMAKE OPTIONS…]: an existing build folder is used again.
configure() {
  local dir=$1
  shift
  cmake -S . -B "$dir" -G Ninja "$@"
}

# build DIR [TARGETS…]: Ninja prints how far it is.
build() {
  local dir=$1
  shift
  cmake --build "$dir" -j "$(build_jobs)" ${1:+--target "$@"}
}
