#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A flood that fills a meter is a fault of its agent to the tournament: it is ended, begins again and is not quarantined, and no
# plan after that gives it capital, though another one of the same code that behaves is given what it lacks.
. "$(dirname "$0")/common.sh"

ctl() { "$AGON" ctl "$@" --dir "$WORK/run"; }
is() { # QUERY WORD...
    query=$1
    shift
    ctl "$@" --json >"$WORK/out" 2>/dev/null && jq -e "$query" "$WORK/out" >/dev/null
}
rascal() { # NAME SECONDS: it behaves so long, and once it was ended for good
    printf '  - {name: %s, plugin: %s.so, stage: live, capital: 400 USDT, instruments: ["binance:ETHUSDT"], hard: 30s,\n' "$1" "$1"
    printf '     params: {after_s: %s, again_s: 1000000, flood: 50}, limits: {orders_per_second: 1, orders_burst: 5}, meters: {refused: 1}}\n' "$2"
}
# Who is below the floor, a hundredth of the whole, is brought back to it by the next plan; of what busy_1 gives, which is under its gate.
roster() { # SCHEDULE
    printf '%s\n%s\n%s\n' "$(agent busy_1 busy.so 'every: 60')" "$(rascal flood_1 1)" "$(rascal calm_1 1000000)"
    printf 'tournament: {schedule: "%s", sample: 1m, window: 1h, min_samples: 1, min_trades: 1, evidence: 0, back_after: 1, fault_rest: 100,\n' "$1"
    printf '  gates: {profit_factor: 900, failures: 100}}\n'
}
mkdir "$WORK/plugins"
cp "$PLUGINS/busy.so" "$WORK/plugins"
for name in flood_1 calm_1; do
    cp "$AGON_BUILD_ROOT/plugins/rascal/rascal_flood.so" "$WORK/plugins/$name.so"
done
PLUGINS=$WORK/plugins
SPEED=60
start_sim --seed 3 --speed 60
live_files "$(roster '0 0 1 1 *')" # no tournament before the flood
start_host
until_true "$HOST_PID" "the end of who floods" lines "$WORK/host.err" 'slot flood_1: its plugin has ended (exceeds the refused-intent limit: ' 1
until_true "$HOST_PID" "its restart" is '.agent.state == "active" and .agent.generation == 2' agent flood_1

# Tournaments from here on.
sed 's/schedule: "[^"]*"/schedule: "*\/2 * * * *"/' "$WORK/conf/roster.yaml" >"$WORK/new.yaml"
ctl apply "$WORK/new.yaml" >"$WORK/out" 2>&1 || fail "apply: $(cat "$WORK/out")"
given_to() { # NAME: by which plans, as a list of amounts
    jq -sc --arg name "$1" '[.[].slots[] | select(.name == $name) | (.capital_after_amt | tonumber) - (.capital_before_amt | tonumber)]' "$WORK/plans.json"
}
brought_back() {
    ctl export plans "$WORK/plans.json" 2>"$WORK/said" || fail "export plans: $(cat "$WORK/said")"
    [ "$(wc -l <"$WORK/plans.json")" -ge 3 ] && given_to calm_1 | jq -e 'any(. > 0)' >/dev/null
}
until_true "$HOST_PID" "three plans, and what calm_1 lacks" brought_back
given_to flood_1 | jq -e 'length >= 3 and all(. <= 0)' >/dev/null || fail "who had flooded is given capital: $(given_to flood_1)"
jq -se 'all(.[].slots[] | select(.name == "flood_1"); .verdict == "faulty")' "$WORK/plans.json" >/dev/null ||
    fail "who had flooded is judged as if it had not: $(jq -c '.slots[] | select(.name == "flood_1")' "$WORK/plans.json")"
is '.agent.state == "active" and .agent.generation == 2' agent flood_1 || fail "it is ended again, or quarantined: $(cat "$WORK/out")"
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host"
[ "$("$AGON" journal cat "$WORK/run" --type crash --json | grep -c '"type":"crash"')" = 1 ] || fail "not one fault in the journal"
"$AGON" replay "$WORK/run" --verify >"$WORK/replay.out" || fail "the journal does not replay"
echo "given by the plans behind a flood, in units: to who flooded $(given_to flood_1), to who behaves $(given_to calm_1)"
