#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Keys stay where they belong: a canary key and secret are in no core file, log, journal, environment, command line or
# HTTP answer of a host that trades with them, nor of the keeper beside it, before and after it acted; a key that may
# withdraw is refused, plain text to another machine too; two keys of one account are one account.
. "$(dirname "$0")/common.sh"

KEY=canary5Q7xKeyKeyKeyKeyKeyKeyKeyKeyKeyKeyKeyKeyKeyKeyKeyKeyKeyKey
SECRET=canary9Z2vSecretSecretSecretSecretSecretSecretSecretSecretSecret
KEEPER=$(dirname "$AGON")/agon-keeper
printf '%s\n%s\n' "$KEY" "$SECRET" >"$WORK/canary"
{
    echo 'accounts:'
    echo "  - {key: $KEY, secret: $SECRET, uid: 77, balances: {USDT: 1000000, BTC: 10, ETH: 100}}"
    echo '  - {key: second-key, secret: second-secret, uid: 77, balances: {USDT: 1000000, BTC: 10, ETH: 100}}'
    echo '  - {key: rich-key, secret: rich-secret, permissions: [TRADE, USER_DATA, WITHDRAW], balances: {USDT: 1000000}}'
} >"$WORK/accounts.yaml"
start_sim --seed 5 --account "$WORK/accounts.yaml"
VENUE_MORE='reconcile: 1s
recv_window: 1s'
live_files "$(agent busy_1 busy.so 'every: 20' '' ', hard: 30s')"

credential() { # KEY SECRET
    printf 'key: %s\nsecret: %s\n' "$1" "$2" >"$WORK/credentials/sim"
}
says() { grep -q -e "$2" "$WORK/host$1.err"; }

# A key that may withdraw.
credential rich-key rich-secret
: >"$WORK/host.err"
start_host
ended "$HOST_PID" 5 "a host whose key may withdraw"
says '' 'the key may withdraw' || fail "it is not said why"
! grep -q newClientOrderId "$SIM_LOG" || fail "an order was sent with a key that may withdraw"
"$AGON" journal cat "$WORK/run/journal" --type alert 2>/dev/null | grep -q 'kind=credential' ||
    fail "a key that may withdraw is no alert"
rm -rf "$WORK/run"

# In the clear to another machine: refused with file and line, before any key is read.
sed 's/^rest: {host: 127.0.0.1/rest: {host: 192.0.2.1/' "$WORK/conf/venue.yaml" >"$WORK/conf/far.yaml"
sed 's/^venue: .*/venue: far.yaml/' "$WORK/conf/live.yaml" >"$WORK/conf/far_live.yaml"
"$AGON" run --config "$WORK/conf/far_live.yaml" --dir "$WORK/far" --plugins "$PLUGINS" --quiet 2>"$WORK/far.err"
[ $? = 3 ] || fail "tls: false to another machine is not refused"
grep -q 'far.yaml:[0-9]*.*tls is false' "$WORK/far.err" || fail "file and line are not named: $(cat "$WORK/far.err")"

# A host that trades with the canary.
credential "$KEY" "$SECRET"
: >"$WORK/host.err"
ulimit -c unlimited 2>/dev/null
start_host
host=$HOST_PID
until_true "$host" "orders with the canary" lines "$SIM_LOG" newClientOrderId 5

# The other key of the account is the account.
mkdir "$WORK/credentials2"
chmod 700 "$WORK/credentials2"
printf 'key: second-key\nsecret: second-secret\n' >"$WORK/credentials2/sim"
chmod 600 "$WORK/credentials2/sim"
CREDENTIALS_DIRECTORY=$WORK/credentials2 "$AGON" run --config "$WORK/conf/live.yaml" --dir "$WORK/run_2" \
    --plugins "$PLUGINS" --quiet >"$WORK/host2.out" 2>"$WORK/host2.err"
[ $? = 5 ] || fail "another key of the same account is not refused"
says 2 'another host trades this account.*process' || fail "the lock of the account is not named"

# Its keeper, who has the same keys.
"$KEEPER" --config "$WORK/conf/live.yaml" --dir "$WORK/run" 2>"$WORK/keeper.err" &
keeper=$!
PIDS="$PIDS $keeper"
until_true "$keeper" "the keeper watches" grep -q "watching process $host" "$WORK/keeper.err"

# What can be read from outside.
hits "environment and command line of the host" "/proc/$host/environ" "/proc/$host/cmdline"
hits "environment and command line of the keeper" "/proc/$keeper/environ" "/proc/$keeper/cmdline"
for child in $(pgrep -P "$host" -f __runner); do
    hits "environment and command line of an agent" "/proc/$child/environ" "/proc/$child/cmdline"
done
for pid in $host $keeper; do
    grep -q 'Max core file size *0 *0' "/proc/$pid/limits" || fail "core files are not switched off"
