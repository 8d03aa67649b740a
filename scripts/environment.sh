# Sourced by ./run, ./build, ./test: what they need from the machine, and how it is installed.

export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 MSBUILDDISABLENODEREUSE=1
export PATH=$PATH:/usr/sbin:/sbin

die() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

need_dotnet() {
	if command -v dotnet >/dev/null && dotnet --list-sdks 2>/dev/null | grep -q '^10\.'; then return; fi
	cat >&2 <<'TEXT'
The .NET 10 SDK is needed. On Ubuntu 24.04 and later: sudo apt-get install dotnet-sdk-10.0
On Debian, or without root:  curl -sSL https://dot.net/v1/dotnet-install.sh | bash -s -- --channel 10.0
then put ~/.dotnet into PATH. See https://learn.microsoft.com/dotnet/core/install/linux
TEXT
	exit 1
}

as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo -E env "PATH=$PATH" "$@"
	else
		die "root is needed for: $* (run this script with sudo)"
	fi
}

# install_packages PURPOSE PACKAGE...: through apt, after saying what and why.
install_packages() {
	local purpose=$1
	shift
	command -v apt-get >/dev/null || die "needed for $purpose, and there is no apt-get to install it: $*"
	printf 'Installing for %s: %s\n' "$purpose" "$*" >&2
	if [ -z "${apt_updated:-}" ]; then
		as_root apt-get update -qq >&2 || printf 'apt-get update failed; trying with the lists at hand\n' >&2
		apt_updated=1
	fi
	as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

# need PURPOSE COMMAND=PACKAGE...: installs the packages of the commands that are missing.
need() {
	local purpose=$1 pair missing=()
	shift
	for pair; do
		command -v "${pair%%=*}" >/dev/null || missing+=("${pair#*=}")
	done
	[ ${#missing[@]} -eq 0 ] || install_packages "$purpose" "${missing[@]}"
}

apt_has() {
	apt-cache show "$1" >/dev/null 2>&1
}

# clang 19 knows all that our programs use; an older one from 14 on will do where there is no newer.
need_clang() {
	local version
	command -v clang-19 >/dev/null && return
	if command -v apt-get >/dev/null; then
		# Lists that are absent or old do not know it yet.
		if ! apt_has clang-19; then
			as_root apt-get update -qq >&2 || true
			apt_updated=1
		fi
		for version in clang-19 clang-18 clang-17 clang-16 clang-15 clang-14; do
			command -v $version >/dev/null && return
			if apt_has $version; then
				install_packages "compiling BPF programs" $version
				return
			fi
		done
	fi
	command -v clang >/dev/null || die "clang 14 or newer is needed to compile BPF programs"
}
