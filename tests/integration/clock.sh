#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The wall clock is set while a host trades: ten years ahead, an hour ahead, an hour back, for 0.6 s and for good, and a
# host starts under such a clock. Orders go on, every event of the journal has the time that it is, neither ahead nor behind,
# no day turns and no tournament is held before its time, and one that is due is held; with the exchange frozen no new order leaves until it has said what time it is.
. "$(dirname "$0")/common.sh"
! is_sanitized || { echo "skipped: a sanitizer's run-time must be loaded before anything else"; exit 77; }

wall() { # SECONDS: this much is the host's wall clock off from now on
    if [ -n "${FAKETIME_LIB-}" ]; then
        printf '%+ds\n' "$1" >"$WORK/wall.new"
        mv "$WORK/wall.new" "$WORK/wall"
    else
        printf '%+020d' $(($1 * 1000000000)) | dd of="$WORK/wall" conv=notrunc status=none
    fi
}
# What sets the host's wall clock: a library of the test's own, or with FAKETIME_LIB=/path/to/libfaketimeMT.so.1 that
# one (`./agon soak clock`). The monotonic clock is left alone, as it is when somebody sets the time of a machine.
under_wall() {
    if [ -n "${FAKETIME_LIB-}" ]; then
        exec env LD_PRELOAD="$FAKETIME_LIB" FAKETIME_TIMESTAMP_FILE="$WORK/wall" FAKETIME_NO_CACHE=1 \
            FAKETIME_DONT_FAKE_MONOTONIC=1 "$@"
    fi
    exec env WALLCLOCK="$WORK/wall" LD_PRELOAD="${TOOLS}wallclock.so" "$@"
}
# Starts a host whose wall clock is that of $WORK/wall.
start_clocked() {
    under_wall "$AGON" run --config "$WORK/conf/live.yaml" \
        --dir "$WORK/run" --plugins "$PLUGINS" --quiet "$@" >"$WORK/host.out" 2>>"$WORK/host.err" &
    HOST_PID=$!
    PIDS="$PIDS $HOST_PID"
}
n_placed() { grep -c '"what":"order.place"' "$SIM_LOG"; }
# Orders go on: five more than now.
goes_on() { # WHAT
    n=$(($(n_placed) + 5))
    until_true "$HOST_PID" "$1: orders go on" lines "$SIM_LOG" '"what":"order.place"' "$n"
}
n_of() { grep -c "\"key\":\"$1\"" "$WORK/host.err"; }
# ... and none far behind: by the time that it is, not by that of the host's wall clock. Five minutes are the machine's.
not_behind() { # WHAT
    [ "$t_last" -ge $(($(date +%s) - 300)) ] || fail "$1: the journal is $(($(date +%s) - t_last)) s behind the time"
}
not_ahead() { # WHAT
    "$AGON" journal stats "$WORK/run/journal" --live --json >"$WORK/stat" || fail "$1: journal stats"
    t_last=$(($(json "$WORK/stat" t_last) / 1000000000))
    [ "$t_last" -le $(($(date +%s) + 2)) ] || fail "$1: the journal is $((t_last - $(date +%s))) s ahead of the time"
}
has_started() { "$AGON" journal cat "$WORK/run/journal" --live --type start 2>/dev/null | grep -q start; }
# Every event so far is of this run of the test: none ahead of the time, the last not behind it, no tournament.
times_are_true() { # WHAT
    not_ahead "$1"
    not_behind "$1"
    t_first=$(($(json "$WORK/stat" t_first) / 1000000000))
    [ "$t_first" -ge $((BEGAN - 2)) ] || fail "$1: the journal begins $((BEGAN - t_first)) s before the test"
    "$AGON" journal cat "$WORK/run/journal" --live --type plan >"$WORK/plans" 2>/dev/null
    [ ! -s "$WORK/plans" ] || fail "$1: a tournament was held before its time"
}

