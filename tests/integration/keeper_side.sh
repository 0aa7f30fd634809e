# SPDX-License-Identifier: Apache-2.0
# keeper_side: a host in mode live on another exchange than Binance is killed, its keeper cancels what it left open there, and the
# next host goes on, for the scripts that are about one exchange. After common.sh and the exchange's own; simulator and files stand.
KEEPER=$(dirname "$AGON")/agon-keeper

says() { grep -q -e "$1" "$WORK/run/keeper.log" 2>/dev/null; }
# Orders that are open, by the exchange's own log: asking it would cost the limits that host and keeper live on.
keeper_n_open() {
    jq -n 'reduce (inputs | select(.kind == "effect" and (.clientOrderId // "") != "")) as $e ({}; .[$e.clientOrderId] = $e.status)
        | [.[] | select(. == "open" or . == "live" or . == "partially_filled")] | length' "$SIM_LOG" 2>/dev/null
}
keeper_some_open() { [ "$(keeper_n_open || echo 0)" -ge 1 ] 2>/dev/null; }
keeper_none_open() { [ "$(keeper_n_open)" = 0 ]; }
# The exchange's log since byte $1: requests that were asked and their answers.
keeper_since() { tail -c "+$(($1 + 1))" "$SIM_LOG" | grep '"kind":"request"'; }

# keeper_kills NAME CANCELS REFUSED: CANCELS is what in the log ends orders, REFUSED what a request says that the keeper may not have met.
keeper_kills() {
    "$KEEPER" --config "$WORK/conf/live.yaml" --dir "$WORK/run" 2>>"$WORK/keeper.err" &
    KEEPER_PID=$!
    PIDS="$PIDS $KEEPER_PID"
    start_host
    until_true "$HOST_PID" "the keeper watches" grep -q "watching process $HOST_PID" "$WORK/keeper.err"
    until_true "$HOST_PID" "open orders" keeper_some_open
    at=$(stat -c %s "$SIM_LOG")
    kill -9 "$HOST_PID"
    wait "$HOST_PID" 2>/dev/null
    until_true "$KEEPER_PID" "the orders of a dead host are gone" keeper_none_open
    until_true "$KEEPER_PID" "the keeper is done" says "$1: cancelled: .* 0 left"
    # Its memory is given back by the last of its threads, which may be one of idle priority: on a loaded machine that takes
    # longer than a core may make no turn.
    says 'acted: process .* is dead\|acted: process .* is hung: no turn of its core' || fail "the log does not say why: $(cat "$WORK/run/keeper.log")"
    says "$1: cancelled: 0 orders found" && fail "it found none: $(cat "$WORK/run/keeper.log")"
    keeper_since "$at" >"$WORK/asked"
    grep -q -E "\"what\":\"($2)\"" "$WORK/asked" || fail "the keeper sent no cancel: $(cut -c1-300 "$WORK/asked")"
    ! grep -q "$3" "$WORK/asked" || fail "the keeper was refused: $(grep "$3" "$WORK/asked" | cut -c1-300)"
    echo "kill -9 of the host: $(grep -o '[0-9]* orders found.*' "$WORK/run/keeper.log" | tail -1)"
    # The next host goes on behind what the keeper said last.
    at=$(stat -c %s "$SIM_LOG")
    : >"$WORK/host.err"
    start_host
    until_true "$HOST_PID" "the next host is ready" lines "$WORK/host.err" '"key":"ready"' 1
    until_true "$HOST_PID" "the next host trades" keeper_some_open
    keeper_since "$at" >"$WORK/asked"
    ! grep -q "$3" "$WORK/asked" || fail "the next host was refused: $(grep "$3" "$WORK/asked" | cut -c1-300)"
    kill -TERM "$HOST_PID"
    ended "$HOST_PID" 0 "the next host"
    hits "what keeper and hosts wrote" "$WORK/keeper.err" "$WORK/host.err" "$WORK/run/keeper.log"
}
