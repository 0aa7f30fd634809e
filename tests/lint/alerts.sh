#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# alerts: each kind of ALERTS(X) is raised by the product, and a test sees it: one that nobody raises promises what is
# not so.
. "$(dirname "$0")/common.sh"

table=host/market/alerts.h
rows=$(sed -nE 's/^ *X\([0-9]+, ([A-Z_]+), "([a-z_]+)".*/\1 \2/p' "$table")
[ -n "$rows" ] || fault "$table: no rows found: has the table another form?"
words() { # what comes in, a word a line, as one line with a space around each
    tr '\n' ' ' | sed 's/^/ /; s/ *$/ /'
}
# What a call of one of the ways names, up to its end.
raised=$(find host -name '*.c' -print0 | xargs -0 cat | tr '\n' ' ' |
    grep -oE '(engine_raise|engine_note|host_alert|host_alert_once)\([^;]*;' | grep -owE 'ALERT_[A-Z0-9_]+' | words)
# A unit test names the kind, an integration script asks for its name.
by_unit=$(grep -rhowE --include='test_*.c' 'ALERT_[A-Z0-9_]+' tests/unit | words)
by_script=$(grep -rhoE --include='*.sh' \
    'kind == \\*"[a-z_]+\\*"|"kind":"[a-z_]+"|"key":"[a-z_]+"|kind=[a-z_]+\b|alerted [a-z_]+( |$)' tests/integration |
    sed -E 's/^(kind ==|"kind":|"key":|kind=|alerted)//; s/[\\" ]//g' | words)
while read -r symbol name; do
    [[ $raised == *" ALERT_$symbol "* ]] || fault "$table: $symbol is raised nowhere"
    [[ $by_unit == *" ALERT_$symbol "* || $by_script == *" $name "* ]] || fault "$table: no test sees $symbol"
done <<<"$rows"
while read -r number; do
    fault "$table: number $number stands twice"
done < <(sed -nE 's/^ *X\(([0-9]+), .*/\1/p' "$table" | sort | uniq -d)
finish
