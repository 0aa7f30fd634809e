#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# 256 agents: each has its line in a plan of several events, a replay reaches the same state, a host runs them all; one
# more is refused by place and number. A host of three has no page for the others.
. "$(dirname "$0")/common.sh"
PLUGIN_DIR=$2/../../plugins

python3 - "$WORK/BTCUSDT_1m.csv" <<'END' || fail "no bars: is python3 there?"
import random, sys
draw, price = random.Random(1), 60000
with open(sys.argv[1], "w") as file:
    file.write("open_time_ms,open,high,low,close,volume\n")
    for minute in range(1440):
        path = [price]
        for _ in range(4):
            path.append(path[-1] * (1 + draw.gauss(0, 0.0006)))
        price = path[-1]
        file.write(f"{1767225600000 + minute * 60000},{path[0]:.2f},{max(path):.2f},{min(path):.2f},{price:.2f},20.000\n")
END
roster() { # N
    printf 'base_currency: USDT\nagents:\n'
    for i in $(seq "$1"); do
        printf '  - {name: a%s, plugin: ema_cross/ema_cross.so, capital: 1000 USDT, instruments: ["binance:BTCUSDT"], params: {fast: %s, slow: %s, bar_s: 60}}\n' \
            "$i" $((3 + i % 16)) $((20 + i / 16))
    done
    printf 'tournament:\n  schedule: "0 */12 * * *"\n  window: 12h\n  min_samples: 6\n  min_trades: 1\n  evidence: 0\n  gates: {drawdown: 100%%}\n'
}
backtest() { # N ARGUMENTS...
    roster "$1" >"$WORK/roster.yaml"
    shift
    timeout 600 "$AGON" backtest --roster "$WORK/roster.yaml" --plugins "$PLUGIN_DIR" --data "$WORK/BTCUSDT_1m.csv" "$@"
}

backtest 257 >"$WORK/out" 2>&1 && fail "257 agents are taken"
grep -q 'roster.yaml:3:3: error.*agents: 257 entries; expected 1 to 256' "$WORK/out" ||
    fail "where 257 agents are, and how many there may be: $(head -3 "$WORK/out")"
backtest 256 --journal "$WORK/journal" --json >"$WORK/run.json" 2>"$WORK/err" || fail "256 agents: $(tail -3 "$WORK/err")"
# The last of them trades as the first does: no table has less room than that.
python3 - "$WORK/run.json" <<'END' || fail "of 256 agents some have no room for an order"
import json, sys
agents = json.load(open(sys.argv[1]))["agents"]
sys.exit(any(agent["refused_by"].get("no_room", 0) for agent in agents) or not all(
    any(agent["orders"] > 0 for agent in agents[first:first + 64]) for first in (0, 64, 128, 192)))
END
"$AGON" replay "$WORK/journal" --verify --json >"$WORK/replay.json" || fail "256 agents do not replay"
[ "$(json "$WORK/replay.json" state_hash)" = "$(json "$WORK/run.json" state_hash)" ] || fail "the replay reached another state"
"$AGON" tournament show "$WORK/journal" >"$WORK/plan.txt" || fail "no plan is shown"
# The venue's windows hold most of them back: who traded is ranked, and all have their line.
[ "$(awk '$2 ~ /^a[0-9]+$/ && ($3 == "ranked" || $3 == "idle")' "$WORK/plan.txt" | wc -l)" = 256 ] || fail "not every agent has its line"
awk '$3 == "ranked" { print $1 }' "$WORK/plan.txt" | sort -n | awk '{ n++ } $1 != last && $1 != n { exit 1 } { last = $1 } END { exit n < 30 }' ||
    fail "ranks are not 1, 2, ... with ties: $(awk '$3 == "ranked" { print $1 }' "$WORK/plan.txt" | sort -n | tr '\n' ' ')"
"$AGON" journal cat "$WORK/journal" --json >"$WORK/rows" || fail "the journal is not shown"
[ "$(grep -c '"type":"plan_lines"' "$WORK/rows")" = "$((3 * $(grep -c '"type":"plan"' "$WORK/rows")))" ] ||
    fail "the lines of a plan are not in four events"

# Pages: what three agents take is no more by what 256 could, within what a run differs by itself.
start_sim --seed 3
MODE=paper live_files ''
agents() { # N
    printf 'seed: 1\nbase_currency: USDT\nagents:\n'
    for i in $(seq "$1"); do
        printf '  - {name: a%s, plugin: busy.so, stage: live, capital: 1000 USDT, instruments: ["binance:BTCUSDT"], params: {every: %s}, hard: 30s}\n' \
            "$i" $((4 * $1))
    done
}
# Of nothing jq would make a success: it is one input, and that is true.
ctl_is() { "$AGON" ctl "$2" --dir "$WORK/run" --json 2>/dev/null | jq -es ".[0] | $1" >/dev/null 2>&1; }
memory() { awk '/^VmRSS/ { print $2 }' "/proc/$HOST_PID/status"; }
agents 257 >"$WORK/conf/roster.yaml"
"$AGON" run --config "$WORK/conf/live.yaml" --dir "$WORK/run" --plugins "$PLUGINS" --quiet --for 1ms >"$WORK/out" 2>&1 && fail "a host takes 257"
grep -q 'expected 1 to 256' "$WORK/out" || fail "a host says of 257: $(head -3 "$WORK/out")"
for n in 3 256; do
    agents $n >"$WORK/conf/roster.yaml"
    rm -rf "$WORK/run"
    start_host
    until_true "$HOST_PID" "$n agents play" ctl_is "length == $n and all(.[]; .state == \"active\")" agents
    until_true "$HOST_PID" "an order of the last of $n, and a fill" ctl_is "any(.[]; .name == \"a$n\" and .orders >= 1) and ([.[].fills] | add) >= 1" agents
    eval "kb_$n=$(memory)"
    kill -TERM "$HOST_PID"
    ended "$HOST_PID" 0 "the host of $n"
done
[ $((kb_256 - kb_3)) -gt 30000 ] || fail "three agents take $kb_3 kB, 256 take $kb_256 kB: the others' memory is there before them"
"$AGON" replay "$WORK/run/journal" --verify >"$WORK/replay.out" || fail "the journal of 256 agents does not replay"
echo "256 agents in a backtest and in a host: $kb_3 kB for three, $kb_256 kB for all"
