#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Any agent is unloaded by name, with what it holds closed or kept, and its place in the table is used again by another
# of any name: nothing of the one before is the new one's, no id of an order comes back, and a restart finds each in its
# place in whatever order the roster names them. One that lost is not given what its account has no more of: an `apply`
# refuses with both amounts, its dry run too, and a start gives what there is and warns.
. "$(dirname "$0")/common.sh"

ctl() { "$AGON" ctl "$@" --dir "$WORK/run"; }
ends() { # CODE WORD...
    code=$1
    shift
    ctl "$@" >"$WORK/out" 2>&1
    rc=$?
    [ $rc = "$code" ] || fail "ctl $*: ended with $rc instead of $code: $(cat "$WORK/out")"
}
is() { # QUERY WORD...
    query=$1
    shift
    ctl "$@" --json >"$WORK/out" 2>/dev/null && jq -e "$query" "$WORK/out" >/dev/null
}
trades() { is ".[] | select(.name == \"$1\") | .state == \"active\" and .fills > 2" agents; }

start_sim --seed 3
live_files "$(agent busy_1 busy.so 'every: 5')
$(agent busy_2 busy.so 'every: 6')
$(agent busy_3 busy.so 'every: 7')"
start_host
for name in busy_1 busy_2 busy_3; do until_true "$HOST_PID" "$name trades" trades $name; done

ends 2 unload busy_2
ends 2 unload nobody --close
ends 0 unload busy_2 --close --timeout 10m
until_true "$HOST_PID" "its place is free" lines "$WORK/host.err" '"key":"vacated".*busy_2' 1
until_true "$HOST_PID" "it is gone from the list" is 'length == 2 and all(.[]; .name != "busy_2")' agents
is 'all(.[]; .agent != "busy_2")' positions || fail "positions: $(cat "$WORK/out")"

# Its place is another's, also of what is seen of it behind a restart: whatever was before it came was the other's.
is '.seq > 0' status || fail "status: $(cat "$WORK/out")"
since=$(jq .seq "$WORK/out")
since_ms=$(jq .t_ms "$WORK/out")
live_files "$(agent busy_1 busy.so 'every: 5')
$(agent newcomer busy.so 'every: 6')
$(agent busy_3 busy.so 'every: 7')"
ends 0 apply "$WORK/conf/roster.yaml"
is '.[] | select(.name == "newcomer") | .slot == 1' agents || fail "the newcomer's place: $(cat "$WORK/out")"
until_true "$HOST_PID" "the newcomer trades" trades newcomer
is 'all(.[]; .agent != "busy_2")' fills || fail "fills of who has gone: $(cat "$WORK/out")"
ends 0 apply "$WORK/conf/roster.yaml"
grep -q 'none' "$WORK/out" || fail "a roster that runs differs: $(cat "$WORK/out")"
echo "unloaded, and its place is another's"

# Kept: its positions stay, and so does its place until somebody closes them.
ends 0 unload busy_1 keep
is '.[0].name == "busy_1" and .[0].state == "ended" and .[0].open == 0' agents ||
    until_true "$HOST_PID" "its orders are cancelled" is '.[0].name == "busy_1" and .[0].open == 0' agents
kill -9 "$HOST_PID"
wait "$HOST_PID" 2>/dev/null
live_files "$(agent busy_3 busy.so 'every: 7')
$(agent newcomer busy.so 'every: 6')"
start_host
until_true "$HOST_PID" "the newcomer trades again" trades newcomer
is '(.[] | select(.name == "newcomer") | .slot) == 1 and (.[] | select(.name == "busy_3") | .slot) == 2' agents ||
    fail "places after kill -9: $(cat "$WORK/out")"
is "length > 0 and all(.[]; .seq > $since)" fills newcomer || fail "fills of who had its place: $(jq -c "[.[] | select(.seq <= $since)]" "$WORK/out")"
curl -s -H "Authorization: Bearer $(cat "$WORK/run/token")" "$(cat "$WORK/run/http")/api/v1/equity" >"$WORK/out"
# With what it was given it begins at the last look before it came.
jq -e ".newcomer | length > 0 and ([.[] | select(.[0] < $since_ms)] | length <= 1 and all(.[]; .[1] == .[2]))" "$WORK/out" >/dev/null ||
    fail "points of who had its place, before $since_ms: $(jq -c '.newcomer[:3]' "$WORK/out")"
is '.left_agents == 1 and (.left_result | tonumber) != 0' status || fail "who left, behind a restart: $(cat "$WORK/out")"
if is 'any(.[]; .name == "busy_1")' agents; then
    ends 0 flatten busy_1 --timeout 10m
    until_true "$HOST_PID" "its place is free" lines "$WORK/host.err" '"key":"vacated".*busy_1' 1
