#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Keys stay where they belong: a canary key and secret are in no core file, log, journal, environment, command line or
# HTTP answer of a host that trades with them; a key that may withdraw is refused, plain text to another machine too; two
# keys of one account are one account.
. "$(dirname "$0")/common.sh"

KEY=canary5Q7xKeyKeyKeyKeyKeyKeyKeyKeyKeyKeyKeyKeyKeyKeyKeyKeyKeyKey
SECRET=canary9Z2vSecretSecretSecretSecretSecretSecretSecretSecretSecret
{
    echo 'accounts:'
    echo "  - {key: $KEY, secret: $SECRET, uid: 77, balances: {USDT: 1000000, BTC: 10, ETH: 100}}"
    echo '  - {key: second-key, secret: second-secret, uid: 77, balances: {USDT: 1000000, BTC: 10, ETH: 100}}'
    echo '  - {key: rich-key, secret: rich-secret, permissions: [TRADE, USER_DATA, WITHDRAW], balances: {USDT: 1000000}}'
} >"$WORK/accounts.yaml"
start_sim --seed 5 --account "$WORK/accounts.yaml"
VENUE_MORE='reconcile: 1s'
live_files "$(agent busy_1 busy.so 'every: 20')"

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

# What can be read from outside.
hits() { # WHAT FILE...
    what=$1
    shift
    n=$(cat "$@" 2>/dev/null | tr '\0' '\n' | grep -a -c -e "$KEY" -e "$SECRET")
    [ "$n" = 0 ] || fail "$what: $n hits of the canary"
    echo "$what: 0 hits"
}
hits "environment and command line of the host" "/proc/$host/environ" "/proc/$host/cmdline"
for child in $(pgrep -P "$host"); do
    hits "environment and command line of an agent" "/proc/$child/environ" "/proc/$child/cmdline"
done
grep -q 'Max core file size *0 *0' "/proc/$host/limits" || fail "core files are not switched off"
if ! is_sanitized; then
    # Pages that are locked and left out of core files, beside those of the plain kind.
    [ "$(awk '/^VmFlags:/ && / lo / && / dd / { n++ } END { print n + 0 }' "/proc/$host/smaps")" -ge 1 ] ||
        fail "no page of the host is locked and left out of core files"
    if command -v gcore >/dev/null && gcore -o "$WORK/core" "$host" >/dev/null 2>&1; then
        hits "core file of $(stat -c %s "$WORK/core.$host") bytes (gcore)" "$WORK/core.$host"
        rm -f "$WORK/core.$host"
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
hits "answers of HTTP and socket, $(stat -c %s "$WORK/answers") bytes" "$WORK/answers"

# A real crash leaves no core file, whatever limit the tester gave it.
cores() { find "$WORK" . -maxdepth 1 -name 'core*' -newer "$WORK/answers"; }
kill -SEGV "$host"
wait "$host" 2>/dev/null
[ -z "$(cores)" ] || fail "a crash left a core file: $(cores)"
echo "a crash by SIGSEGV under 'ulimit -c $(ulimit -c)': no core file"
hits "log and standard output" "$WORK/host.err" "$WORK/host.out" "$WORK/run/log/agon.ndjson"

# With what it does against core files undone, the kernel's own has neither key nor secret, and is whole: what is no
# secret is found in it. Written where the pattern says, in the working directory.
preloaded_host() {
    cd "$WORK" || exit 1
    LD_PRELOAD=$(cd "$AGON_BUILD_ROOT/tests/integration/tools" && pwd)/integration_dumpable.so exec "$@" >>"$WORK/host.out" 2>>"$WORK/host.err"
}
if ! is_sanitized && [ "$(cat /proc/sys/kernel/core_pattern)" = core ] && [ "$(ulimit -c)" = unlimited ]; then
    for signal in ABRT SEGV; do
        n=$(grep -c newClientOrderId "$SIM_LOG")
        preloaded_host "$(readlink -f "$AGON")" run --config "$WORK/conf/live.yaml" --dir "$WORK/run" --plugins "$BUILT_PLUGINS" --quiet &
        host=$!
        PIDS="$PIDS $host"
        until_true "$host" "orders after the crash" lines "$SIM_LOG" newClientOrderId $((n + 3))
        kill -$signal "$host"
        wait "$host" 2>/dev/null
        core=$(cores | head -1)
        [ -n "$core" ] || fail "the kernel wrote no core file by SIG$signal: the test shows nothing"
        grep -qa busy_1 "$core" || fail "the core file by SIG$signal does not hold the host's memory"
        hits "core file of $(stat -c %s "$core") bytes (SIG$signal, kept dumpable)" "$core"
        rm -f "$core"
    done
else
    echo "no core file of the kernel's here: pattern $(cat /proc/sys/kernel/core_pattern), limit $(ulimit -c)"
fi
# Packed segments are read as people read them.
"$AGON" journal cat "$WORK/run/journal" >"$WORK/journal.txt" 2>/dev/null || fail "journal cat"
hits "journal as text, $(stat -c %s "$WORK/journal.txt") bytes" "$WORK/journal.txt"
find "$WORK/run" -type f -exec cat {} + >"$WORK/everything"
hits "run directory with its journal, $(stat -c %s "$WORK/everything") bytes" "$WORK/everything"