BEGAN=$(date +%s)
printf '%+020d' 0 >"$WORK/wall"
wall 0
start_sim --seed 5
live_files "$(agent busy_1 busy.so 'every: 2')"
# In three quarters of an hour: an hour more reaches it, and so do any ten years.
DUE=$((BEGAN + 2700))
printf 'tournament:\n  schedule: "%s * * *"\n' "$(date -u -d "@$DUE" '+%-M %-H')" >>"$WORK/conf/roster.yaml"
start_clocked
goes_on "at the start"

for offset in 315360000 3600 -3600; do
    wall $offset
    sleep 0.6
    wall 0
    goes_on "$offset s off for 0.6 s"
    times_are_true "$offset s off for 0.6 s"
    echo "$offset s off for 0.6 s: orders go on"
done
for offset in 315360000 3600 -3600; do
    n_steps=$(n_of clock_step)
    n_resumed=$(n_of clock-resume)
    wall $offset
    until_true "$HOST_PID" "$offset s off for good: seen" lines "$WORK/host.err" '"key":"clock_step"' $((n_steps + 1))
    until_true "$HOST_PID" "$offset s off for good: orders are taken" lines "$WORK/host.err" '"key":"clock-resume"' \
        $((n_resumed + 1))
    goes_on "$offset s off for good"
    times_are_true "$offset s off for good"
    kill -TERM "$HOST_PID"
    ended "$HOST_PID" 0 "$offset s off: the host"
    n_taken=$(n_of clock-taken)
    start_clocked
    until_true "$HOST_PID" "$offset s off at a start: said" lines "$WORK/host.err" '"key":"clock-taken"' $((n_taken + 1))
    goes_on "$offset s off at a start"
    times_are_true "$offset s off at a start"
    wall 0
    goes_on "$offset s off and set right"
    echo "$offset s off for good: held and said, orders go on, also of a host that starts so"
done

# Over TLS a wrong clock refuses every certificate: the exchange's was made now, and for 90 days.
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host before TLS"
kill -TERM "$SIM_PID"
ended "$SIM_PID" 0 "the exchange without TLS"
start_sim --seed 5 --tls --ca-out "$WORK/ca.pem"
cp "$WORK/conf/venue.yaml" "$WORK/plain.yaml"
sed -i "s|tls: false|tls: true, ca_file: \"$WORK/ca.pem\"|" "$WORK/conf/venue.yaml"
mv "$WORK/run" "$WORK/plain"
for offset in 315360000 -315360000; do
    wall $offset
    n_taken=$(n_of clock-taken)
    start_clocked
    until_true "$HOST_PID" "$offset s off, TLS: said" lines "$WORK/host.err" '"key":"clock-taken"' $((n_taken + 1))
    goes_on "$offset s off, TLS"
    times_are_true "$offset s off, TLS"
    kill -TERM "$HOST_PID"
    ended "$HOST_PID" 0 "$offset s off, TLS: the host"
done
wall 0
echo "over TLS: certificates are judged by the exchange's time"
kill -TERM "$SIM_PID"
ended "$SIM_PID" 0 "the exchange with TLS"
mv "$WORK/run" "$WORK/tls"
mv "$WORK/plain" "$WORK/run"
cp "$WORK/plain.yaml" "$WORK/conf/venue.yaml"
start_sim --seed 5
start_clocked
goes_on "without TLS again"

# A new run directory, a clock ten years ahead, and no exchange: twice the host starts, and what it writes has no time.
# When the exchange is there time begins, and it is the right one.
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host with an exchange"
kill -TERM "$SIM_PID"
ended "$SIM_PID" 0 "the exchange before"
mv "$WORK/run" "$WORK/plain"
wall 315360000
for start in first second; do
    n_unproven=$(n_of clock-unproven)
    start_clocked
    until_true "$HOST_PID" "the $start start without a venue" lines "$WORK/host.err" '"key":"clock-unproven"' $((n_unproven + 1))
    until_true "$HOST_PID" "the $start start is in the journal" has_started
    [ "$start" = second ] || { kill -9 "$HOST_PID"; wait "$HOST_PID" 2>/dev/null; }
    not_ahead "the $start start without a venue"
