#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# How far away the exchange of a paper host is: entry_latency and report_latency to the nanosecond, and with entry_sigma or
# report_sigma each order's own, around that leg and not the other; a journal of it replays. What is no such number is refused with its place and
# range. A slow machine, and an order that waits for the one before it, make a latency longer and none shorter.
. "$(dirname "$0")/common.sh"
MODE=paper

# ranges
refused() { # TEXT LINE: of the configuration
    HOST_MORE=$2 live_files "$(agent busy_1 busy.so)"
    "$AGON" run --config "$WORK/conf/live.yaml" --dir "$WORK/run" --plugins "$PLUGINS" --quiet --for 1ms >"$WORK/out" 2>"$WORK/err"
    code=$?
    [ "$code" = 3 ] || fail "$2: ended with $code instead of 3: $(head -3 "$WORK/err")"
    grep -q "live.yaml:8:.*error.*$1" "$WORK/err" || fail "$2: the message lacks '$1': $(head -3 "$WORK/err")"
    [ ! -e "$WORK/run" ] || fail "$2: something was started"
}
SIM_PORT=1
for leg in entry report; do
    refused "${leg}_sigma: '-0.1' is out of range; expected a plain decimal number from 0 to 4" "${leg}_sigma: -0.1"
    refused "${leg}_sigma: '4.000001' is out of range; expected a plain decimal number from 0 to 4" "${leg}_sigma: 4.000001"
    refused "${leg}_sigma: '0.1234567' has too many digits; expected a plain decimal number from 0 to 4" "${leg}_sigma: 0.1234567"
    refused "${leg}_sigma: 'wide' is not of that form; expected a plain decimal number from 0 to 4" "${leg}_sigma: wide"
done
unset SIM_PORT

start_sim --seed 3
acks() { "$AGON" journal cat "$WORK/run/journal" --live --type report 2>/dev/null | grep -c 'kind=ack'; }
enough() { [ "$(acks)" -ge 60 ]; }
# latencies NAME LINE...: of a run with those lines, from an order's decision to the event that it is known there, in
# nanoseconds, one a line in $WORK/NAME
latencies() {
    name=$1
    HOST_MORE=$2 live_files "$(agent busy_1 busy.so 'every: 2')
$(agent busy_2 busy.so 'every: 3')"
    start_host
    until_true "$HOST_PID" "$name: sixty orders" enough
    kill -TERM "$HOST_PID"
    ended "$HOST_PID" 0 "$name: the host"
    "$AGON" replay "$WORK/run/journal" --verify >"$WORK/replay.out" || fail "$name: the journal does not replay"
    "$AGON" journal cat "$WORK/run/journal" >"$WORK/cat"
    awk '{ split($2, part, /[T:Z]/); t = part[2] * 3600 + part[3] * 60 + part[4]
            for (i = 4; i <= NF; i++) { at = index($i, "="); of[substr($i, 1, at - 1)] = substr($i, at + 1) }
            key = of["symbol"] " " of["px"] " " of["qty"] }
        $3 == "intent" && of["order_type"] == "limit" { sent[key] = t; n[key]++ }
        $3 == "report" && of["kind"] == "ack" && n[key] == 1 {
            printf "%.0f\n", (t - sent[key] + (t < sent[key] ? 86400 : 0)) * 1e9 }' "$WORK/cat" | sort -n >"$WORK/$name"
    [ "$(wc -l <"$WORK/$name")" -ge 30 ] || fail "$name: only $(wc -l <"$WORK/$name") orders: this proves nothing"
    rm -rf "${WORK:?}/run"
}
below() { awk -v most="$2" '$1 < most - 1000 { n++ } END { print n + 0 }' "$WORK/$1"; }

latencies constant 'entry_latency: 40ms
report_latency: 10ms'
[ "$(below constant 50000000)" = 0 ] || fail "constant: shorter than both legs: $(head -3 "$WORK/constant")"
[ "$(below constant 50002000)" -gt 0 ] || fail "constant: none is 50 ms: $(head -3 "$WORK/constant")"

# One leg is drawn, the other is what it was: nothing is shorter than that. What a slow machine adds is little beside legs of
# 40 ms, and moves the verdict nowhere: the shortest one tells that the draw is wide enough, the share below that it is not too wide.
# Where a machine is so slow that none is short, the draw is looked at again: one that is too close stays so.
for name in entry report; do
    for try in 1 2 3 4 5; do
        latencies "$name" "entry_latency: 40ms
report_latency: 40ms
${name}_sigma: 0.5"
        [ "$(below "$name" 64300000)" = 0 ] || break
        echo "$name, run $try: the shortest is $(head -1 "$WORK/$name") ns: once more"
    done
done
for name in entry report; do
    n=$(wc -l <"$WORK/$name")
    # Of a log-normal with 0.5 around 40 ms half lie below 40, 16 % below 24.3 (one sigma), 2 % below 14.7 (two), none below
    # 3.8 (4.7); with a sigma of 0.1 none below 24.3, with 2 a third below 14.7.
    [ "$(below "$name" 43800000)" = 0 ] || fail "$name: shorter than the leg that is not drawn: $(head -3 "$WORK/$name")"
    [ "$(below "$name" 80000000)" -le $((n * 9 / 10)) ] || fail "$name: $(below "$name" 80000000) of $n are below the median"
    [ "$(below "$name" 64300000)" -gt 0 ] || fail "$name: drawn too closely: $(head -5 "$WORK/$name")"
    [ "$(below "$name" 54700000)" -le $((n / 6)) ] || fail "$name: drawn too widely: $(head -9 "$WORK/$name")"
    [ "$(uniq "$WORK/$name" | wc -l)" -ge 10 ] || fail "$name: the same is drawn again: $(uniq -c "$WORK/$name" | sort -n | tail -2)"
done
echo "constant from $(head -1 "$WORK/constant") ns; entry drawn from $(head -1 "$WORK/entry") to $(tail -1 "$WORK/entry"), report from $(head -1 "$WORK/report") to $(tail -1 "$WORK/report")"
