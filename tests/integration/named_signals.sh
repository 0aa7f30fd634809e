#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Signals have names: a reader hears the publisher that the roster names, of two that publish under the same name, and
# nobody who writes another's name into its own memory; what is forged is refused, counted, and no different in a replay.
# After a reload the new build's declaration holds. Mistakes in a roster are told with their place.
. "$(dirname "$0")/common.sh"
mkdir "$WORK/plugins"
cp "$PLUGINS/herald.so" "$PLUGINS/herald_twin.so" "$PLUGINS/listener.so" "$PLUGINS/listener_mute.so" "$PLUGINS/listener_old.so" "$WORK/plugins"

awk 'BEGIN {
    print "open_time_ms,open,high,low,close,volume"
    for (i = 0; i < 200; i++)
        printf "%.0f,60000,60060,59940,%d,50\n", 1735689600000 + i * 60000, 60000 + i % 30
    }' >"$WORK/binance_spot_BTCUSDT_bars.csv"
roster() { # NAME, its agents on standard input
    { printf 'seed: 1\nbase_currency: USDT\nagents:\n' && cat; } >"$WORK/$1.yaml"
}
agent_of() { # NAME PLUGIN MORE
    printf '  - {name: %s, plugin: %s, capital: 1000 USDT, instruments: ["binance:BTCUSDT"]%s}\n' "$1" "$2" "${3-}"
}
heard() { # JOURNAL SLOT: the numbers of what it heard (listener.c), each once
    "$AGON" journal cat "$1" --live --type intent 2>/dev/null | grep " slot=$2 " | grep -o 'client_ref=[0-9]*' | sort | uniq -c |
        awk '{ printf "%s%s", (NR > 1 ? " " : ""), $2; n += $1 } END { if (NR > 0) print " x" n }'
}

{
    agent_of ear listener.so ', signals: {trend: two.trend, mood: none}'
    agent_of one herald.so ', params: {say: 1}'
    agent_of two herald.so ', params: {say: 2}'
    agent_of forger herald.so ', params: {say: 6, as: two.trend}'
    agent_of other listener.so ', signals: {mood: one.trend, trend: none}'
} | roster play
for runner in inproc process; do
    "$AGON" backtest --roster "$WORK/play.yaml" --plugins "$WORK/plugins" --data "$WORK/binance_spot_BTCUSDT_bars.csv" \
        --runner $runner --journal "$WORK/$runner.journal" --csv "$WORK/$runner" --json >"$WORK/$runner.json" 2>"$WORK/err" ||
        fail "$runner: the backtest ended with $?: $(cat "$WORK/err")"
    of_two=$(heard "$WORK/$runner.journal" 0)
    of_one=$(heard "$WORK/$runner.journal" 4)
    case $of_two in "client_ref=2020 x"*) ;; *) fail "$runner: the reader of two hears: $of_two" ;; esac
    case $of_one in "client_ref=1011 x"*) ;; *) fail "$runner: the reader of one hears: $of_one" ;; esac
    [ "${of_two##*x}" -ge 100 ] && [ "${of_one##*x}" = "${of_two##*x}" ] || fail "$runner: $of_two, $of_one"
    n_forged=$("$AGON" journal cat "$WORK/$runner.journal" --type signal | grep -c ' slot=3 ')
    refused=$(awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i } $at["agent"] == "forger" { print $at["refused"] }' \
        "$WORK/$runner/agents.csv")
    [ "$n_forged" -ge 100 ] && [ "$refused" = "$n_forged" ] || fail "$runner: $n_forged forged, $refused refused"
    "$AGON" replay "$WORK/$runner.journal" --verify --json >"$WORK/replay.json" || fail "$runner: the replay failed"
    for what in intents_hash state_hash; do
        [ "$(json "$WORK/$runner.json" $what)" = "$(json "$WORK/replay.json" $what)" ] || fail "$runner: the replay ends elsewhere"
    done
