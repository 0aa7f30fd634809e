#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# mutants: each patch in tests/dst/mutants plants a bug in the host's own code; the fault simulation
# has to find it. By command: it builds a copy of the tree once for each.
#
#   tests/dst/mutants.sh [-n SEEDS] [NAME...]
#
# A patch that no longer applies, or a bug that SEEDS (1000) seeds do not find, is a failure.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
seeds=1000
if [ "${1:-}" = -n ]; then
    seeds=$2
    shift 2
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
git -C "$root" ls-files -z | (cd "$root" && xargs -0 tar -cf -) | tar -xf - -C "$work"
meson setup "$work/build" "$work" -Dtests=false >"$work/log" 2>&1 || { tail -20 "$work/log"; exit 1; }

failed=0
for patch in "$root"/tests/dst/mutants/*.patch; do
    name=$(basename "$patch" .patch)
    if [ $# -gt 0 ] && ! printf '%s\n' "$@" | grep -qx "$name"; then
        continue
    fi
    if ! patch -d "$work" -p1 -s -f <"$patch" >"$work/log" 2>&1; then
        echo "$name: the patch does not apply"
        exit 1
    fi
    ninja -C "$work/build" agon >"$work/log" 2>&1 || { tail -20 "$work/log"; exit 1; }
    # One failure is enough; a host that stops on its own REQUIRE is found as well.
    said=$("$work/build/agon" dst --seeds "$seeds" --stop 2>&1) && found=0 || found=$?
    if [ "$found" -eq 0 ]; then
        echo "$name: not found in $seeds seeds"
        failed=1
    else
        echo "$name: $(grep -m1 -E '^seed |internal error' <<<"$said")"
    fi
    patch -d "$work" -p1 -s -f -R <"$patch"
done
exit $failed
