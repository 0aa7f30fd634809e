#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What operators see of before survives a kill -9: the fills and closed trades of each agent, candles of each instrument,
# points of equity, halts with their end and the tournaments' plans are, after the next start, what they were (ADR 95, 116). The newest snapshot lies behind
# most of it, and there is none yet with 100,000 events behind it.
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
# So much of the past is sure to be read by a start (PAST_EVENTS, less what comes between a look and a kill).
SURE=90000
recently() { # N VERB ...: so many, and of the second half of that
    least=$1
    shift
    ctl status >"$WORK/status" 2>/dev/null && ctl "$@" >"$WORK/look" 2>/dev/null &&
        jq -e "map(select(.seq > $(jq '.events' "$WORK/status") - $SURE / 2)) | length >= $least" "$WORK/look" >/dev/null
}
look() { # PREFIX
    for of in loud calm round; do
        asked "$1.fills.$of" fills $of
        asked "$1.closings.$of" closings $of
        asked "$1.closed.$of" closed $of
        asked "$1.ended.$of" ended $of
    done
    for of in BTCUSDT ETHUSDT; do
        for length in 60 900; do asked "$1.candles.$of.$length" candles $of $length; done
    done
    asked "$1.plans" plans
    asked "$1.events" events
    asked "$1.equity" equity
}

start_sim --seed 3 --speed 20
SPEED=20 HOST_MORE='snapshot_every: 80000' live_files "$(agent loud busy.so 'every: 10')
$(agent calm busy.so 'every: 400')
$(agent round bracket.so 'trail: 100')"
sed -i '1i tournament: {schedule: "*/2 * * * *", sample: 1m, window: 1h, min_samples: 3}' "$WORK/conf/roster.yaml"
start_host
until_true "$HOST_PID" "closed trades of one" at_least 5 closings loud
until_true "$HOST_PID" "closed trades, first to last" at_least 2 closed round
until_true "$HOST_PID" "orders that ended" at_least 10 ended loud
until_true "$HOST_PID" "fills of the other" at_least 2 fills calm
until_true "$HOST_PID" "tournaments" at_least 2 plans
until_true "$HOST_PID" "candles" at_least 3 candles BTCUSDT 60
long_enough() { ctl status >"$WORK/status" 2>/dev/null && [ "$(jq '.events' "$WORK/status")" -ge 105000 ]; }
until_true "$HOST_PID" "a snapshot, and more events than are sure to be read" long_enough
until_true "$HOST_PID" "fills and closed trades not long ago" eval 'recently 2 fills calm && recently 2 closed round && recently 10 ended loud && recently 5 closings loud'
ctl halt calm >/dev/null && ctl resume calm >/dev/null || fail "one is halted and goes on"
# From here on nothing is traded, before the kill and after it: tables of fixed size lose nothing to what comes while they are
# asked for one by one, which takes as long as the machine likes.
ctl kill "a look at all of it" >/dev/null || fail "no kill switch"
none_open() { ctl orders >"$WORK/look" 2>/dev/null && jq -e '. == []' "$WORK/look" >/dev/null; }
until_true "$HOST_PID" "no order is open" none_open
kill -STOP "$SIM_PID"
look before
# All that was seen is in the journal: a host that is killed may lose what no disk holds yet.
seen=$(ctl status | jq '.events') || fail "no status"
on_disk() { [ "$(ctl status 2>/dev/null | jq '.durable_seq')" -ge "$seen" ] 2>/dev/null; }
until_true "$HOST_PID" "what was seen is on the disk" on_disk
kill -9 "$HOST_PID"
wait "$HOST_PID" 2>/dev/null
kill -CONT "$SIM_PID"
from=0000 from_ms=0
if [ "$seen" -gt $SURE ]; then
    "$AGON" journal cat "$WORK/run" --from $((seen - SURE)) --until $((seen - SURE)) --json >"$WORK/first" || fail "journal cat"
    from_ms=$(jq -r '.t[:-6]' "$WORK/first")
    from=$(date -ud "@${from_ms%???}.${from_ms: -3}" +%Y-%m-%dT%H:%M:%S.%6NZ) || fail "no time: $(cat "$WORK/first")"
