#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# An Ed25519 key over TLS stays where it belongs too: neither its seed, as text or as bytes, nor the name of the key is in
# memory that a core file would hold, in log, journal, environment, command line or answer of a host that trades with it,
# nor of its keeper before and after it acted.
. "$(dirname "$0")/common.sh"
[ "$(id -u)" = 0 ] || { echo "skipped: looking into a process that may not be looked into takes root"; exit 77; }
! is_sanitized || { echo "skipped: a sanitizer's program is not looked into"; exit 77; }

KEEPER=$(dirname "$AGON")/agon-keeper
KEY=canary3Ed25519NameNameNameNameNameNameNameNameNameNameNameNameNa
SEED=c0ffee5eed0123456789abcdef13579bdf02468ace0fedcba98765432100badd
public=$(python3 -c 'import sys; sys.stdout.buffer.write(bytes.fromhex("302e020100300506032b657004220420" + sys.argv[1]))' $SEED |
    openssl pkey -inform DER -pubout -outform DER | openssl base64 -A) || fail "openssl gives no public key"
printf '%s\n%s\nhex:%s\n' $KEY $SEED $SEED >"$WORK/canary"
printf 'accounts:\n  - {key: %s, public_key: "%s", uid: 77, balances: {USDT: 1000000, BTC: 10, ETH: 100}}\n' $KEY "$public" \
    >"$WORK/accounts.yaml"
start_sim --seed 5 --account "$WORK/accounts.yaml" --tls --ca-out "$WORK/ca.pem"
VENUE_MORE='reconcile: 1s
recv_window: 1s
key_kind: ed25519'
live_files "$(agent busy_1 busy.so 'every: 20')"
sed -i "s|tls: false|tls: true, ca_file: \"$WORK/ca.pem\"|" "$WORK/conf/venue.yaml"
printf 'key: %s\nsecret: %s\n' $KEY $SEED >"$WORK/credentials/sim"

start_host
host=$HOST_PID
until_true "$host" "orders with the canary" lines "$SIM_LOG" newClientOrderId 20
"$KEEPER" --config "$WORK/conf/live.yaml" --dir "$WORK/run" 2>"$WORK/keeper.err" &
keeper=$!
PIDS="$PIDS $keeper"
until_true "$keeper" "the keeper watches" grep -q "watching process $host" "$WORK/keeper.err"
for pid in $host $keeper $(pgrep -P "$host" -f __runner); do
    hits "environment and command line of $(cat "/proc/$pid/comm")" "/proc/$pid/environ" "/proc/$pid/cmdline"
done
canary_works "$host"
hits "memory of the host" --memory "$host"
canary_works "$keeper"
hits "memory of the keeper" --memory "$keeper"
url=$(cat "$WORK/run/http")
token=$(cat "$WORK/run/token")
for path in api/v1/status api/v1/feed metrics; do
    curl -s -f -H "Authorization: Bearer $token" "$url/$path" >>"$WORK/answers" || fail "GET /$path is not answered"
done
hits "answers of HTTP" "$WORK/answers"
kill -9 "$host"
wait "$host" 2>/dev/null
acted() { grep -q 'cancelled: .* 0 left' "$WORK/run/keeper.log"; }
until_true "$keeper" "the keeper has acted" acted
hits "memory of the keeper that acted" --memory "$keeper"
hits "what host and keeper say" "$WORK/host.err" "$WORK/host.out" "$WORK/keeper.err" "$WORK/run/keeper.log" "$WORK/run/log"
"$AGON" journal cat "$WORK/run/journal" >"$WORK/journal.txt" 2>/dev/null || fail "journal cat"
hits "journal as text" "$WORK/journal.txt"
hits "run directory with its journal" "$WORK/run"
