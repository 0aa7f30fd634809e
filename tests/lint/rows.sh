#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# rows: events and kinds of instruments stand in one list each, whose numbers rise, so that none stands twice, and those that
# ever were still stand (tests/lint/rows.txt). Nobody else lists events with their names or makes masks of numbers by hand.
. "$(dirname "$0")/common.sh"

# rows_of FILE MACRO: "MACRO ID NUMBER" of each row, in their order
rows_of() {
    sed -nE "/^#define $2\(X\)/,/the next one stands above/s/^ *X\(([A-Z_0-9]+), ([0-9]+), .*/$2 \1 \2/p" "$1"
}
all=
for table in sdk/include/agon/event.h:AGON_EVENTS sdk/include/agon/codes.h:AGON_INSTRUMENT_KINDS; do
    file=${table%%:*} macro=${table##*:}
    rows=$(rows_of "$file" "$macro")
    [ -n "$rows" ] || fault "$file: no rows of $macro found: has the table another form?"
    while read -r id number before; do
        fault "$file: $id has number $number behind $before; numbers rise and none stands twice"
    done < <(awk 'NR > 1 && $3 <= last { print $2, $3, last } { last = $3 }' <<<"$rows")
    all+=$rows$'\n'
done
while read -r macro id number; do
    [ -n "$id" ] && fault "$macro lacks $id $number, which journals and plugins have: a number stays what it was"
done < <(comm -13 <(sort <<<"$all") <(sort tests/lint/rows.txt))
# INTENT, EXIT_PLAN and COMMAND are delivered to nobody, and are rows of the journal's own.
while read -r at; do
    fault "$at: a list of events beside AGON_EVENTS; take its rows (market/events.h)"
done < <(grep -rnE '<< *AGON_EVENT_|\{ *AGON_EVENT_[A-Z0-9_]+, *"|\[AGON_EVENT_[A-Z0-9_]+\] *= *"' host sdk plugins --include='*.[ch]' |
    grep -vE '\{AGON_EVENT_(INTENT|EXIT_PLAN|COMMAND), "' | cut -d: -f1,2)
finish
