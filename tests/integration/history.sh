#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What operators see of before survives a kill -9: the fills and closed trades of each agent, candles of each instrument
# and the tournaments' plans are, after the next start, what they were (ADR 95). Snapshots come often here, so that the
# newest one lies behind most of it.
. "$(dirname "$0")/common.sh"
command -v jq >/dev/null || {
    echo "skipped: needs jq"
    exit 77
}
ctl() { "$AGON" ctl "$@" --dir "$WORK/run" --json; }
asked() { # TO VERB ...
    to=$1
    shift
    ctl "$@" >"$WORK/$to" || fail "ctl $*: no answer"
}
at_least() { # N VERB ...
    least=$1
    shift
    ctl "$@" >"$WORK/look" 2>/dev/null && jq -e "length >= $least" "$WORK/look" >/dev/null
}
look() { # PREFIX
    for of in loud calm; do
        asked "$1.fills.$of" fills $of
        asked "$1.closings.$of" closings $of
    done
    for of in BTCUSDT ETHUSDT; do
        for length in 60 900; do asked "$1.candles.$of.$length" candles $of $length; done
    done
    asked "$1.plans" plans
    asked "$1.events" events
}

start_sim --seed 3 --speed 20
SPEED=20 HOST_MORE='snapshot_every: 3000' live_files "$(agent loud busy.so 'every: 10')
$(agent calm busy.so 'every: 400')"
sed -i '1i tournament: {schedule: "*/2 * * * *", sample: 1m, window: 1h, min_samples: 3}' "$WORK/conf/roster.yaml"
start_host
until_true "$HOST_PID" "closed trades of one" at_least 5 closings loud
until_true "$HOST_PID" "fills of the other" at_least 2 fills calm
until_true "$HOST_PID" "tournaments" at_least 2 plans
until_true "$HOST_PID" "candles" at_least 3 candles BTCUSDT 60
look before
kill -9 "$HOST_PID"
wait "$HOST_PID" 2>/dev/null

start_host
until_true "$HOST_PID" "the next start" ctl status >/dev/null
look after

# What it had is there as it was; of what came between the look and the kill, and since the start, there may be more.
kept() { # QUERY FILE: every row of before is one of after
    jq -e -n --slurpfile a "$WORK/before.$2" --slurpfile b "$WORK/after.$2" \
        "(\$a[0] | map($1)) - (\$b[0] | map($1)) | length == 0" >/dev/null ||
        fail "$2: lost by the restart: $(jq -c -n --slurpfile a "$WORK/before.$2" --slurpfile b "$WORK/after.$2" \
            "(\$a[0] | map($1)) - (\$b[0] | map($1)) | .[0:2]") of $(jq length "$WORK/before.$2"), $(jq length "$WORK/after.$2") are there"
}
# The newest 40 and 30: older ones may have made room for those that came.
newest() { jq ".[0:$2]" "$WORK/before.$1" >"$WORK/cut" && mv "$WORK/cut" "$WORK/before.$1"; }
for of in loud calm; do
    newest "fills.$of" 40
    newest "closings.$of" 30
    kept . "fills.$of"
    kept . "closings.$of"
done
kept . plans
# A candle that is done was made of looks, and is made of all events now: what was seen lies in it.
for of in BTCUSDT ETHUSDT; do
    for length in 60 900; do
        kept .t_ms "candles.$of.$length"
        jq -e -n --slurpfile a "$WORK/before.candles.$of.$length" --slurpfile b "$WORK/after.candles.$of.$length" \
            '[$a[0][] as $x | $b[0][] | select(.t_ms == $x.t_ms) |
              (.low | tonumber) <= ($x.low | tonumber) and (.high | tonumber) >= ($x.high | tonumber)] | all' >/dev/null ||
            fail "candles of $of, $length s: what was seen is not in them"
    done
done
jq -e '[.[] | select(.kind == "tournament")] | length > 0' "$WORK/after.events" >/dev/null ||
    fail "events: the tournaments of before are not there"
echo "fills $(jq length "$WORK/before.fills.loud") closings $(jq length "$WORK/before.closings.loud") plans $(jq length "$WORK/before.plans") candles $(jq length "$WORK/before.candles.BTCUSDT.60")"