done
[ "$(json "$WORK/inproc.json" intents_hash)" = "$(json "$WORK/process.json" intents_hash)" ] || fail "the runners differ"
echo "each reader hears whom the roster names, $n_forged forged signals were refused, and a replay is equal"

bad() { # TEXT, agents on standard input
    roster bad
    "$AGON" backtest --roster "$WORK/bad.yaml" --plugins "$WORK/plugins" --data "$WORK/binance_spot_BTCUSDT_bars.csv" \
        --journal "$WORK/none" >"$WORK/out" 2>"$WORK/err"
    got=$?
    [ $got = 3 ] && [ ! -e "$WORK/none" ] || fail "ended with $got instead of 3: $(cat "$WORK/out" "$WORK/err")"
    grep -q -e "$1" "$WORK/err" || fail "the message lacks '$1': $(cat "$WORK/err")"
}
publisher=$(agent_of one herald.so)
{ echo "$publisher" && agent_of ear listener.so ', signals: {trend: oen.trend, mood: none}'; } |
    bad "bad.yaml:5:[0-9]*: error.*agents\[1\].signals.trend.*'oen' is not an agent of this roster.*did you mean 'one'"
{ echo "$publisher" && agent_of ear listener.so ', signals: {trend: one.tremd, mood: none}'; } |
    bad "bad.yaml:5:[0-9]*: error.*publishes no 'tremd'; expected one of: trend, mood; did you mean 'trend'"
{ echo "$publisher" && agent_of ear listener.so ', signals: {tend: one.trend, trend: none, mood: none}'; } |
    bad "bad.yaml:5:[0-9]*: error.*reads no such signal; expected one of: trend, mood; did you mean 'trend'"
{ echo "$publisher" && agent_of ear listener.so ', signals: {trend: one.trend}'; } |
    bad "bad.yaml:5:[0-9]*: error.*reads a signal 'mood', and nothing says whose; expected .signals: {mood: AGENT.NAME}., or .signals: {mood: none}"
{ echo "$publisher" && agent_of ear listener.so; } | bad "bad.yaml:5:[0-9]*: error.*reads a signal 'trend', and nothing says whose"
{ echo "$publisher" && agent_of ear listener.so ', signals: {trend: one, mood: none}'; } | bad "expected AGENT.NAME"
agent_of ear listener_old.so | bad "requires agon.signal/1, which is not served; expected agon.signal/2, with names in its descriptor"
echo "mistakes of a roster are told at their place"

# One of an earlier SDK that can do without goes on, and somebody is told what it does without.
{ echo "$publisher" && agent_of mute listener_mute.so; } | roster mute
"$AGON" backtest --roster "$WORK/mute.yaml" --plugins "$WORK/plugins" --data "$WORK/binance_spot_BTCUSDT_bars.csv" \
    --journal "$WORK/mute.journal" >"$WORK/out" 2>"$WORK/err" || fail "with a plugin of an earlier SDK it ended with $?: $(cat "$WORK/err")"
[ -z "$(heard "$WORK/mute.journal" 1)" ] || fail "it hears $(heard "$WORK/mute.journal" 1)"
cat "$WORK/out" "$WORK/err" | grep -q 'asks for signals and declares no input: it hears none' || fail "nobody is told: $(cat "$WORK/out" "$WORK/err")"

"$AGON" inspect "$PLUGINS/herald.so" --describe >"$WORK/out" || fail "inspect ended with $?"
grep -q '^publishes  *trend mood$' "$WORK/out" || fail "inspect: $(cat "$WORK/out")"
"$AGON" inspect "$PLUGINS/listener.so" --describe | grep -q '^reads  *trend mood$' || fail "inspect names no inputs"

