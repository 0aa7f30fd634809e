#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# An agent that a roster does not name any more leaves as one that is unloaded: the dry run says what becomes of what it
# holds, what is dangerous waits for its name, its positions are closed, or kept and taken up again, and nothing of it is
# a crash. Each order that finds all as it wants it says so and ends with 0; one for what is not there ends with 2.
. "$(dirname "$0")/common.sh"

ctl() { "$AGON" ctl "$@" --dir "$WORK/run"; }
ends() { # CODE WORD...
    code=$1
    shift
    ctl "$@" >"$WORK/out" 2>&1
    rc=$?
    [ $rc = "$code" ] || fail "ctl $*: ended with $rc instead of $code: $(cat "$WORK/out")"
}
says() { # PATTERN: what the last one said
    grep -q -e "$1" "$WORK/out" || fail "not said: $1: $(cat "$WORK/out")"
}
is() { # QUERY WORD...
    query=$1
    shift
    ctl "$@" --json >"$WORK/is" 2>/dev/null && jq -e "$query" "$WORK/is" >/dev/null
}
holds() { is "any(.[]; .agent == \"$1\" and (.quantity | tonumber) != 0 and (.is_dust | not))" positions; }
trades() { is ".[] | select(.name == \"$1\") | .state == \"active\" and .fills > 2" agents; }
finds() { # TEXT ORDER...
    text=$1
    shift
    ends 0 "$@" && grep -q -- "$text" "$WORK/out"
}
stands() { # TEXT ORDER...: asked again only where the engine found no time for it within a second, and named no event
    text=$1
    shift
    ends 0 "$@"
    grep -q '^event ' "$WORK/out" || return 1
    says "$text"
}
roster() { # NAME...
    live_files "$(for name in "$@"; do agent "$name" busy.so "every: $((4 + ${name#busy_}))"; done)"
}

start_sim --seed 3
roster busy_1 busy_3 busy_2 # seeds go by the place in the roster
start_host
for name in busy_1 busy_2 busy_3; do until_true "$HOST_PID" "$name trades" trades $name; done
until_true "$HOST_PID" "busy_2 holds something" holds busy_2

# Closed: it is said before, and waits for its name.
roster busy_1 busy_3
ends 0 apply "$WORK/conf/roster.yaml" --dry-run
says 'busy_2 .*agent .*active .*unloaded'
# It goes on trading.
until_true "$HOST_PID" "what it holds, closed" finds 'busy_2 .*position binance:.*closed at the market' apply "$WORK/conf/roster.yaml" --dry-run
says 'busy_2 .*capital .*the account, once nothing is held'
until_true "$HOST_PID" "what it holds, kept" finds 'busy_2 .*position binance:.*kept, and no agent trades it' apply "$WORK/conf/roster.yaml" --dry-run --keep
ends 2 apply "$WORK/conf/roster.yaml" --close --keep
ends 5 apply "$WORK/conf/roster.yaml"
says 'its positions are closed then, or stay with --keep'
is 'any(.[]; .name == "busy_2" and .state == "active")' agents || fail "busy_2 is not active: $(cat "$WORK/is")"
ends 0 apply "$WORK/conf/roster.yaml" --yes busy_2
until_true "$HOST_PID" "its place is free" lines "$WORK/host.err" '"key":"vacated".*busy_2' 1
until_true "$HOST_PID" "it is gone from the list" is 'length == 2 and all(.[]; .name != "busy_2")' agents
is 'all(.[]; .agent != "busy_2")' positions || fail "positions: $(cat "$WORK/is")"
until_true "$HOST_PID" "the event" is 'any(.[]; .kind == "unloaded" and .of == "busy_2")' events
ends 0 apply "$WORK/conf/roster.yaml"
says none
echo "not in the roster any more: closed, and its place is free"

# Kept, and taken up again by a roster that names it.
until_true "$HOST_PID" "busy_1 holds something" holds busy_1
roster busy_3
ends 0 apply "$WORK/conf/roster.yaml" --keep --yes busy_1
until_true "$HOST_PID" "its orders are cancelled" is '.[0].name == "busy_1" and .[0].state == "ended" and .[0].open == 0' agents
holds busy_1 || fail "busy_1 holds nothing: $(cat "$WORK/is")"
is '.[0].failure | test("not in the roster any more; its positions are kept")' agents || fail "failure: $(cat "$WORK/is")"
until_true "$HOST_PID" "the event" is 'any(.[]; .kind == "unloaded" and .of == "busy_1")' events
roster busy_1 busy_3
ends 0 apply "$WORK/conf/roster.yaml"
fills=$(ctl agents --json | jq '.[0].fills')
until_true "$HOST_PID" "busy_1 trades again" is ".[0].name == \"busy_1\" and .[0].state == \"active\" and .[0].fills > $fills" agents
is 'all(.[]; .kind != "crash")' events || fail "an end is called a crash: $(cat "$WORK/is")"
ctl url >"$WORK/url"
! grep -q '"key":"slot-ended"' "$WORK/host.err" || fail "an end is called a loss: $(grep -m1 slot-ended "$WORK/host.err")"
echo "kept, and taken up again"

# By its name, and again; a start that names it takes up what was kept as well.
until_true "$HOST_PID" "busy_1 holds something" holds busy_1
ends 0 unload busy_1 --keep
says 'unloaded; its positions stay'
until_true "$HOST_PID" "its orders are cancelled" is '.[0].name == "busy_1" and .[0].state == "ended" and .[0].open == 0' agents
ends 0 unload busy_1 --keep
says 'was unloaded already'
kill -9 "$HOST_PID"
wait "$HOST_PID" 2>/dev/null
start_host
until_true "$HOST_PID" "busy_1 is back with what it holds" is '.[0].name == "busy_1" and .[0].state == "active"' agents
holds busy_1 || fail "busy_1 holds nothing: $(cat "$WORK/is")"
fills=$(ctl agents --json | jq '.[0].fills')
until_true "$HOST_PID" "busy_1 trades again" is ".[0].state == \"active\" and .[0].fills > $fills" agents

# An order that finds all as it wants it. One that the engine has no time for within a second says so at the next.
ends 0 halt busy_1 test
says halted
until_true "$HOST_PID" "halt busy_1 test: was halted already" stands 'was halted already' halt busy_1 test
ends 0 cancel busy_1
until_true "$HOST_PID" "busy_1 has no order" is 'length == 0' orders busy_1
# What is shown is a moment older than what the engine has.
nothing_open() { ends 0 cancel busy_1 && grep -q 'nothing to cancel' "$WORK/out"; }
until_true "$HOST_PID" "nothing is left to cancel" nothing_open
ends 0 flatten busy_1 --timeout 10m
until_true "$HOST_PID" "busy_1 holds nothing" is '.n_positions == 0 and .n_orders == 0' left busy_1
until_true "$HOST_PID" "flatten busy_1: nothing to close" finds 'nothing to close' flatten busy_1
until_true "$HOST_PID" "position close busy_1 BTCUSDT: nothing to close" finds 'nothing to close' position close busy_1 BTCUSDT
until_true "$HOST_PID" "already" is '.already == true' position close busy_1 BTCUSDT
ends 0 resume busy_1
says resumed
until_true "$HOST_PID" "resume busy_1: was not halted" stands 'was not halted' resume busy_1
ends 0 halt all test
until_true "$HOST_PID" "halt all test: everything was halted already" stands 'everything was halted already' halt all test
ends 0 resume all
ends 0 kill test
until_true "$HOST_PID" "kill test: was thrown already" stands 'was thrown already' kill test
ends 0 resume kill
until_true "$HOST_PID" "resume kill: was not thrown" stands 'was not thrown' resume kill
for verb in halt resume cancel flatten left reload rollback agent params 'unload --keep'; do
    # shellcheck disable=SC2086
    set -- $verb
    ends 2 "$1" nobody ${2-}
    says 'nobody'
done
ends 2 position close nobody BTCUSDT
ends 2 position close busy_1 NOSUCH
ends 2 order cancel 7
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host at its end"
"$AGON" replay "$WORK/run/journal" --verify >"$WORK/replay.out" || fail "the journal does not replay: $(tail -3 "$WORK/replay.out")"
# Who left keeps the name in whatever is said of the time before.
"$AGON" report "$WORK/run/journal" --json --html "$WORK/page.html" >"$WORK/report.json" || fail "report ended with $?"
"$AGON" report "$WORK/run/journal" >"$WORK/report" || fail "report ended with $?"
jq -e '[.happenings[] | select(.agent == "busy_2") | .text] | any(test("^is unloaded"))' "$WORK/report.json" >/dev/null ||
    fail "who was unloaded: $(jq -c '.happenings[]' "$WORK/report.json")"
jq -e 'all(.happenings[], .trades[]; .agent != "")' "$WORK/report.json" >/dev/null || fail "a line without a name: $(cat "$WORK/report.json")"
jq -e '(.left | map(.name)) == ["busy_2"] and (.left[0].fills > 2) and .all.fills == ([.agents[].fills, .left[].fills] | add)' "$WORK/report.json" >/dev/null ||
    fail "the totals leave out who left: $(jq -c '.all, .left' "$WORK/report.json")"
grep -q '^left: busy_2 ' "$WORK/report" && grep -q '<td[^>]*>left: busy_2</td>' "$WORK/page.html" && grep -q '3 agents \(made\|lost\)' "$WORK/page.html" ||
    fail "who left has no row: $(cat "$WORK/report")"
grep -q '  busy_2 *is unloaded' "$WORK/report" || fail "the text: $(cat "$WORK/report")"
grep -q '<td[^>]*>busy_2</td><td[^>]*>is unloaded' "$WORK/page.html" || fail "the page does not name who was unloaded"
for what in fills orders intents equity; do
    "$AGON" journal export "$WORK/run/journal" --"$what" "$WORK/$what.csv" || fail "journal export --$what ended with $?"
    grep -q busy_2 "$WORK/$what.csv" || fail "$what do not name who left: $(head -3 "$WORK/$what.csv")"
    awk -F, -v c=$([ $what = orders ] && echo 3 || echo 2) 'NR > 1 && $c == ""' "$WORK/$what.csv" >"$WORK/blank"
    [ $what = equity ] || [ ! -s "$WORK/blank" ] || fail "$what: a row without an agent: $(head -1 "$WORK/blank")"
done
echo "what was so already is said, and what is not there is refused"
