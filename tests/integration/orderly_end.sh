#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A host is told to end in the moment in which its agent has placed an order, no view shows it yet, and the core is held
# up: the order is cancelled all the same, and the host has ended when it is over. Three times, since a view may come at
# any moment.
. "$(dirname "$0")/common.sh"

cp "$PLUGINS/once.so" "$WORK/once.so"
certify "$WORK/once.so"
for round in 1 2 3; do
    ONCE=$WORK/once.so PLUGINS=$AGON_BUILD_ROOT/plugins "${TOOLS}hands" end "$WORK/$round" 2>"$WORK/host$round.err" ||
        fail "round $round: $(grep '^hands:' "$WORK/host$round.err")"
    grep -q '"key":"left","text":"nothing' "$WORK/host$round.err" || fail "round $round: $(grep '"left"' "$WORK/host$round.err")"
done
echo "three orderly ends right behind an order: nothing is left open"
