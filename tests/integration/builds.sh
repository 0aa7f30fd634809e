#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The parity test in four builds of the host, gcc and clang, debug and release, all with the plugin binary of the first:
# the same intents and the same state in each. By hand; two minutes on two cores.
#
#   tests/integration/builds.sh [DIRECTORY FOR THE BUILDS]
set -u
root=$(dirname "$(dirname "$(dirname "$(readlink -f "$0")")")")
builds=${1:-$root/build-parity}
first=
rc=0
mkdir -p "$builds" || exit 1
for compiler in gcc clang; do
    for type in release debug; do
        build=$builds/$compiler-$type
        [ -f "$build/build.ninja" ] ||
            CC=$compiler meson setup --buildtype "$type" "$build" "$root" >"$build.log" 2>&1 ||
            { cat "$build.log"; exit 1; }
        first=${first:-$build}
        ninja -C "$build" agon >"$build.log" 2>&1 || { tail -n 20 "$build.log"; exit 1; }
        [ "$build" != "$first" ] || ninja -C "$build" >"$build.log" 2>&1 || { tail -n 20 "$build.log"; exit 1; }
        echo "== host by $compiler, $type"
        AGON_SOURCE_ROOT=$root sh "$root/tests/integration/parity.sh" "$build/agon" "$first/tests/integration" || rc=1
    done
done
exit $rc
