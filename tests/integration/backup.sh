#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Copies of a run directory while its host trades, packs and drops segments: each verifies and replays. A copy that is
# killed or has no room leaves none under its name; a changed byte is named. A host that was restored from a copy of
# before, where the account has traded on since, writes no client id a second time, cancels what it does not know, and
# has the exchange's open orders and money.
. "$(dirname "$0")/common.sh"
rounds=${BACKUP_ROUNDS:-8}
cat >"$WORK/accounts.yaml" <<EOF
accounts:
  - {key: agon-sim-key, secret: YWdvbi1zaW0tc2VjcmV0LWFnb24tc2ltLXNlY3JldC0wMDAwMDAwMA==,
     balances: {USDT: 100000000, BTC: 10, ETH: 100}}
EOF
start_sim --seed 3 --connects 1000000 --account "$WORK/accounts.yaml"
VENUE_MORE='reconcile: 2s
recv_window: 1s'
HOST_MORE='market_keep: 3MiB
market_segment: 1MiB
snapshot_every: 2000'
rich() { agent "$@" | sed 's/capital: 100000 /capital: 40000000 /'; }
trading() {
    live_files "$(rich busy_1 busy.so 'every: 2')
$(rich busy_2 busy.so 'every: 3')"
}
quiet() {
    live_files "$(rich busy_1 busy.so 'every: 1000000')
$(rich busy_2 busy.so 'every: 1000000')"
}
backup() { "$AGON" backup "$@" >"$WORK/backup.out" 2>"$WORK/backup.err"; }
refused() { # CODE PATTERN VERB...: refused so, in these words
    want=$1
    words=$2
    shift 2
    backup "$@"
    code=$?
    [ "$code" = "$want" ] || fail "agon backup $*: $code instead of $want: $(cat "$WORK/backup.out" "$WORK/backup.err")"
    grep -q -e "$words" "$WORK/backup.err" || fail "agon backup $*: does not say '$words': $(cat "$WORK/backup.err")"
}
is_ready() { lines "$WORK/host.err" '"key":"ready"' 1; }
orders() { lines "$SIM_LOG" '"kind":"request".*newClientOrderId' "$1"; }
n_orders() { grep -c '"kind":"request".*newClientOrderId' "$SIM_LOG"; }

trading
start_host
until_true "$HOST_PID" "the host is ready" is_ready
until_true "$HOST_PID" "orders" orders $(($(n_orders) + 10))

# One after the other beside the host: each is a whole one.
n=0
last=0
while [ "$n" -lt "$rounds" ]; do
    n=$((n + 1))
    backup make "$WORK/run" "$WORK/b$n" --json || fail "backup $n: $(cat "$WORK/backup.err")"
    [ "$(command jq -r .host_was_running "$WORK/backup.out")" = true ] || fail "backup $n does not know that a host runs"
    now=$(command jq -r .last_event "$WORK/backup.out")
    [ "$now" -ge "$last" ] || fail "backup $n ends with event $now, the one before with $last"
    last=$now
    backup verify "$WORK/b$n" || fail "backup $n is not good: $(cat "$WORK/backup.err")"
    "$AGON" replay "$WORK/b$n" --verify >"$WORK/replay.out" 2>&1 || fail "backup $n: $(cat "$WORK/replay.out")"
    [ ! -e "$WORK/b$n.new" ] || fail "backup $n left something behind"
    [ "$n" = 1 ] || [ "$n" = "$rounds" ] || rm -rf "$WORK/b$n"
    until_true "$HOST_PID" "the host goes on" orders $(($(n_orders) + 5))
done
find "$WORK/b1" -type f ! -perm 0600 ! -path '*/kept/*' | grep -q . && fail "a file of the backup is not 0600"
for name in lock beat control.sock http token token_read log plugins journal/reserve.aj; do
    [ ! -e "$WORK/b1/$name" ] || fail "$name is in the backup"
