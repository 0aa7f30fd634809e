#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The Debian packages of this build: the same bytes twice, no complaint of lintian, and in a bare root, made of the packages of this
# machine that they depend on and no others: installed, the program, its plugins and the unit's own command line run; an
# upgrade keeps what was configured; purged, nothing is left but the journals, and not these where that is asked for.
# PACKAGE_DIR: packages that are there already, with those of the next number in its folder "next".
. "$(dirname "$0")/common.sh"
skip() { echo "skipped: $*"; exit 77; }
is_sanitized && skip "a package of a sanitizer's build is none"
for tool in dpkg-deb dpkg-shlibdeps apt-cache adduser jq; do
    command -v "$tool" >/dev/null || skip "needs $tool"
done

packages=${PACKAGE_DIR-}
if [ -z "$packages" ]; then
    packages=$WORK/packages
    deb() { "$AGON_SOURCE_ROOT/packaging/deb" --build "$AGON_BUILD_ROOT" "$@" >"$WORK/deb.log" 2>&1 || fail "packaging/deb: $(tail -n 5 "$WORK/deb.log")"; }
    deb --out "$packages"
    deb --out "$WORK/again"
    deb --out "$packages/next" --number 1
    for file in "$packages"/*.deb; do
        cmp "$file" "$WORK/again/${file##*/}" || fail "${file##*/} is another one when it is made again"
    done
fi
[ "$(find "$packages" -maxdepth 1 -name '*.deb' | wc -l)" = 3 ] || fail "these are not three packages: $(ls "$packages")"
field() { dpkg-deb -f "$packages/$1"_*.deb "$2"; }
# Who answers for them is said, or that nobody does: never an address that could be somebody's.
[ "$(field agon Maintainer)" = "${DEBFULLNAME:-Agon built locally} <${DEBEMAIL:-unattended@agon.invalid}>" ] || fail "its maintainer is $(field agon Maintainer)"
for name in agon agon-plugins libagon-dev; do
    [ "$(field $name Version)" = "$("$AGON" --version | sed 's/^agon \([^ ]*\).*/\1/;q')" ] || fail "$name has version $(field $name Version)"
done
# Each program is there with a page of its own or that of agon, and the pages of which the README speaks.
dpkg-deb --fsys-tarfile "$packages"/agon_*.deb | tar -t >"$WORK/holds"
for name in agon agon-bench agon-gpu agon-keeper agon-onnx; do
    grep -qx "./usr/bin/$name" "$WORK/holds" || fail "the package agon has no program $name"
    grep -qx "./usr/share/man/man1/$name.1.gz" "$WORK/holds" || fail "the package agon has no man page of $name"
done
for name in models writing-a-model features gpu; do
    grep -qx "./usr/share/doc/agon/$name.md.gz" "$WORK/holds" || fail "the package agon has no page $name.md"
done
[[ $(field agon Depends) == *libsodium* && $(field agon-plugins Depends) == *"agon (= "* ]] || fail "depends on: $(field agon Depends)"
if [ -n "${PACKAGE_INNER-}" ]; then
    :
elif command -v lintian >/dev/null; then
    lintian --allow-root --quiet --fail-on error,warning "$packages"/*.deb >"$WORK/lintian" 2>&1 || fail "lintian: $(cat "$WORK/lintian")"
    echo "lintian has no error and no warning"
else
    echo "not asked: lintian is not installed"
fi

[ "$(id -u)" = 0 ] || skip "an installation into a bare root takes root"
if [ -z "${PACKAGE_INNER-}" ]; then
    unshare --mount --pid --fork true 2>/dev/null || skip "needs mounts and processes of its own"
    KEEP='' PACKAGE_DIR=$packages PACKAGE_INNER=1 unshare --mount --pid --fork --kill-child bash "$0" "$@"
    exit
fi

# The bare root: the files of what the packages depend on, as they lie here.
# Nothing of this machine is ever mounted in it: it is memory of this namespace, with devices and processes of its own, and
# what cleans up takes it away whole and then stays on its own file system.
root=$WORK/root
mkdir "$root"
mount -t tmpfs -o mode=755 tmpfs "$root" || skip "needs mounts of its own"
clean_root() { umount -l "$root" && rm -rf --one-file-system "$WORK"; }
trap clean_root EXIT
depends=$(for name in agon agon-plugins libagon-dev; do field $name Depends; done | tr ',|' '\n\n' | sed 's/(.*//; s/ //g' | grep -v '^agon$' | sort -u)
# shellcheck disable=SC2086
apt-cache depends --recurse --installed --no-recommends --no-suggests --no-conflicts --no-breaks --no-replaces --no-enhances \
    base-files base-passwd bash coreutils dash debconf dpkg findutils grep gzip init-system-helpers libc-bin login mawk passwd perl-base sed tar \
    util-linux $depends 2>/dev/null | sed -n 's/^\([a-z0-9][^ ]*\)$/\1/p' | sort -u >"$WORK/names"
xargs dpkg-query -W -f='${binary:Package} ${db:Status-Status}\n' <"$WORK/names" 2>/dev/null | sed -n 's/ installed$//p' | sort -u >"$WORK/bare"
[ "$(wc -l <"$WORK/bare")" -gt 20 ] || fail "no bare root could be made: $(cat "$WORK/bare")"
mkdir -p "$root"/{usr/{bin,sbin,lib,lib64},var/lib/{systemd,dpkg/{info,updates,triggers}},var/log,etc/systemd/system,proc,dev,tmp,run}
for dir in bin sbin lib lib64; do ln -s "usr/$dir" "$root/$dir"; done
xargs dpkg -L <"$WORK/bare" 2>/dev/null | grep -v -e '^/usr/share/\(doc\|man\|locale\|info\)/' -e '^/etc/\(passwd\|group\|shadow\)' | sort -u |
    while IFS= read -r file; do [ -L "$file" ] || { [ -e "$file" ] && [ ! -d "$file" ]; } && printf '%s\n' "${file#/}"; done >"$WORK/files"
tar -C / -c --no-recursion -T "$WORK/files" 2>/dev/null | tar -C "$root" -x --skip-old-files 2>/dev/null
xargs dpkg-query -s <"$WORK/bare" >"$root/var/lib/dpkg/status" 2>/dev/null
while read -r name; do cp /var/lib/dpkg/info/"$name".* "$root/var/lib/dpkg/info/" 2>/dev/null; done <"$WORK/bare"
cp /var/lib/dpkg/info/format "$root/var/lib/dpkg/info/"
: >"$root/var/lib/dpkg/available"
cp "$root/usr/share/base-passwd/passwd.master" "$root/etc/passwd"
cp "$root/usr/share/base-passwd/group.master" "$root/etc/group"
: >"$root/etc/shadow"
mount -t proc proc "$root/proc" || skip "needs processes of its own"
mkdir -m 1777 "$root/dev/shm"
for device in 'null 1 3' 'zero 1 5' 'full 1 7' 'random 1 8' 'urandom 1 9' 'tty 5 0'; do
    read -r name major minor <<<"$device"
    mknod -m 666 "$root/dev/$name" c "$major" "$minor" || skip "needs devices of its own"
done
ln -s /proc/self/fd "$root/dev/fd"
inside() { HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive chroot "$root" "$@"; }
inside ldconfig || fail "nothing runs in the bare root"
inside sh -c 'command -v agon' >/dev/null && fail "agon is in the bare root already"

# there FILE: all names of the root but those of dpkg and of what adduser keeps, with who is in passwd
there() {
    { find "$root" -path "$root/proc" -prune -o -path "$root/dev" -prune -o -path "$root/var/lib/dpkg" -prune -o -path "$root/var/log" -prune -o \
        -path "$root/tmp/*" -prune -o -path "$root/var/cache" -prune -o -path "$root/run" -prune -o -print | grep -v -e '/etc/[a-z]*-$' -e '/etc/\.pwd\.lock$' -e '/etc/subuid$' -e '/etc/subgid$' -e '/etc/gshadow$' -e '/var/lib$'
        sed 's/:.*//; s/^/user /' "$root/etc/passwd"; } | sort >"$1"
}
dpkg_in() { dpkg --root="$root" --log="$WORK/dpkg.log" "$@" >"$WORK/dpkg.out" 2>&1 || fail "dpkg $*: $(cat "$WORK/dpkg.out")"; }
enabled() { find "$root/etc/systemd/system" -name 'agon*.service' -path '*.wants/*' | grep .; }
export PATH=$PATH:/usr/sbin:/sbin DEBIAN_FRONTEND=noninteractive
there "$WORK/before"
dpkg_in -i "$packages"/*.deb
[ "$(inside agon --version)" = "$("$AGON" --version)" ] || fail "the installed program says: $(inside agon --version)"
inside agon demo --seconds 10 >"$WORK/demo" 2>&1 || fail "the installed demo: $(tail -n 5 "$WORK/demo")"
inside agon backtest /usr/lib/agon/plugins/sma_cross/sma_cross.so >"$WORK/backtest" 2>&1 || fail "a backtest: $(tail -n 5 "$WORK/backtest")"
cp "$AGON_SOURCE_ROOT/tests/data/trees/softprob.ubj" "$root/tmp/"
inside agon-onnx /tmp/softprob.ubj /tmp/softprob.onnx >"$WORK/onnx" 2>&1 && [ -s "$root/tmp/softprob.onnx" ] || fail "the installed agon-onnx: $(cat "$WORK/onnx")"
rm -f "$root/agon-demo.html"
! enabled >/dev/null || fail "an installation enables units, which start a host at the next boot unasked: $(enabled)"
user=$(inside id -u agon) && inside id -u agon-keeper >/dev/null || fail "the units' users are not there"

# The unit's own command line, as its user and with its configuration. No venue can be reached from here, which is no failure.
read -r -a command < <(sed -n 's/^ExecStart=//p' "$root/lib/systemd/system/agon.service")
inside setpriv --reuid agon --regid agon --clear-groups -- "${command[@]}" --for 2s >"$WORK/host.out" 2>"$WORK/host.err" || fail "${command[*]}"
[ -n "$(find "$root/var/lib/agon/run/journal" -name 'money-*.aj')" ] || fail "the host left no journal"
[ "$(stat -c '%u %a' "$root/var/lib/agon")" = "$user 700" ] || fail "/var/lib/agon is of $(stat -c '%u %a' "$root/var/lib/agon")"
[ "$(stat -c '%u %a' "$root/etc/agon/credentials")" = '0 700' ] || fail "the keys' folder is of $(stat -c '%u %a' "$root/etc/agon/credentials")"

# An upgrade keeps what a person wrote and enabled, the users and the journal; and so does the way back.
echo '# mine' >>"$root/etc/agon/agon.yaml"
mkdir "$root/etc/systemd/system/multi-user.target.wants"
ln -s /lib/systemd/system/agon.service "$root/etc/systemd/system/multi-user.target.wants/" # systemctl enable agon
for to in "$packages/next" "$packages"; do
    dpkg_in -i "$to"/*.deb
    tail -n 1 "$root/etc/agon/agon.yaml" | grep -q '^# mine$' || fail "the configuration was written over"
    [ "$(inside id -u agon)" = "$user" ] || fail "the user is another one"
    [ "$(enabled | wc -l)" = 1 ] || fail "an upgrade changes which units are enabled: $(enabled)"
    [ "$(inside dpkg-query -W -f='${Version}' agon)" = "$(dpkg-deb -f "$to"/agon_*.deb Version)" ] || fail "not the version of $to"
    inside setpriv --reuid agon --regid agon --clear-groups -- "${command[@]}" --for 1s >"$WORK/host.out" 2>"$WORK/host.err" || fail "behind an upgrade: ${command[*]}"
done
inside agon journal stats /var/lib/agon/run >"$WORK/stats" 2>&1 || fail "the journal: $(cat "$WORK/stats")"

dpkg_in -r agon-plugins libagon-dev agon
[ ! -e "$root/usr/bin/agon" ] && [ -e "$root/etc/agon/agon.yaml" ] || fail "removed: the program goes, the configuration stays"
dpkg_in -P agon-plugins libagon-dev agon
grep -q '/var/lib/agon is not empty and stays' "$WORK/dpkg.out" || fail "a purge does not say that journals stay: $(cat "$WORK/dpkg.out")"
there "$WORK/after"
left=$(comm -13 "$WORK/before" "$WORK/after" | grep -v -e "^$root/var/lib/agon\(/\|\$\)" -e '^user agon$')
[ -z "$left" ] || fail "left by a purge: $left"
gone=$(comm -23 "$WORK/before" "$WORK/after")
[ -z "$gone" ] || fail "taken by a purge: $gone"
[ -n "$(find "$root/var/lib/agon/run/journal" -name 'money-*.aj')" ] || fail "a purge took the journal"

# Where it is asked for, everything goes.
dpkg_in -i "$packages"/agon_*.deb
printf 'key: a\nsecret: b\n' >"$root/etc/agon/credentials/binance-main"
AGON_PURGE=all dpkg_in -P agon
there "$WORK/after"
cmp -s "$WORK/before" "$WORK/after" || fail "left by a purge of all: $(comm -3 "$WORK/before" "$WORK/after")"
echo "installed into a root of $(wc -l <"$WORK/bare") packages, run, upgraded, rolled back, removed, purged; the journal stayed until it was asked for"