fi
echo "$seen events, of which those from $from on are sure to be read"

# Why positions were left is one word everywhere: of the host's trailing stops, and of an agent that sells by itself.
"$AGON" journal export "$WORK/run" --fills "$WORK/fills.json" --format json >/dev/null || fail "journal export"
"$AGON" report "$WORK/run" --json >"$WORK/report.json" || fail "report"
jq -e 'length >= 2 and all(.[]; .exit_reason == "trailing_stop" and .exit_why == "the trailing stop of an exit plan")' "$WORK/before.closed.round" >/dev/null ||
    fail "exit reasons of closed trades: $(jq -c 'map(.exit_reason)' "$WORK/before.closed.round")"
jq -e 'length >= 5 and all(.[]; .exit_reason == "agent")' "$WORK/before.closings.loud" >/dev/null ||
    fail "exit reasons of closing fills: $(jq -c 'map(.exit_reason)' "$WORK/before.closings.loud")"
jq -e 'map(select(.side == "sell")) | length >= 2 and all(.[]; .exit_reason == "trailing_stop")' "$WORK/before.ended.round" >/dev/null &&
    jq -e 'map(select(.side == "buy")) | length >= 2 and all(.[]; .exit_reason == "")' "$WORK/before.ended.round" >/dev/null ||
    fail "exit reasons of orders that ended: $(jq -c 'map([.side, .exit_reason])' "$WORK/before.ended.round")"
for of in loud calm round; do
    jq -e -n --slurpfile a "$WORK/before.fills.$of" --slurpfile b "$WORK/fills.json" \
        '($b[0] | map({key: "\(.seq)", value: .exit_reason}) | from_entries) as $why | $a[0] | length > 0 and all(.[]; .exit_reason == $why["\(.seq)"])' >/dev/null ||
        fail "exit reasons of $of in the export: $(head -c 400 "$WORK/fills.json")"
done
jq -e --slurpfile a "$WORK/before.closed.round" '[.trades[] | select(.agent == "round") | .exit_reason] as $all | ($all | length) >= ($a[0] | length) and all($all[]; . == "trailing_stop")' "$WORK/report.json" >/dev/null ||
    fail "exit reasons in the report: $(jq -c '.trades | map(.exit_reason) | unique' "$WORK/report.json")"

start_host
until_true "$HOST_PID" "the next start" ctl status >/dev/null
look after

# What it had is there as it was; of markets and tournaments, which go on, there may be more.
for file in "$WORK"/before.* "$WORK"/after.*; do
    case $file in
    *.equity) continue ;;
    *.candles.*) jq "map(select(.t_ms >= $from_ms))" "$file" ;;
    *) jq "map(select(.time >= \"$from\"))" "$file" ;;
    esac >"$WORK/sure" || fail "$file: $(head -c 300 "$file")"
    mv "$WORK/sure" "$file"
done
kept() { # QUERY FILE: every row of before is one of after
    jq -e -n --slurpfile a "$WORK/before.$2" --slurpfile b "$WORK/after.$2" \
        "(\$a[0] | map($1)) - (\$b[0] | map($1)) | length == 0" >/dev/null ||
        fail "$2: lost by the restart: $(jq -c -n --slurpfile a "$WORK/before.$2" --slurpfile b "$WORK/after.$2" \
            "(\$a[0] | map($1)) - (\$b[0] | map($1)) | .[0:2]") of $(jq length "$WORK/before.$2"), $(jq length "$WORK/after.$2") are there"
}
for of in loud calm round; do
    for what in fills closings ended; do
        cmp -s "$WORK/before.$what.$of" "$WORK/after.$what.$of" || kept . "$what.$of"
        [ "$(jq length "$WORK/before.$what.$of")" = "$(jq length "$WORK/after.$what.$of")" ] || fail "$what of $of: more than before"
    done
    # A trade of before says so where its first fills are older than what was read; its result is the same.
    kept '{seq, symbol, side, time, result}' "closed.$of"
    jq -e -n --slurpfile a "$WORK/before.closed.$of" --slurpfile b "$WORK/after.closed.$of" \
        '[$a[0][] as $x | $b[0][] | select(.seq == $x.seq) | .partial or . == $x] | all' >/dev/null ||
        fail "a closed trade of $of is another one: $(head -c 600 "$WORK/before.closed.$of") $(head -c 600 "$WORK/after.closed.$of")"
