#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Exits are kept by the host. A plugin that buys and hands over a trailing stop is killed by SIGKILL while the stop is
# armed, then reloaded, then the host is killed with kill -9, with the stop armed and again as soon as it has fired: each
# time the stop closes the position, once, with what the exchange knows of it. What the price does is the simulated
# market's; the order of things is the journal's.
. "$(dirname "$0")/common.sh"
SPEED=10

journal() { "$AGON" journal cat "$WORK/run/journal" --live --type "$1" 2>/dev/null; }
# Plans, each counted once: one whose order came to nothing is set again for the next.
plans() { sed -n 's/.*client_ref=\([0-9]*\) .*trail_ppm.*/\1/p' | sort -u | wc -l; }
n_fired() { journal due | grep -c 'kind=exit'; }
# As the host itself says: on a busy machine a plan that was read in the journal has fired when the next list is read.
is_armed() { "$AGON" ctl exits leaver --dir "$WORK/run" --json >"$WORK/exits" && [ "$(json "$WORK/exits" leaves)" = long ]; }
has_fired() { [ "$(n_fired)" -ge "$1" ]; }
is_killed() { journal crash | grep -q 'slot=0'; }

one() { agent "$@" | sed 's/, "binance:ETHUSDT"//'; }

before() { journal "$1" | awk -v seq="$crash" '$1 < seq'; }

# A position with its stop, and SIGKILL of the plugin: the host has no other child.
kill_the_plugin() {
    start_sim --seed 5 --speed 10
    live_files "$(one leaver leaver.so 'trail: 400' '' ', orders_on_reload: keep')"
    start_host
    until_true "$HOST_PID" "a position with its stop, in ctl exits" is_armed
    child=$(pgrep -P "$HOST_PID" | head -1)
    [ -n "$child" ] || fail "the agent has no process"
    until_true "$HOST_PID" "a position with its stop" is_armed
    kill -KILL "$child"
    until_true "$HOST_PID" "its end in the journal" is_killed
    crash=$(journal crash | sed -n '1s/ .*//p')
    [ "$(before exit_plan | plans)" -gt "$(before due | grep -c kind=exit)" ]
}
# The stop may have fired in the moment before: then once more, from the beginning.
n_runs=0
until kill_the_plugin; do
    n_runs=$((n_runs + 1))
    [ "$n_runs" -lt 8 ] || fail "no stop was armed when the plugin died, $n_runs times"
    kill -9 "$HOST_PID" "$SIM_PID"
    wait "$HOST_PID" "$SIM_PID" 2>/dev/null
    rm -rf "$WORK/run" "$SIM_LOG"
    SIM_PORT=
done
until_true "$HOST_PID" "the stop fires without it" has_fired $(($(before due | grep -c kind=exit) + 1))

# Another build takes over with a stop armed.
until_true "$HOST_PID" "the next position with its stop" is_armed
fired=$(n_fired)
cp "$PLUGINS/leaver.so" "$WORK/leaver_again.so"
"$AGON" ctl reload leaver --dir "$WORK/run" >"$WORK/reload" 2>&1 || fail "reload: $(cat "$WORK/reload")"
until_true "$HOST_PID" "the stop fires behind a reload" has_fired $((fired + 1))

# The host is killed with a stop armed, and as soon as one has fired.
for when in armed fired; do
    until_true "$HOST_PID" "a position with its stop" is_armed
    fired=$(n_fired)
    [ $when = armed ] || until_true "$HOST_PID" "a stop that fires" has_fired $((fired + 1))
    kill -9 "$HOST_PID"
    wait "$HOST_PID" 2>/dev/null
    fired=$(n_fired)
    start_host
    until_true "$HOST_PID" "stops go on after kill -9 ($when)" has_fired $((fired + 1))
done
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host"

# Each plan fired at most once, whoever was there; cause and price stand in the journal.
journal due | grep 'kind=exit' >"$WORK/fired"
[ -z "$(sed 's/.* id=\([0-9]*\).*/\1/' "$WORK/fired" | sort | uniq -d)" ] || fail "a plan fired twice: $(cat "$WORK/fired")"
! grep -v 'cause=trailing' "$WORK/fired" || fail "an exit fired by something else"
! grep 'px=0 ' "$WORK/fired" || fail "an exit fired without a price"
# What was sold is what was bought, but for the position that may be open now: no exit sold anything twice.
grep '"what":"TRADE"' "$SIM_LOG" | sed 's/.*"side":"\([A-Z]*\)".*"lastQty":"\([0-9.]*\)".*/\1 \2/' >"$WORK/trades"
awk '{ held += $1 == "BUY" ? $2 : -$2; if (held < -1e-9) exit 1 }' "$WORK/trades" || fail "more was sold than was held"
# What was unconfirmed when it ended is learnt by the next run.
again=0
until settled; do
    start_host
    until_true "$HOST_PID" "the host is back" is_armed
    until_true "$HOST_PID" "every request's fate, and what the exchange has" settled
    kill -TERM "$HOST_PID"
    ended "$HOST_PID" 0 "the host"
    [ "$((again += 1))" -le 5 ] || fail "the exchange's facts are not the journal's: $(diff "$WORK/facts" "$WORK/asks")"
done
ids_once
echo "$(wc -l <"$WORK/fired") stops fired, each once: with the plugin killed, behind a reload, and across kill -9 of the host"
"$AGON" replay "$WORK/run/journal" --verify >"$WORK/replay.out" || fail "the journal does not replay"
