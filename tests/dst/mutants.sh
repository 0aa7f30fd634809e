#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# mutants: each patch in tests/dst/mutants plants a bug in the host's own code; the fault simulation has to find it.
# A patch begins with a line "# lane: message", "# lane: bytes" or both: where it is tried, in that order. Built in a
# copy of the tree, once for each.
#
#   tests/dst/mutants.sh [-n SEEDS] [-d FOLDER] [NAME...]
#
# A bug that no seed finds yet waits in mutants/open: an oracle is missing.
#
# -n: at most so many seeds of a lane (message 1000, bytes 300). -d: patches of another folder. Prints for each patch
# lane, time, seed and promise. A patch that does not apply or build, or a bug that no seed finds, is a failure.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
folder=$root/tests/dst/mutants
declare -A seeds=([message]=1000 [bytes]=300) args=([message]="dst" [bytes]="dst --bytes")
while [ $# -gt 0 ] && [ "$1" != "${1#-}" ]; do
    case $1 in
    -n) seeds=([message]=$2 [bytes]=$2) && shift 2 ;;
    -d) folder=$2 && shift 2 ;;
    *) sed -n '3,12p' "$0" && exit 2 ;;
    esac
done

names=()
for patch in "$folder"/*.patch; do
    name=$(basename "$patch" .patch)
    if [ $# -eq 0 ] || printf '%s\n' "$@" | grep -qx "$name"; then names+=("$name"); fi
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
git -C "$root" ls-files -z | (cd "$root" && xargs -0 tar -cf -) | tar -xf - -C "$work"
meson setup "$work/build" "$work" -Dtests=false >"$work/log" 2>&1 || { tail -20 "$work/log"; exit 1; }
ninja -C "$work/build" agon >"$work/log" 2>&1 || { tail -20 "$work/log"; exit 1; }

try() { # LANE: 0 when it is found
    local began=$SECONDS said line
    # shellcheck disable=SC2086
    said=$("$work/build/agon" ${args[$1]} --seeds "${seeds[$1]}" --stop 2>&1) && return 1
    # One failure is enough; a host that stops on its own REQUIRE is found as well.
    line=$(grep -m1 -E '^seed |internal error|REQUIRE' <<<"$said" || tail -1 <<<"$said")
    printf '%-44s %-8s %4d s  %s\n' "$name" "$1" $((SECONDS - began)) "${line:0:150}"
}

failed=0
for name in "${names[@]}"; do
    patch=$folder/$name.patch
    lanes=$(sed -n '1s/^# lane: *//p' "$patch")
    if ! patch -d "$work" -p1 -s -f --dry-run <"$patch" >"$work/log" 2>&1; then
        echo "$name: the patch does not apply"
        failed=1
        continue
    fi
    patch -d "$work" -p1 -s -f <"$patch"
    if ! ninja -C "$work/build" agon >"$work/log" 2>&1; then
        echo "$name: does not build"
        tail -3 "$work/log"
        failed=1
    elif grep -q 'warning:' "$work/log"; then
        echo "$name: builds with a warning, which tells it"
        failed=1
    else
        found=0
        for lane in ${lanes:-message}; do
            if try "$lane"; then found=1 && break; fi
        done
        if [ $found -eq 0 ]; then
            echo "$name: not found (${lanes:-message})"
            failed=1
        fi
    fi
    patch -d "$work" -p1 -s -f -R <"$patch"
done
exit $failed
