#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Stops on the simulated Kraken: one close above the market is triggered there and filled, one far above waits, survives a kill of its
# host, and is cancelled when the host ends in good order.
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/kraken.sh"

effect() { # TYPE WHAT: did that become of an order of that type?
    grep '"kind":"effect"' "$SIM_LOG" | grep "\"what\":\"$2\"" | grep -q "\"type\":\"$1\""
}
# The agent's first order; one that is killed before its state was kept places another when it begins again.
waits() { # [ID]
    "$AGON" ctl orders far_1 --dir "$WORK/run" --json >"$WORK/out" 2>/dev/null &&
        jq -e --arg id "${1-}" 'any(.[]; .type == "stop_limit" and .state == "open" and ($id == "" or .id == $id))' "$WORK/out" >/dev/null
}

start_kraken --seed 6
kraken_files "every: 10, scale: 1000"
{
    printf 'seed: 1\nbase_currency: USD\nagents:\n'
    for at in 'near_1 5' 'far_1 6'; do
        cat <<EOT
  - {name: ${at% *}, plugin: once.so, stage: live, capital: 100000 USD, instruments: ["kraken:ETH/USD"],
     params: {what: ${at#* }, qty: 1000000}, hard: 30s}
EOT
    done
} >"$WORK/conf/roster.yaml"
start_host
until_true "$HOST_PID" "a stop that waits" waits
until_true "$HOST_PID" "a stop that is triggered and filled" effect stop-loss-limit TRADE
first=$(jq -r '.[0].id' "$WORK/out")
kill -9 "$HOST_PID"
wait "$HOST_PID" 2>/dev/null
start_host
until_true "$HOST_PID" "the stop is taken up again" waits "$first"
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host"
kraken_ids_once "the end"
effect stop-loss-limit CANCELED || fail "the stop was not cancelled at the end"
"$AGON" replay "$WORK/run/journal" --verify >"$WORK/replay.out" || fail "the journal does not replay"
echo "stops: one triggered and filled, one taken up again after a kill and cancelled at the end"