done
grep -rqF YWdvbi1zaW0tc2VjcmV0 "$WORK/b1" && fail "a secret is in the backup"
command jq -e '.agents | length == 2' "$WORK/b1/manifest.json" >/dev/null || fail "the manifest does not name the agents"
(cd "$WORK/b1" && b2sum --quiet -l 256 -c manifest.b2) || fail "b2sum does not read the manifest's sum"
b1_file=$(command jq -r '.files[0].path' "$WORK/b1/manifest.json")
[ "$(b2sum -l 256 "$WORK/b1/$b1_file" | cut -d' ' -f1)" = "$(command jq -r '.files[0].blake2b_256' "$WORK/b1/manifest.json")" ] ||
    fail "b2sum has another sum of $b1_file"

# What is refused, and how that is said.
refused 5 'would lie in the run directory' make "$WORK/run" "$WORK/run/b"
refused 5 'would lie in the run directory' make "$WORK/run" "$WORK/run/journal/../b/"
refused 5 'is there already' make "$WORK/run" "$WORK/b1"
refused 4 'is not a run directory' make "$WORK/conf" "$WORK/none"
refused 4 'is not a backup' verify "$WORK/run"
refused 5 'a host runs in' restore "$WORK/b1" "$WORK/run"
mkdir "$WORK/full" && : >"$WORK/full/mine"
refused 5 'is not empty' restore "$WORK/b1" "$WORK/full"
refused 6 'expected a folder that is there' make "$WORK/run" "$WORK/nowhere/b"

# Killed at any moment: nothing under its name, and the next one takes what is left away.
for delay in 0 0.01 0.03 0.06 0.1 0.2; do
    "$AGON" backup make "$WORK/run" "$WORK/killed" >/dev/null 2>&1 &
    backup_pid=$!
    sleep "$delay"
    kill -9 "$backup_pid" 2>/dev/null
    wait "$backup_pid" 2>/dev/null
    [ ! -e "$WORK/killed" ] || { backup verify "$WORK/killed" || fail "killed after $delay s: half a backup"; rm -rf "$WORK/killed"; }
done
backup make "$WORK/run" "$WORK/killed" || fail "after kills: $(cat "$WORK/backup.err")"
backup verify "$WORK/killed" || fail "after kills: $(cat "$WORK/backup.err")"
[ ! -e "$WORK/killed.new" ] || fail "what a kill left is still there"
mkdir "$WORK/strange.new" && : >"$WORK/strange.new/mine"
refused 5 'is not what an interrupted agon leaves' make "$WORK/run" "$WORK/strange"
[ -e "$WORK/strange.new/mine" ] || fail "a folder of somebody else was removed"

# No room: said, and nothing is left. (A limit of a file's size stands for it: no right to mount is needed.)
(ulimit -f 64 && "$AGON" backup make "$WORK/run" "$WORK/noroom" >"$WORK/backup.out" 2>"$WORK/backup.err")
code=$?
[ "$code" = 6 ] || fail "without room: $code: $(cat "$WORK/backup.err")"
grep -q 'copying .*no space' "$WORK/backup.err" || fail "without room: $(cat "$WORK/backup.err")"
[ ! -e "$WORK/noroom" ] && [ ! -e "$WORK/noroom.new" ] || fail "without room something is left"

# Each file of it: a changed byte, one that is missing, one too many.
for file in $(command jq -r '.files[].path' "$WORK/b1/manifest.json" | grep -v '^kept/' | head -4) manifest.json; do
    cp -a "$WORK/b1" "$WORK/bad"
    printf 'X' | dd of="$WORK/bad/$file" bs=1 seek=300 conv=notrunc 2>/dev/null
    refused 1 "$file" verify "$WORK/bad"
    refused 4 "$file" restore "$WORK/bad" "$WORK/from_bad"
    [ ! -e "$WORK/from_bad" ] && [ ! -e "$WORK/from_bad.new" ] || fail "half a run directory of a bad backup"
    rm -rf "$WORK/bad"