# A live host: who was named so that his signal has the number of another's is suspended, and the others begin. The reader hears until the publisher is replaced by a build that no longer declares the name and
# publishes under it all the same.
PLUGINS=$WORK/plugins
ctl() { "$AGON" ctl "$@" --dir "$WORK/run"; }
is() { # QUERY WORD...
    query=$1
    shift
    ctl "$@" --json >"$WORK/out" 2>/dev/null && jq -e "$query" "$WORK/out" >/dev/null
}
start_sim --seed 3
live_files "$(agent herald herald.so 'say: 3, as: herald.trend')
$(agent ear listener.so '' '' ', signals: {trend: herald.trend, mood: herald.mood}')
$(agent evil herald_twin.so 'say: 6')"
start_host
until_true "$HOST_PID" "who has the number of another's signal is suspended" \
    is '.agent.state == "SUSPENDED" and (.agent.failure | test("has the number of one that slot herald"))' agent evil
until_true "$HOST_PID" "signals that were heard" is '.agent.intents > 20' agent ear
is '.agent.reads == {trend: "herald.trend", mood: "herald.mood"}' agent ear || fail "whom it hears: $(cat "$WORK/out")"
is '.agent.refused == 0' agent herald || fail "what it declares is refused: $(cat "$WORK/out")"

# Whose an agent hears is the roster's word at its reload.
hears() { # TREND: reloads ear with this
    sed -i "s/trend: [a-z.]*, mood: herald.mood/trend: $1, mood: herald.mood/" "$WORK/conf/roster.yaml"
    ctl apply "$WORK/conf/roster.yaml" >"$WORK/out" 2>&1 || fail "apply: $(cat "$WORK/out")"
    grep -q 'ear .*signals .*with a reload' "$WORK/out" || fail "apply says: $(cat "$WORK/out")"
    ctl reload ear >"$WORK/out" 2>&1 || fail "reload of ear: $(cat "$WORK/out")"
}
count() { ctl agent "$1" --json | jq ".agent.$2"; }
more() { # NAME FIELD N: that agent's figure is to become more by so much
    until_true "$HOST_PID" "$2 of $1" is ".agent.$2 > $(($(count "$1" "$2") + $3))" agent "$1"
}
hears none
more herald meters.signals.count 20
hears herald.trend
more ear intents 5

cp "$BUILT_PLUGINS/herald_less.so" "$WORK/plugins/next.so"
ctl reload herald "$WORK/plugins/next.so" >"$WORK/out" 2>&1 || fail "the reload: $(cat "$WORK/out")"
until_true "$HOST_PID" "refused signals" is '.agent.refused > 20' agent herald
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host"
! grep -q '"key":"nth-differs"' "$WORK/host.err" || fail "the engine counts other events than were heard"
"$AGON" replay "$WORK/run/journal" --verify >"$WORK/replay.out" || fail "the journal does not replay"
# What ear heard, by its generation and by what it heard of; herald's second one has said nothing that is heard.
config() { "$AGON" journal cat "$WORK/run/journal" --type config | grep "kind=generation slot=$1 "; }
"$AGON" journal cat "$WORK/run/journal" --type intent | grep ' slot=1 ' |
    sed 's/.* slot=1 .*generation=\([0-9]*\) .*cause_seq=\([0-9]*\) .*client_ref=\([0-9]*\).*/\1 \2 \3/' >"$WORK/heard"
swap=$(config 0 | awk '{ print $1 }')
awk -v swap="$swap" '{ n[$1]++; if ($2 > swap || $3 != 30) bad = bad $0 "; " }
    END { if (bad != "" || n[1] < 20 || n[2] > 0 || n[3] < 1) { print "1:", n[1] + 0, "2:", n[2] + 0, "3:", n[3] + 0, bad; exit 1 } }' \
    "$WORK/heard" >"$WORK/out" || fail "heard by the three generations, the second hears none, and none after $swap: $(cat "$WORK/out")"
echo "$(wc -l <"$WORK/heard") signals were heard while the publisher declared them and the roster named them, and none else"
