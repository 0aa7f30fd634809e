#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# mutants: each patch in tests/dst/mutants plants a bug in the host's own code; the fault simulation has to find it.
# A patch begins with a line "# lane: ", and behind it one or more of message, bytes and ambiguous: where it is tried, in
# that order; or test:NAME, a test of the suite, for what no simulation drives. Built in a copy of the tree, once for each.
#
#   tests/dst/mutants.sh [-n SEEDS] [-d FOLDER] [-j JOBS] [-l FILE] [NAME...]
#
# A bug that no seed finds yet waits in mutants/open, and says in a line "# missing: " what is wanting.
#
# -n: at most so many seeds of a lane (message 1000, bytes 300). -d: patches of another folder. -j: so many at a time,
# each in a copy of its own. -l: also as rows of the table in FILE (mutants/README.md is one), with the commit; rows of
# what is not tried now stay. Prints for each patch lane, time, seed and promise. A patch that does not apply or build, or a
# bug that no seed finds, is a failure.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
folder=$root/tests/dst/mutants
jobs=1
table=
declare -A seeds=([message]=1000 [bytes]=300)
declare -A args=([message]="dst" [bytes]="dst --bytes" [ambiguous]="dst --ambiguous 20000")
while [ $# -gt 0 ] && [ "$1" != "${1#-}" ]; do
    case $1 in
    -n) seeds=([message]=$2 [bytes]=$2) && shift 2 ;;
    -d) folder=$2 && shift 2 ;;
    -j) jobs=$2 && shift 2 ;;
    -l) table=$2 && shift 2 ;;
    *) sed -n '3,14p' "$0" && exit 2 ;;
    esac
done

names=()
for patch in "$folder"/*.patch; do
    name=$(basename "$patch" .patch)
    if [ $# -eq 0 ] || printf '%s\n' "$@" | grep -qx -- "$name"; then names+=("$name"); fi
done
[ $# -eq 0 ] || [ ${#names[@]} -eq $# ] || { echo "a name that no patch has, in: $*"; exit 2; }
work=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$work"' EXIT

prepare() { # COPY: a tree
    mkdir "$1"
    git -C "$root" ls-files -z | tar -C "$root" --null -T - -cf - | tar -xf - -C "$1"
}

build() { # COPY: the program of it, when a lane first needs it
    [ ! -e "$1/build" ] || return 0
    meson setup "$1/build" "$1" -Dtests=false -Dwhole=disabled >"$1.log" 2>&1 || { tail -20 "$1.log" && return 1; }
    ninja -C "$1/build" agon >"$1.log" 2>&1 || { tail -20 "$1.log" && return 1; }
}

row() { # NAME LANE SEED SECONDS TEXT
    printf '| `%s` | %s | %s | %d | %s | %s |\n' "$1" "$2" "$3" "$4" "$(sed 's/|/\\|/g' <<<"${5:0:150}")" "$commit" >>"$work/rows"
}

# A test that fails in the tree with the bug; that it passes without is what CI shows. Of the tree it builds what that test needs.
try_test() { # COPY NAME test:TEST: 0 when it is found
    local copy=$1 name=$2 lane=$3 began=$SECONDS line
    [ -e "$copy/build-tests" ] || meson setup "$copy/build-tests" "$copy" -Dwhole=disabled -Dwerror=true >"$copy.log" 2>&1 || { tail -20 "$copy.log" && return 1; }
    rm -f "$copy/build-tests/meson-logs/testlog.txt"
    meson test -C "$copy/build-tests" "${lane#test:}" >"$copy.log" 2>&1 && return 1
    if [ ! -e "$copy/build-tests/meson-logs/testlog.txt" ]; then
        echo "$name: does not build, or with a warning: $(grep -m1 'error:' "$copy.log" || tail -1 "$copy.log")"
        return 1
    fi
    line=$(grep -m1 -E ':F:|FAIL: |ended while it waited|internal error|REQUIRE' "$copy/build-tests/meson-logs/testlog.txt") || {
        echo "$name: $lane did not fail by itself: $(tail -1 "$copy.log")"
        return 1
    }
    line=${line#"${line%%[a-z]*}"}
    printf '%-44s %-8s %4d s  %s\n' "$name" "$lane" $((SECONDS - began)) "${line:0:150}"
    row "$name" "$lane" "" $((SECONDS - began)) "$line"
}

try() { # COPY NAME LANE: 0 when it is found
    local copy=$1 name=$2 lane=$3 began=$SECONDS said line
    case $lane in
    test:*) try_test "$@" && return 0 || return 1 ;;
    esac
    # shellcheck disable=SC2086
    said=$("$copy/build/agon" ${args[$lane]} ${seeds[$lane]:+--seeds "${seeds[$lane]}"} --stop 2>&1) && return 1
    # One failure is enough; a host that stops on its own REQUIRE is found as well. Any other end is none of a judge's.
    line=$(grep -m1 -E '^seed [0-9]+|internal error|REQUIRE' <<<"$said") || {
        echo "$name: $lane ended without naming a promise: $(tail -1 <<<"$said")"
        return 1
    }
    printf '%-44s %-8s %4d s  %s\n' "$name" "$lane" $((SECONDS - began)) "${line:0:150}"
    row "$name" "$lane" "$(sed -n 's/^seed \([0-9]*\).*/\1/p' <<<"$line")" $((SECONDS - began)) \
        "$(sed 's/^seed [0-9]*:* *//' <<<"$line")"
}