done
cp -a "$WORK/b1" "$WORK/bad"
rm "$WORK/bad/$b1_file"
refused 1 "$b1_file" verify "$WORK/bad"
cp "$WORK/b1/$b1_file" "$WORK/bad/$b1_file"
: >"$WORK/bad/journal/money-00000000000000000009.aj"
refused 1 'journal/money-00000000000000000009.aj does not belong' verify "$WORK/bad"
rm -rf "$WORK/bad"

# The account goes on: past the backup, over a start, with orders that the backup does not know open at the end.
until_true "$HOST_PID" "orders since" orders $(($(n_orders) + 20))
kill -9 "$HOST_PID"
wait "$HOST_PID" 2>/dev/null
: >"$WORK/host.err"
start_host
until_true "$HOST_PID" "the second run is ready" is_ready
until_true "$HOST_PID" "orders of the second run" orders $(($(n_orders) + 20))
kill -9 "$HOST_PID"
wait "$HOST_PID" 2>/dev/null
backup make "$WORK/run" "$WORK/b_dead" || fail "of a host that was killed: $(cat "$WORK/backup.err")"
[ "$(command jq -r .host_was_running "$WORK/b_dead/manifest.json")" = false ] || fail "a dead host is said to run"
mv "$WORK/run" "$WORK/lost"

# A backup is no run directory.
cp -a "$WORK/b1" "$WORK/run"
: >"$WORK/host.err"
start_host
ended "$HOST_PID" 5 "a host in a backup"
lines "$WORK/host.err" 'is a backup and not a run directory' 1 || fail "a host in a backup: $(cat "$WORK/host.err")"
rm -rf "$WORK/run"

settled_yet() {
    settled && return
    [ "$((looks += 1))" -lt 3000 ] || fail "$1: not as the exchange has them: $(grep '^open\|^cash\|^request\|^suspense' "$WORK/facts" |
        sort | diff - "$WORK/asks" | head -20)"
    return 1
}
# Twice from the same one: the second knows as little of the first as that of the host before, and takes its orders, which
# are of another number, for those of another host until it is told to take over.
take_over=
for time in first second; do
    backup restore "$WORK/b1" "$WORK/run" || fail "restore: $(cat "$WORK/backup.err")"
    grep -q 'carry another number' "$WORK/backup.out" || fail "restore does not say what becomes of orders"
    [ "$(stat -c %a "$WORK/run")" = 700 ] || fail "the run directory is not 0700"
    quiet
    : >"$WORK/host.err"
    if [ "$time" = second ]; then
        start_host
        ended "$HOST_PID" 5 "a restored host that sees another's orders"
        take_over=--take-over
    fi
    # shellcheck disable=SC2086
    start_host $take_over
    until_true "$HOST_PID" "the $time restored host is ready" is_ready
    lines "$WORK/host.err" '"key":"restored"' 1 || fail "the log does not say that it was restored"
    looks=0
    until_true "$HOST_PID" "the $time restored host has the exchange's orders and money" settled_yet "$time"
    kill -9 "$HOST_PID"
    wait "$HOST_PID" 2>/dev/null
    trading
    : >"$WORK/host.err"
    # shellcheck disable=SC2086
    start_host $take_over
    until_true "$HOST_PID" "the $time restored host trades" is_ready
    lines "$WORK/host.err" '"key":"restored"' 1 && fail "it gets another number at a second start"
    until_true "$HOST_PID" "orders of the $time restored host" orders $(($(n_orders) + 20))
    if [ "$time" = first ]; then
        kill -TERM "$HOST_PID"
        ended "$HOST_PID" 0 "the first restored host at its end"
        rm -rf "$WORK/run"
    fi
done
backup make "$WORK/run" "$WORK/b_restored" || fail "of a restored host: $(cat "$WORK/backup.err")"
[ ! -e "$WORK/b_restored/restored" ] || fail "the mark of a restore is in a backup"
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the restored host at its end"
ids_once
"$AGON" replay "$WORK/run" --verify >"$WORK/replay.out" || fail "the restored journal does not replay"
echo "$rounds backups beside a host that trades, each verified and replayed; $(wc -l <"$WORK/ids") orders of the host and of two restores of one backup, no id twice"