fi
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host at its end"
# What was unconfirmed when it ended is learnt by the next run, if it has the time and nobody goes on asking for more.
live_files "$(agent busy_3 busy.so 'every: 1000000')
$(agent newcomer busy.so 'every: 1000000')"
again=0
until settled; do
    start_host
    until_true "$HOST_PID" "the host is back" is '.health == "ok"' status
    until_true "$HOST_PID" "every request's fate, and what the exchange has" settled
    kill -TERM "$HOST_PID"
    ended "$HOST_PID" 0 "the host at its end"
    [ "$((again += 1))" -le 5 ] || fail "the exchange's facts are not the journal's: $(diff "$WORK/facts" "$WORK/asks")"
done
ids_once
"$AGON" replay "$WORK/run/journal" --verify >"$WORK/replay.out" || fail "the journal does not replay: $(tail -3 "$WORK/replay.out")"
echo "kept, closed later, and all found their places after kill -9"

# On paper: fees and spread are lost, and its account has less than the roster says.
rm -rf "$WORK/run"
MODE=paper
LOUD='orders_per_second: 1000, orders_burst: 10000, open_orders: 200'
live_files "$(agent loser busy.so 'every: 5' "$LOUD")
$(agent other busy.so 'every: 1000000' "$LOUD")"
sed -i '/^credential:/d' "$WORK/conf/venue.yaml"
: >"$WORK/host.err"
start_host
lost() { is ".[] | select(.name == \"loser\") | .fills > 20 and (.equity | tonumber) < 99999" agents; }
capital_of() { ctl agents --json | jq -r ".[] | select(.name == \"$1\") | .capital"; }
until_true "$HOST_PID" "the loser has lost" lost
ends 0 unload loser --close --timeout 10m
until_true "$HOST_PID" "its place is free" lines "$WORK/host.err" '"key":"vacated".*loser' 1
for how in --dry-run ''; do
    # shellcheck disable=SC2086
    ends 3 apply "$WORK/conf/roster.yaml" $how
    grep -q 'loser: agent: a capital of 100,*000[.0]* USDT is wanted, and the account has 9[0-9.,]* for it: lower `capital` by [0-9.,]*, or bring money' \
        "$WORK/out" || fail "not said by apply $how: $(cat "$WORK/out")"
done
# What comes before it in the same roster may free the capital.
sed 's/name: loser,/name: third,/' "$WORK/conf/roster.yaml" | sed '/name: third/s/100000/9000/' >"$WORK/conf/less.yaml"
ends 0 apply "$WORK/conf/less.yaml" --dry-run
# Each of two that come fits alone, and both do not: what the first takes is not there for the second. What another gives back is.
two() { # CAPITAL of other, NAME...
    printf 'seed: 1\nbase_currency: USDT\nagents:\n'
    agent other busy.so 'every: 1000000' "$LOUD" | sed "s/100000 USDT/$1 USDT/"
    shift
    for name in "$@"; do agent "$name" busy.so 'every: 1000000' "$LOUD" | sed 's/100000 USDT/60000 USDT/'; done
}
for name in second third; do
    two 100000 $name >"$WORK/conf/$name.yaml"
    ends 0 apply "$WORK/conf/$name.yaml" --dry-run
done
two 100000 second third >"$WORK/conf/two.yaml"
for how in --dry-run ''; do
    # shellcheck disable=SC2086
    ends 3 apply "$WORK/conf/two.yaml" $how
    grep -q 'third: agent: a capital of 60,000.00 USDT is wanted, and of the [0-9.,]* that the account has for it what this roster gives before it leaves 3[0-9.,]*: lower `capital` by 2[0-9.,]*,' \
        "$WORK/out" || fail "two that come, apply $how: $(cat "$WORK/out")"
done
is 'map(.name) == ["other"]' agents || fail "what was refused was begun: $(cat "$WORK/out")"
two 70000 second third >"$WORK/conf/two.yaml"
ends 0 apply "$WORK/conf/two.yaml" --dry-run
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host on paper"
for n in 1 2; do
    : >"$WORK/host.err"
    start_host
    until_true "$HOST_PID" "the host is back, start $n" is 'length == 2' agents
    grep -q '"key":"capital-short".*agent loser a capital of 100,*000[.0]* USDT, and its account has 9[0-9.,]*: it begins with 9' \
        "$WORK/host.err" || fail "not said by start $n: $(grep loser "$WORK/host.err")"
    ! grep -q 'capital-short.*other' "$WORK/host.err" || fail "a warning of who has its capital"
    capital_of loser | grep -q '^9' && [ "$(capital_of loser)" != "$(capital_of other)" ] || fail "capital: $(capital_of loser), $(capital_of other)"
    ends 3 apply "$WORK/conf/roster.yaml" --dry-run
    grep -q 'is wanted, and the account has 9' "$WORK/out" || fail "not said of who is short: $(cat "$WORK/out")"
    kill -TERM "$HOST_PID"
    ended "$HOST_PID" 0 "the host on paper"
done
"$AGON" replay "$WORK/run/journal" --verify >"$WORK/replay.out" || fail "the journal does not replay: $(tail -3 "$WORK/replay.out")"
echo "who lost is not given what is not there, and the host starts"
