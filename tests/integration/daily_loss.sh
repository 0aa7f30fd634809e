#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What a loss limit stops says so: a daily_loss below what one order could lose refuses the order with the limit, what was
# lost and what the order could lose, and `config check` warns of it; an agent that reached it, or its drawdown, is not
# "active" in any view: it says that it opens nothing more, since when, until when, and what lifts it.
. "$(dirname "$0")/common.sh"

ctl() { "$AGON" ctl "$@" --dir "$WORK/run"; }
is() { # QUERY WORD...
    query=$1
    shift
    ctl "$@" --json >"$WORK/is" 2>/dev/null && jq -e "$query" "$WORK/is" >/dev/null
}
metric() { # LINE
    curl -s -H "Authorization: Bearer $(cat "$WORK/run/token")" "$(cat "$WORK/run/http")/metrics" | grep -qxF "$1"
}

# A price that falls by 100 of 30000 each second.
awk 'BEGIN {
    print "timestamp,side,price,amount"
    for (i = 0; i < 250; i++) printf "%d000000,BUY,%d,5.5\n", 1700000040 + i, 30000 - 100 * i
}' >"$WORK/BTCUSDT.csv"
start_sim --data "$WORK/BTCUSDT.csv"
LOUD='orders_per_second: 1000, orders_burst: 10000, open_orders: 200'
live_files "$(agent tiny buyer.so '' "$LOUD, daily_loss: 0.0001%")
$(agent day buyer.so '' "$LOUD, daily_loss: 1%, drawdown: 100%")
$(agent fall buyer.so '' "$LOUD, daily_loss: 100%, drawdown: 1%")
$(agent plain busy.so 'every: 50')"
sed -i 's/, "binance:ETHUSDT"//' "$WORK/conf/roster.yaml"
sed -i '/ETHUSDT/d' "$WORK/conf/live.yaml"
"$AGON" config check "$WORK/conf/live.yaml" --plugins "$PLUGINS" >"$WORK/check" 2>&1 || fail "config check: $(cat "$WORK/check")"
grep -q 'roster.yaml:[0-9]*: warning: agent tiny: no order at market can pass: daily_loss is 0.10 USDT' "$WORK/check" ||
    fail "no warning of tiny: $(cat "$WORK/check")"
! grep -q 'agent plain: .*daily_loss' "$WORK/check" || fail "a warning of what passes: $(cat "$WORK/check")"

start_host
until_true "$HOST_PID" "orders are refused for daily_loss" is '.refusals[0].reason == "daily_loss"' agent tiny
is '.agent.fills == 0 and .agent.state == "active" and (.agent.stopped == null)' agent tiny || fail "tiny: $(cat "$WORK/is")"
is '.refusals[0].text | test("daily_loss is 0[.]10 USDT: 0[.]00 is lost today, .* the last order refused [0-9.]+;")' agent tiny ||
    fail "the refusal's text: $(jq -c .refusals "$WORK/is")"
is '.refusals[0].text | capture("order refused (?<n>[0-9.]+);").n | tonumber > 0' agent tiny || fail "an order that could lose nothing: $(cat "$WORK/is")"
echo "refused for what it could lose, and says so"

until_true "$HOST_PID" "day reached its daily loss" is '.[] | select(.name == "day") | .state == "daily loss"' agents
is '.[] | select(.name == "day") | .stopped | .by == "daily_loss" and (.since | length > 0) and (.until | test("T00:00:00")) and
    (.text | test("until the day turns at .* no resume lifts it sooner"))' agents || fail "day: $(cat "$WORK/is")"
is 'any(.[]; .of == "day" and .cause == "daily loss" and .by == "risk gate" and (.reason | test("until the day turns")))' halts ||
    fail "halts: $(cat "$WORK/is")"
ctl agent day >"$WORK/out" && grep -q 'Stopped by a loss limit' "$WORK/out" && grep -q 'no resume lifts it sooner' "$WORK/out" ||
    fail "agent day: $(cat "$WORK/out")"
ctl agents | grep -q '^day  *daily loss' || fail "agents: $(ctl agents)"
metric 'agon_agent_state{agent="day",state="daily loss"} 1' || fail "the metric"
# A resume while it is being closed calls that off, and would be something done.
until_true "$HOST_PID" "day is closed" is 'any(.[]; .agent == "day" and (.quantity | tonumber) != 0) | not' positions
not_resumed() { # asked again only where the engine found no time for it within a second, and named no event
    ctl resume day >"$WORK/out" || fail "resume day: $(cat "$WORK/out")"
    grep -q '^event ' "$WORK/out" || return 1
    grep -q 'was not halted; its daily loss stands until [-0-9]*T00:00 UTC, and no resume lifts it$' "$WORK/out" ||
        fail "resume day says: $(cat "$WORK/out")"
}
until_true "$HOST_PID" "a resume says that day's loss stands" not_resumed
# A smaller order, or a larger limit, does not pass while it stands: the refusal says until when it does.
until_true "$HOST_PID" "day is refused" is 'any(.refusals[]; .reason == "daily_loss")' agent day
is '.refusals[] | select(.reason == "daily_loss") | .text | test("is lost today; opens nothing more until the day turns at .* no resume lifts it sooner") and
    (test("passes$") | not)' agent day || fail "the refusal of day: $(jq -c .refusals "$WORK/is")"
is '.[] | select(.name == "day") | .state == "daily loss"' agents || fail "a resume lifted it: $(cat "$WORK/is")"
echo "its loss of the day stops it, in every view"

until_true "$HOST_PID" "fall reached its drawdown" is '.[] | select(.name == "fall") | .state == "drawdown"' agents
is '.[] | select(.name == "fall") | .stopped | .by == "drawdown" and .until == null and (.text | test("agon ctl resume fall"))' agents ||
    fail "fall: $(cat "$WORK/is")"
ctl resume fall >"$WORK/out" && grep -q resumed "$WORK/out" || fail "resume fall: $(cat "$WORK/out")"
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host at its end"
echo "its drawdown stops it until a person resumes it"
