#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# alerts: each kind of ALERTS(X) is raised by the product, and a test sees it: one that nobody raises promises what is
# not so.
. "$(dirname "$0")/common.sh"

table=host/market/alerts.h
rows=$(sed -nE 's/^ *X\([0-9]+, ([A-Z_]+), "([a-z_]+)".*/\1 \2/p' "$table")
[ -n "$rows" ] || fault "$table: no rows found: has the table another form?"
# A call of one of the three ways, up to its end; on one line each.
calls=$(find host -name '*.c' -print0 | xargs -0 cat | tr '\n' ' ' |
    grep -oE '(engine_raise|engine_note|host_alert|host_alert_once)\([^;]*;')
while read -r symbol name; do
    grep -qw "ALERT_$symbol" <<<"$calls" || fault "$table: $symbol is raised nowhere"
    # A unit test names the kind, an integration script asks for its name.
    grep -rqwE --include='test_*.c' "ALERT_$symbol" tests/unit ||
        grep -rqE --include='*.sh' "kind == \\\\*\"$name\\\\*\"|\"kind\":\"$name\"|\"key\":\"$name\"|kind=$name\b|alerted $name( |\$)" tests/integration ||
        fault "$table: no test sees $symbol"
done <<<"$rows"
while read -r number; do
    fault "$table: number $number stands twice"
done < <(sed -nE 's/^ *X\(([0-9]+), .*/\1/p' "$table" | sort | uniq -d)
finish