plant() { # COPY NAME: 0 when a lane finds it
    local copy=$1 name=$2 patch=$folder/$2.patch lanes rc=1 is_simulated=
    lanes=$(sed -n '1s/^# lane: *//p' "$patch")
    grep -qv '^test:' < <(tr ' ' '\n' <<<"${lanes:-message}") && is_simulated=1
    [ -z "$is_simulated" ] || build "$copy" || return 1
    if ! patch -d "$copy" -p1 -s -f --dry-run <"$patch" >"$copy.log" 2>&1; then
        echo "$name: the patch does not apply"
        return 1
    fi
    patch -d "$copy" -p1 -s -f <"$patch"
    if [ -n "$is_simulated" ] && ! ninja -C "$copy/build" agon >"$copy.log" 2>&1; then
        echo "$name: does not build"
        grep -m3 'error:' "$copy.log" || tail -3 "$copy.log"
    elif [ -n "$is_simulated" ] && grep -q 'warning:' "$copy.log"; then
        echo "$name: builds with a warning, which tells it"
    else
        for lane in ${lanes:-message}; do
            if try "$copy" "$name" "$lane"; then rc=0 && break; fi
        done
        [ $rc -eq 0 ] || echo "$name: not found (${lanes:-message})"
    fi
    patch -d "$copy" -p1 -s -f -R <"$patch"
    return $rc
}

worker() { # NUMBER: every so manieth of the names
    local i rc=0
    prepare "$work/$1" || return 1
    for ((i = $1; i < ${#names[@]}; i += jobs)); do
        plant "$work/$1" "${names[i]}" || rc=1
    done
    return $rc
}

touch "$work/rows"
commit=$(git -C "$root" rev-parse --short=7 HEAD)
pids=()
for ((n = 0; n < jobs; n++)); do
    worker $n &
    pids+=($!)
done
failed=0
for pid in "${pids[@]}"; do
    wait "$pid" || failed=1
done
if [ -n "$table" ]; then
    # What was tried now has its new row, or none.
    [ ! -e "$table" ] || grep '^| `' "$table" >"$work/before" || true
    touch "$work/before"
    for name in "${names[@]}"; do
        grep -v "^| \`$name\` " "$work/before" >"$work/kept" || true
        mv "$work/kept" "$work/before"
    done
    {
        echo "# Planted bugs"
        echo
        echo "Each is a patch of the product's own code. A row by \`tests/dst/mutants.sh -l\`: the lane that found it, the first seed"
        echo "that did, seconds, what was said of it, and at which commit. Without a seed the host stopped on a REQUIRE of its own,"
        echo "or it is a test of the suite that fails."
        echo
        echo "| bug | lane | seed | s | found by | at |"
        echo "|---|---|---|---|---|---|"
        sort "$work/before" "$work/rows"
        echo
        echo "No seed finds these yet (\`open/\`), for want of what stands behind each:"
        echo
        for patch in "$folder"/open/*.patch; do
            [ ! -e "$patch" ] || echo "- \`$(basename "$patch" .patch)\`: $(sed -n 's/^# missing: *//p' "$patch")"
        done
    } >"$work/table"
    mv "$work/table" "$table"
fi
exit $failed
