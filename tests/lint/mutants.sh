#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# mutants: each planted bug still goes into the tree, says where it is tried, and is one in the product: a bug in what
# judges would be found by no better judge. A line "# author: blind" says that who planted it had not read what judges:
# who knows the judge plants what it sees, so a third of those that are found has to be of such.
. "$(dirname "$0")/common.sh"
table=tests/dst/mutants/README.md

for patch in tests/dst/mutants/*.patch tests/dst/mutants/open/*.patch; do
    [ -e "$patch" ] || continue
    head -1 "$patch" | grep -qE '^# lane:( (message|bytes|ambiguous|test:[a-z0-9_]+))+$' || fault "$patch:1: names no lane"
    while read -r file; do
        case $file in
        host/dst/* | host/cli/*dst*) fault "$patch: changes $file, which judges" ;;
        host/*) ;;
        *) fault "$patch: changes $file, which is not the product" ;;
        esac
        [ -e "$file" ] || fault "$patch: $file is not there"
    done < <(sed -n 's|^+++ b/\([^[:space:]]*\).*|\1|p' "$patch")
    name=$(basename "$patch" .patch)
    case $patch in
    */open/*) ;; # nothing finds it yet
    *) grep -q "^| \`$name\` " "$table" || fault "$patch: is in no row of $table: who finds it?" ;;
    esac
    said=$(patch -d . -p1 -s -f --dry-run <"$patch" 2>&1) || fault "$patch: does not apply: $(head -1 <<<"$said")"
done
shopt -s nullglob
found=(tests/dst/mutants/*.patch)
open=(tests/dst/mutants/open/*.patch)
blind() { # FOLDER: how many of its patches say so
    find "$1" -maxdepth 1 -name '*.patch' -exec grep -lxF '# author: blind' {} + | wc -l
}
n_found=$(blind tests/dst/mutants)
n_open=$(blind tests/dst/mutants/open)
n_blind=$((n_found + n_open))
echo "$((${#found[@]} + ${#open[@]})) planted bugs, $n_blind of them by somebody who had not read the oracles"
echo "a seed is known that finds ${#found[@]} of all and $n_found of those; ${#open[@]} and $n_open wait in open/"
[ $((3 * n_found)) -ge ${#found[@]} ] ||
    fault "tests/dst/mutants: of ${#found[@]} that are found $n_found say \"# author: blind\", and a third has to"
# What the table lists is there; tests/dst/mutants.sh -l makes it anew.
while read -r name; do
    [ -e "tests/dst/mutants/$name.patch" ] || fault "$table: lists $name, which is not there"
done < <(sed -n 's/^| `\([a-z0-9-]*\)` .*/\1/p' "$table")
finish
