#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# findings: the runs of docs/findings.md. Each is one of today's integration scripts on the program of commit ebe6ec3, where
# what was wrong still is (tests/support/on_commit.sh), or of the one that AT names; its line is what failed, or what was
# still waited for.
#
#   tests/support/findings.sh [NAME...]
#
# What that program has not got is taken out of the script by the expressions of sed that stand here, so that the line tells
# what it does; where nothing can be taken out, the line tells what is not there. --own-check marks those in which the
# expressions insert or rewrite the check that fails, or the step before it: docs/findings.md says so (lint: requirements.py).
set -u
here=$(dirname "$(readlink -f "$0")")
wanted=" $* "
rc=0

# on NAME SCRIPT [--own-sim | --own-check] [EXPRESSION...]
on() {
    local name=$1 script=$2 edits=(--edit '/^load_from:/d') own=() put_in='' out
    shift 2
    case $wanted in "  " | *" $name "*) ;; *) return ;; esac
    [ "${1-}" != --own-sim ] || { own=(--own-sim) && shift; }
    [ "${1-}" != --own-check ] || { put_in=' (check put in)' && shift; }
    for edit in "$@"; do edits+=(--edit "$edit"); done
    out=$("$here/on_commit.sh" "${own[@]}" "${edits[@]}" "${AT:-ebe6ec3}" "$script") || rc=1
    # Of a log only what the script says of it.
    printf '%s%s: %s\n' "$name" "$put_in" "$(sed -e '/^    --- the end of/d' -e '/^    {"t":/d' -e '/^on_commit: /d' <<<"$out" | cut -c1-"${WIDTH:-400}")"
}

futures='/^echo "rights:/d' # an operator names no place for a key's rights there

on ghost ghost "$futures" '/stray_orders/d'
# The same, and on through its end and another run.
on ghost_kept ghost "$futures" '/stray_orders/d' 's/ || fail "\(open at\|what it left\|after the end\)/ || echo "\1/' \
    '/^! "$AGON" journal cat/,/^    fail/d'
LIMIT=60 on clock clock
# A false reading, then a restart under the right clock.
LIMIT=60 on clock_restart clock --own-check \
    's/^    goes_on "$offset s off for 0.6 s"/    sleep 3; kill -TERM "$HOST_PID"; wait "$HOST_PID"; start_clocked; goes_on "after $offset s for 0.6 s and a restart"/'

# A journal that is ten years ahead: the host starts, and sends nothing more.
LIMIT=60 on rewind rewind --own-check 's/^"${TOOLS}ahead".*/&; "$AGON" journal stats "$WORK\/run\/journal" --live --json | grep t_last/' \
    's/^ended "$HOST_PID" 7 .*/n=$(grep -c order.place "$SIM_LOG"); until_true "$HOST_PID" "orders of the host that started" lines "$SIM_LOG" order.place $((n + 5))/'

# A halt of everything, then kill -9.
no_drill='/^# While all trade/,/^echo "stopped while all/d'
on halt stop --own-check "$no_drill" '/ends 0 halt busy_2/d' '/ends 0 halt ETHUSDT/d' 's/ends 0 halt all "by hand"/ends 0 halt all/' \
    "s/^is 'map(select(.by.*/until_true 0 'a host that is halted or runs' is '.state == \"halted\" or .orders > 20' status; is '.state == \"halted\"' status || fail \"kill -9 lifted the halt: \$(jq -c '{state, orders}' \"\$WORK\/out\")\"/"
# flatten behind the kill switch, and with the exchange away.
alone='/^# A halt by a person/,/^# Killed: what the host/d'
on flatten_killed stop --own-check "$no_drill" "$alone" 's/^ends 0 kill "enough"/ends 0 kill/' \
    's/^ends 0 stop --timeout 60s/ends 0 flatten all; sleep 5; cat "$WORK\/out"; echo "and holds: $(ctl positions --json | jq -c "map({agent, symbol, quantity})")"; is "all(.[]; .side == \\"flat\\" or .quantity == \\"0\\")" positions || fail "flatten closed nothing"/'
on flatten_away stop --own-check "$no_drill" "$alone" '/^until_true "$HOST_PID" "they trade again" trades$/,/^# The exchange is away/{//!d}' \
    's/^ends 0 kill "enough"/:/' 's/^ends 1 flatten all --timeout 1s/ctl flatten all >"$WORK\/out"; rc=$?/' \
    "s/'every position .(is.|was.) closed'/'positions are closed'/" 's/says: $(cat/ends with $rc and says: $(cat/'