done
start_sim --seed 5
goes_on "an exchange at last"
times_are_true "an exchange at last"
wall 0
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host that began without an exchange"
mv "$WORK/run" "$WORK/dark"
mv "$WORK/plain" "$WORK/run"
kill -TERM "$SIM_PID"
ended "$SIM_PID" 0 "the exchange of the new run directory"
start_sim --seed 5
start_clocked
goes_on "as before"
echo "a new run directory without an exchange: nothing of the wrong clock is in its journal"

# The exchange is frozen when the wall clock is set: nobody says what time it is, and no new order leaves until it does.
get_status() { "$AGON" ctl status --dir "$WORK/run" --json >"$WORK/status" 2>/dev/null; }
is_paused() { get_status && grep -q '"entry": *"paused"' "$WORK/status"; }
is_awake() { get_status && ! grep -q '"entry": *"paused"' "$WORK/status"; }
kill -STOP "$SIM_PID"
wall 3600
until_true "$HOST_PID" "a pause" is_paused
halted() { "$AGON" journal cat "$WORK/run/journal" --live --type command 2>/dev/null | grep -q 'kind=halt.*reason=clock'; }
until_true "$HOST_PID" "the pause is in the journal" halted
! grep -q '"code":-1021' "$SIM_LOG" || fail "a request was refused for its time"
kill -CONT "$SIM_PID"
until_true "$HOST_PID" "the end of the pause" is_awake
goes_on "frozen and awake"
# What was on its way when the exchange froze may have become too old meanwhile.
n_late=$(grep -c '"code":-1021.*outside of the recvWindow' "$SIM_LOG")
times_are_true "frozen and awake"

# An hour behind: a tournament of the next minute is held in that minute, and once.
wall -3600
goes_on "an hour behind"
is_planned() { # before it is due: otherwise its time is tomorrow's
    due=$((($(date +%s) + 30) / 60 * 60 + 60))
    sed -i "s/schedule: .*/schedule: \"$(date -u -d "@$due" '+%-M %-H') * * *\"/" "$WORK/conf/roster.yaml"
    "$AGON" ctl apply "$WORK/conf/roster.yaml" --dir "$WORK/run" >"$WORK/out" 2>&1 || fail "ctl apply: $(cat "$WORK/out")"
    [ "$(date +%s)" -lt "$due" ]
}
until_true "$HOST_PID" "a tournament that is planned" is_planned
is_held() { "$AGON" journal cat "$WORK/run/journal" --live --type plan >"$WORK/plans" 2>/dev/null; [ -s "$WORK/plans" ]; }
until_true "$HOST_PID" "a tournament while the wall clock is an hour behind" is_held
goes_on "after the tournament"
wall 0
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host"
held=$(date -u -d "$(head -1 "$WORK/plans" | cut -d' ' -f2)" +%s)
[ "$held" -ge "$due" ] && [ "$held" -le $((due + 600)) ] || fail "the tournament of $due was held at $held"
not_ahead "at the end"
not_behind "at the end"
"$AGON" journal cat "$WORK/run/journal" --type plan >"$WORK/plans" 2>/dev/null
[ "$(sed 's/.* number=\([0-9]*\).*/\1/' "$WORK/plans" | sort -u | wc -l)" = 1 ] || fail "more than one tournament: $(cut -c1-200 "$WORK/plans")"
ids_once
[ "$(grep -c '"code":-1021' "$SIM_LOG")" = "$n_late" ] || fail "a request was refused for its time"
"$AGON" replay "$WORK/run/journal" --verify >"$WORK/replay.out" || fail "the journal does not replay"
echo "with the exchange frozen: paused until it had said the time; the journal replays"
