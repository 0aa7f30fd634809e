#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# reasons: their numbers rise, so that none stands twice, and those that ever were still stand (tests/lint/reasons.txt).
. "$(dirname "$0")/common.sh"

list=sdk/include/agon/codes.h
rows=$(sed -nE '/^#define AGON_REASONS\(X\)/,/^#define AGON_REASON_OF/s/^ *X\(([A-Z_0-9]+), ([0-9]+), .*/\1 \2/p' "$list")
[ -n "$rows" ] || fault "$list: no rows found: has the table another form?"
while read -r id number before; do
    fault "$list: $id has number $number behind $before; numbers rise and none stands twice"
done < <(awk 'NR > 1 && $2 <= last { print $1, $2, last } { last = $2 }' <<<"$rows")
while read -r id number; do
    [ -n "$id" ] && fault "$list: lacks $id $number, which journals and plugins have: a number stays what it was"
done < <(comm -13 <(sort <<<"$rows") <(sort tests/lint/reasons.txt))
finish
