# SPDX-License-Identifier: Apache-2.0
# common: read by the lint scripts. Sets root and build, gives tracked_files, fault and finish.
root=${AGON_SOURCE_ROOT:-$(cd "$(dirname "$0")/../.." && pwd)}
build=${AGON_BUILD_ROOT:-$root/build}
cd "$root" || exit 1
n_faults=0

# Files of the source tree, without builds: a copy without git is linted alike.
tracked_files() {
    find . -path ./.git -prune -o -path './build*' -prune -o -type f -print | sed 's|^\./||' | sort
}
fault() {
    printf '%s\n' "$*"
    n_faults=$((n_faults + 1))
}
finish() {
    [ "$n_faults" = 0 ] || echo "$n_faults faults"
    [ "$n_faults" = 0 ]
    exit
}