done
if ! is_sanitized; then
    # Pages that are locked and left out of core files, beside those of the plain kind.
    [ "$(awk '/^VmFlags:/ && / lo / && / dd / { n++ } END { print n + 0 }' "/proc/$host/smaps")" -ge 1 ] ||
        fail "no page of the host is locked and left out of core files"
    # What a core file would hold, by root's right to look; who is not root sees it below, of what is kept dumpable.
    if [ "$(id -u)" = 0 ]; then
        canary_works "$host"
        hits "memory of the host" --memory "$host"
        canary_works "$keeper"
        hits "memory of the keeper" --memory "$keeper"
    fi
fi
url=$(cat "$WORK/run/http")
token=$(cat "$WORK/run/token")
for path in api/v1/status api/v1/agents api/v1/orders api/v1/positions api/v1/fills api/v1/books api/v1/equity api/v1/feed \
    api/v1/latency api/v1/foreign metrics openapi.json; do
    curl -s -f -H "Authorization: Bearer $token" "$url/$path" >>"$WORK/answers" || fail "GET /$path is not answered"
done
for verb in status agents orders feed 'log tail 1000'; do
    # shellcheck disable=SC2086
    "$AGON" ctl --dir "$WORK/run" --json $verb >>"$WORK/answers" || fail "ctl $verb is not answered"
done
hits "answers of HTTP and socket" "$WORK/answers"

# A real crash leaves no core file, whatever limit the tester gave it. The keeper acts, and then crashes too.
cores() { find "$WORK" . -maxdepth 1 -name 'core*' -newer "$WORK/answers"; }
acted() { grep -q 'cancelled: .* 0 left' "$WORK/run/keeper.log"; }
kill -SEGV "$host"
wait "$host" 2>/dev/null
until_true "$keeper" "the keeper has acted" acted
if ! is_sanitized && [ "$(id -u)" = 0 ]; then hits "memory of the keeper that acted" --memory "$keeper"; fi
kill -SEGV "$keeper"
wait "$keeper" 2>/dev/null
[ -z "$(cores)" ] || fail "a crash left a core file: $(cores)"
echo "host and keeper crashed by SIGSEGV under 'ulimit -c $(ulimit -c)': no core file"
hits "log and standard output" "$WORK/host.err" "$WORK/host.out" "$WORK/run/log/agon.ndjson"
hits "what the keeper says" "$WORK/keeper.err" "$WORK/run/keeper.log"

# With what they do against core files undone: what a core file would hold is read from the living process, and the
# kernel's own, which lies where the pattern says, in the working directory, where it is "core" and the limit allows one.
# It is whole: what is no secret is found in it.
preloaded() { # ERRORS COMMAND...
    cd "$WORK" || exit 1
    errors=$1
    shift
    LD_PRELOAD=$(cd "$AGON_BUILD_ROOT/tests/integration/tools" && pwd)/integration_dumpable.so exec "$@" >>"$WORK/host.out" 2>>"$errors"
}
core_of() { # PID SIGNAL NAME WORD: what is in its memory, and in its core file
    hits "memory of the $3 (kept dumpable)" --memory "$1"
    kill "-$2" "$1"
    wait "$1" 2>/dev/null
    [ "$(cat /proc/sys/kernel/core_pattern)" = core ] && [ "$(ulimit -c)" = unlimited ] || {
        echo "of the $3 there is no core file of the kernel's by SIG$2: its pattern is '$(cat /proc/sys/kernel/core_pattern)', the limit $(ulimit -c)"
        return
    }
    core=$(cores | head -1)
    [ -n "$core" ] || fail "the kernel wrote no core file of the $3 by SIG$2: the test shows nothing"
    grep -qa "$4" "$core" || fail "the core file of the $3 by SIG$2 does not hold its memory"
    hits "core file of the $3 by SIG$2 (kept dumpable)" "$core"
    rm -f "$core"
}
if is_sanitized; then
    echo "a sanitizer's program is not looked into: its memory is not the product's"
else
    for signal in ABRT SEGV; do
        n=$(grep -c newClientOrderId "$SIM_LOG")
        preloaded "$WORK/host.err" "$(readlink -f "$AGON")" run --config "$WORK/conf/live.yaml" --dir "$WORK/run" --plugins "$BUILT_PLUGINS" --quiet &
        host=$!
        PIDS="$PIDS $host"
        until_true "$host" "orders after the crash" lines "$SIM_LOG" newClientOrderId $((n + 3))
        : >"$WORK/keeper.err"
        : >"$WORK/run/keeper.log"
        preloaded "$WORK/keeper.err" "$(readlink -f "$KEEPER")" --config "$WORK/conf/live.yaml" --dir "$WORK/run" &
        keeper=$!
        PIDS="$PIDS $keeper"
        until_true "$keeper" "the keeper watches" grep -q "watching process $host" "$WORK/keeper.err"
        core_of "$host" $signal host busy_1
        until_true "$keeper" "the keeper has acted" acted
        core_of "$keeper" $signal keeper "$WORK"
    done
fi
# Packed segments are read as people read them.
"$AGON" journal cat "$WORK/run/journal" >"$WORK/journal.txt" 2>/dev/null || fail "journal cat"
hits "journal as text" "$WORK/journal.txt"
hits "run directory with its journal" "$WORK/run"
