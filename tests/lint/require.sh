#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# require: what money depends on checks itself. Ledger, risk, exec, journal and the outbox have at
# least 8 REQUIREs in 1,000 lines each. A check of what the line before it has just made shows
# nothing and is not counted: "x = f(); REQUIRE(x > 0);".
. "$(dirname "$0")/common.sh"

least=8

# count FILE...: lines, REQUIREs, and those that say again what the statement before them says.
count() {
    awk '
        # Is the value itself in the text, and not the same name as a part of another?
        function says(text, value,    at, from, around) {
            for (from = 1; (at = index(substr(text, from), value)) > 0; from = at + 1) {
                at += from - 1
                around = (at > 1 ? substr(text, at - 1, 1) : "(") substr(text, at + length(value), 1)
                if (around !~ /[A-Za-z0-9_.>]/)
                    return 1
            }
            return 0
        }
        FNR == 1 { before = ""; is_open = 0 }
        { lines++ }
        /^[ \t]*(\/\/|\/\*|\*|$)/ { next } # comments and empty lines stand between, and count for nothing
        {
            if (match($0, /REQUIRE\(/)) {
                text = substr($0, RSTART + RLENGTH)
                made = before
                # "place = ...;", "*place = ...;", "int n = ...;": what stands before the one "="
                if (match(made, /^[ \t]*[A-Za-z_*][][A-Za-z0-9_.>* -]* = /)) {
                    made = substr(made, RSTART, RLENGTH - 3)
                    sub(/.*[ \t*]/, "", made)
                    again = says(text, made)
                } else {
                    again = 0
                }
                if (again) told++
                else n++
            }
            # A statement may stand on several lines: what it makes is named on its first.
            if (!is_open)
                before = $0
            is_open = $0 !~ /[;{}][ \t]*(\/\/.*|\/\*.*)?$/
        }
        END { print lines, n + 0, told + 0 }' "$@"
}

# density NAME FILE...
density() {
    local name=$1 lines n told
    shift
    read -r lines n told < <(count "$@")
    awk -v name="$name" -v lines="$lines" -v n="$n" -v told="$told" -v least="$least" 'BEGIN {
        got = lines > 0 ? n * 1000 / lines : 0
        printf "%-8s %5d lines, %3d REQUIREs, %4.1f in 1,000%s\n", name, lines, n, got,
            (told > 0 ? sprintf(" (%d more of what the line before made)", told) : "")
        exit (got < least)
    }' || fault "$name: fewer than $least in 1,000 lines: say what holds after a booking, a change of state, a write"
}

# It counts what it is for, and leaves out what is none.
self=$(mktemp -d)
trap 'rm -rf "$self"' EXIT
printf 'x = f();\nREQUIRE(x > 0);\n*pos = after;\nREQUIRE(is_whole(in, asset));\na->n = n;\n// why\nREQUIRE(a->n <= 3);\nREQUIRE(b->n);\n// REQUIRE(c)\nint n = f(1,\n    2);\n\nREQUIRE(n > 0);\n' >"$self/a.c"
[ "$(count "$self/a.c")" = "13 2 3" ] || fault "require.sh: counts $(count "$self/a.c") where 13 lines have 2, and 3 more"

density ledger host/ledger/*.c
density risk host/risk/*.c host/risk/checks/*.c
density exec host/exec/*.c
density journal host/journal/*.c
density outbox host/venue/outbox.c
finish
