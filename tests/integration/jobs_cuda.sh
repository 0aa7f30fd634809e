#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Jobs of agents on a card of this machine (device cuda). A backtest's results have the bits that the processor gives, in both
# runners; a host on paper keeps each job to one outcome while its worker and then the host are killed, weights lie on the
# card, the card's heat and memory are its driver's, and a replay needs no card. Its profile is a file of the operator's.
# Skipped where there is no card. GPU_DEVICE=cpu tries the script itself anywhere.
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/cards_common.sh"
DEVICE=${GPU_DEVICE:-cuda}
[ "$DEVICE" != cuda ] || [ -e /dev/nvidia0 ] || {
    echo "skipped: needs a card"
    exit 77
}
mkdir -p "$WORK/conf"
cat >"$WORK/conf/one.yaml" <<EOF
cards:
  - name: one
    memory: 16GiB
    reserve: 4GiB
    budgets:
      - {name: realtime, class: inference, memory: 8GiB}
      - {name: analysis, class: research, memory: 4GiB}
EOF

# --- a backtest: the same bits as on the processor ---
lab() { # DEVICE RUNNER NAME
    cat >"$WORK/conf/lab.yaml" <<EOF
base_currency: USDT
gpu: {profile: one.yaml, device: $1}
agents:
  - {name: one, plugin: jobber.so, capital: 100000 USDT, instruments: ["binance:BTCUSDT"], params: {values: 1500},
     gpu: {leases: {main: {budget: realtime, memory: 4MiB, share: 10%}}}}
EOF
    rm -rf "$WORK/journal"
    "$AGON" backtest --roster "$WORK/conf/lab.yaml" --plugins "$PLUGINS" --runner "$2" --seed 3 --for 1m --json --journal "$WORK/journal" \
        --journal-whole >"$WORK/json" 2>"$WORK/err" || fail "a backtest on $1: $(cat "$WORK/err")"
    "$AGON" journal cat "$WORK/journal" --json >"$WORK/cat" || fail "journal cat"
    grep '"type":"job_' "$WORK/cat" >"$WORK/$3"
    python3 "$JUDGE" "$WORK/cat" 1500 "$(jq -r '.agents[0].metrics["2"]' "$WORK/json")" || fail "on $1 results are not what the formula says"
    "$AGON" replay "$WORK/journal" --verify >"$WORK/out" 2>&1 || fail "a replay: $(cat "$WORK/out")"
}
lab cpu inproc cpu.jobs
lab "$DEVICE" inproc card.jobs
lab "$DEVICE" process process.jobs
for jobs in card process; do
    cmp -s "$WORK/cpu.jobs" "$WORK/$jobs.jobs" || fail "other jobs than on the processor: $(diff "$WORK/cpu.jobs" "$WORK/$jobs.jobs" | head -4)"
done
n_lab=$(grep -c '"type":"job_done"' "$WORK/card.jobs")

# --- live, on paper ---
certified jobber
start_sim --seed 3
lease() { printf ', orders_on_reload: keep, gpu: {leases: {main: {budget: realtime, memory: %s, share: 10%%%s}}}' "$1" "${2-}"; }
lay_weights "$WORK/conf/weights"
head -c 268435456 /dev/zero >"$WORK/conf/large" # 256 MiB, brought to the card with their lease
MODE=paper live_files "$(agent one jobber.so 'values: 64' '' "$(lease 4MiB)")
$(agent two jobber.so 'values: 200, deed: keeps' '' ", runner: inproc$(lease 4MiB)")
$(agent three jobber.so 'values: 100, deed: resident' '' ", files: {weights: weights}$(lease 4MiB ', resident: weights')")
$(agent four jobber.so 'values: 64, deed: anew' '' ", runner: inproc$(lease 4MiB ', deadline: 8s')")
$(agent five jobber.so 'values: 64' '' ", files: {weights: large}$(lease 300MiB ', resident: weights')")"
sed -i "s/^agents:/gpu: {profile: one.yaml, device: $DEVICE, delay: 100ms}\nagents:/" "$WORK/conf/roster.yaml"
"$AGON" config check "$WORK/conf/live.yaml" --plugins "$PLUGINS" >"$WORK/out" 2>&1 || fail "config check: $(cat "$WORK/out")"
start_host
for name in one two three four five; do
    trade_on $name "at the start"
done
gpu_is '.profile == "one" and .cards[0].worker_up' || fail "status: $(cat "$WORK/status")"
if [ "$DEVICE" = cuda ]; then
    gpu_is '.cards[0].celsius > 10 and .cards[0].celsius < 90' || fail "no heat of the card: $(cat "$WORK/status")"
fi
gpu status
gpu leases
for kill in 1 2 3; do
    until_true "$HOST_PID" "a worker" gpu_is '.cards[0].worker_up'
    kill -9 "$(jq '.cards[0].worker_pid' "$WORK/status")" || fail "no worker at kill $kill"
    for name in one three five; do
        trade_on $name "worker killed $kill"
    done
done
for name in one two; do
    ctl reload $name >"$WORK/out" 2>&1 || fail "a reload: $(cat "$WORK/out")"
    trade_on $name "reloaded"
done
killed one five
once
python3 "$JUDGE" --resident "$WORK/cat" "$WORK/conf/weights" 100 2 >"$WORK/resident" 2>&1 || fail "bits of what lies on the card: $(cat "$WORK/resident")"
echo "jobs on $DEVICE: $n_lab of a backtest with the processor's bits in both runners; live jobs, outcomes and failures through three kills of the worker and one of the host: $(cat "$WORK/once"); $(cat "$WORK/resident") with what lies on the card"