done
[ "$(jq length "$WORK/before.closed.round")" -ge 2 ] && [ "$(jq length "$WORK/before.ended.loud")" -ge 10 ] || fail "too little to compare"
# An order that was filled was filled by its fills, at their mean and for their fees. Of all agents: the busiest one's last
# orders may have been cancelled, each of them.
for of in loud calm round; do
    jq -c -n --slurpfile e "$WORK/after.ended.$of" --slurpfile f "$WORK/after.fills.$of" '
        $e[0][] | select(.average != null) | . as $o | [$f[0][] | select(.order == $o.id)] | select(length > 0) |
        [(map(.quantity | tonumber) | add), (map((.quantity | tonumber) * (.price | tonumber)) | add), (map(.fee | tonumber) | add)] as $s |
        select(($s[0] - ($o.filled | tonumber) | fabs) < 1e-9) |
        $o + {is_right: (($s[1] / $s[0] - ($o.average | tonumber) | fabs) < 0.0002 and ($s[2] - ($o.fee | tonumber) | fabs) < 1e-7)}'
done >"$WORK/filled"
[ "$(wc -l <"$WORK/filled")" -ge 5 ] || fail "too few orders that were filled: $(cat "$WORK/filled")"
jq -e -s 'all(.is_right)' "$WORK/filled" >/dev/null || fail "what ended is not what was filled: $(grep -m1 'is_right":false' "$WORK/filled")"
# Volume of candles is that of the trades that were read.
for of in BTCUSDT; do
    jq -e '[.[] | select(.volume != null and (.volume | tonumber) > 0)] | length > 0' "$WORK/after.candles.$of.60" >/dev/null ||
        fail "no volume in the candles: $(tail -c 400 "$WORK/after.candles.$of.60")"
    jq -e -n --slurpfile a "$WORK/before.candles.$of.60" --slurpfile b "$WORK/after.candles.$of.60" \
        '[$a[0][:-1][] as $x | $b[0][] | select(.t_ms == $x.t_ms and $x.volume != null) |
          ((.volume // "0") | tonumber) >= ($x.volume | tonumber) * 0.98] | all' >/dev/null || fail "less volume than before the restart"
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
# Equity as it was seen, from the capital on; and that a halt has ended.
jq -e -n --slurpfile a "$WORK/before.equity" --slurpfile b "$WORK/after.equity" '$a[0] | keys | all(. as $name |
    ($a[0][$name] | .[0][0] as $from | .[-1][0] as $to | $b[0][$name] | map(select(.[0] <= $to)) |
        length >= 20 and .[0][0] <= $from and .[0][1] == .[0][2] and ([.[1:], .[:-1]] | transpose | all(.[0][0] - .[1][0] <= 60000))))' >/dev/null ||
    fail "points of equity before: $(jq -c 'map_values([length, .[0], .[-1]])' "$WORK/before.equity"), after: $(jq -c 'map_values([length, .[0], .[-1]])' "$WORK/after.equity")"
[ "$(jq -r '[.[] | select(.of == "calm" and (.kind == "halt" or .kind == "resume")) | .kind] | reverse | join(" ")' "$WORK/after.events")" = "halt resume" ] ||
    fail "halts of before: $(jq -c 'map([.t_ms, .kind, .of])' "$WORK/after.events")"
jq -e '[.[] | select(.kind == "tournament")] | length > 0' "$WORK/after.events" >/dev/null ||
    fail "events: the tournaments of before are not there"
echo "closed trades $(jq length "$WORK/before.closed.round"), $(jq 'map(select(.partial)) | length' "$WORK/after.closed.round") partial after; ended $(jq length "$WORK/before.ended.loud")"
echo "fills $(jq length "$WORK/before.fills.loud") closings $(jq length "$WORK/before.closings.loud") plans $(jq length "$WORK/before.plans") candles $(jq length "$WORK/before.candles.BTCUSDT.60")"