LIMIT=20 on two_hosts two_hosts
# Both may trade, and the second has sent three orders: which ids do both journals hold?
on two_hosts_ids two_hosts --own-check "s/'every: 20'/'every: 2'/" '/^ready a "$a"/d' '/"orders of the first" orders 3/d' \
    's/^ended "$HOST_PID" 5 "a second host on the account"/sent() { "${TOOLS}facts" "$WORK\/run_$1\/journal" 2>\/dev\/null | grep ^sent | cut -d" " -f2 | sort >"$WORK\/sent_$1"; [ "$(wc -l <"$WORK\/sent_$1")" -ge 3 ]; }\nready b "$HOST_PID"; until_true 0 "orders of the second" sent b; until_true 0 "orders of the first" sent a; both=$(comm -12 "$WORK\/sent_a" "$WORK\/sent_b"); [ -z "$both" ] || fail "both have sent:" $both/'
on losses losses '/jq -e --arg reason/,+1d' 's/^    at=.*/    at=2023-11-14T22:14:10Z/'
on portfolio portfolio
on leverage limits_apply "s/^values='capital.*/values='leverage:1:125'/" "/^order:1000/,/^on_breach/d" '/^diff "/d'
on stop_hung stop_hung 's/kill "nothing answers"/kill/'
# Beside a limit that is lowered.
on leverage_beside limits_apply "s/^values='capital.*/values='leverage:1:125'/" "/^order:1000/,/^on_breach/d" '/^diff "/d' \
    's/^    roster "$key" "$loose" >"$WORK\/loose.yaml"/&; sed -i "s,leverage: 125,leverage: 125\\, drawdown: 19%," "$WORK\/loose.yaml"/'
on currencies currencies
LIMIT=15 on withdraw secrets
on plain_text secrets '/^# A key that may withdraw/,/^rm -rf/d' 's/^"$AGON" run --config "$WORK\/conf\/far_live/timeout 8 &/'
one_host='/^# A key that may withdraw/,/^# A host that trades with the canary/d'
no_keeper='/^# The other key of the account/,/^until_true "$keeper" "the keeper watches"/d'
on core_limit secrets "$one_host" "$no_keeper" '/of the keeper"/d' 's/^for pid in $host $keeper/for pid in $host/'
on core_memory secrets "$one_host" "$no_keeper" '/of the keeper"/d' '/^for pid in $host $keeper/,/^done/d' '/^    # Pages that are locked/,/^        fail/d' \
    '/canary_works "/d' '/memory of the keeper" /d'
# What is read without any token.
on token secrets --own-check "$one_host" "$no_keeper" \
    's/^until_true "$host" "orders with the canary".*/&; code=$(curl -s -o \/dev\/null -w "%{http_code}" "$(cat "$WORK\/run\/http")\/api\/v1\/status"); [ "$code" = 401 ] || fail "GET \/api\/v1\/status without a token: $code"/'
on folders control '/^is .\.journal_class/,/^told() {/{/^told() {/!d}' "/^told 'orders_on_reload/d" "/^told 'busy_1' rollback/d" "/^told 'not an ELF/d"
on builds control --own-check '/^is .\.journal_class/,/^kill -TERM/{/^kill -TERM/!d}' \
    's/^ended "$HOST_PID" 0 "the host at its end"/&; "$AGON" journal cat "$WORK\/run\/journal" --type start >"$WORK\/start"; ! grep "=0000000000000000" "$WORK\/start" || fail "a build id is zeros"/'
on file_limit file_limit
on numbers models
on impact models 's/"6e4"/"60000"/' 's/"5e-1"/"0.5"/' '/drawn/d' 's/^impact=.*/&; cat "$WORK\/err"; exit 1/'
on data_step data_step '/figure unjudged/d' '/figure orders/d' \
    's/fail "it hardly trades: .*/fail "it hardly trades: $(jq -c ".agents[0] | {intents, fills, refused_by}" "$WORK\/report")"/'
LIMIT=60 on sim_speed sim_speed --own-sim
LIMIT=60 on connects feed
on alerts alerts
LIMIT=20 on alert_kinds alert_kinds
LIMIT=15 on keeper keeper
on unload unload 's/.state == \\"active\\" and //'
on bad_plugin bad_plugin '/^refuses_missing [mn]/d; /^# With something in their place/,/^rm .*missing.so/d'

# Before backtest, paper and live had one world.
AT=6592523 on instruments instruments
AT=6592523 on market_time market_time
AT=6592523 on sim_quotes sim_quotes --own-sim
AT=6592523 on received received
AT=6592523 on rate rate
AT=6592523 on rules rules

exit $rc
