#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# ccxt: a client that never heard of Agon trades on the simulated venue, over TLS: ccxt from npm, pinned, unmodified.
# It is installed once into the build folder. ccxt.sh AGON TESTS-DIR spot|usdm|VENUE
. "$(dirname "$0")/../integration/common.sh"
market=$3
here=$(cd "$(dirname "$0")" && pwd)
place=$AGON_BUILD_ROOT/tests/ccxt

skip() {
    echo "skipped: $*"
    exit 77
}

for tool in node npm; do
    command -v $tool >/dev/null || skip "needs $tool"
done
node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || a === 20 && b > 18 ? 0 : 1)' ||
    skip "needs node 20.19 or newer, this is $(node --version)"

. "$AGON_SOURCE_ROOT/tests/support/npm.sh"
npm_install "$here" "$place" || {
    grep -qE 'ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ENETUNREACH|ETIMEDOUT|ENOTCACHED|network' "$place/install.log" &&
        skip "needs a package registry: $(tail -n 1 "$place/install.log")"
    cat "$place/install.log" >&2
    fail "ccxt could not be installed"
}

client=client.js
venue=binance
speed=60
case $market in
spot | usdm) ;;
*) client=$market.js venue=$market ;;
esac
# On a busy machine a client is too slow for sixty times the changes of their books, and is put out.
[ $venue = binance ] || speed=10
start_sim --venue $venue --speed $speed --seed 7 --tls --ca-out "$WORK/ca.pem"
[ "$market" != usdm ] ||
    SIM_PORT=$(sed -n 's/.*"binance_um":{[^}]*"port":\([0-9]*\).*/\1/p' "$WORK/sim.out")
[ -n "$SIM_PORT" ] || fail "the simulator did not name the port of $market"
NODE_EXTRA_CA_CERTS="$WORK/ca.pem" node "$place/$client" "$market" "https://127.0.0.1:$SIM_PORT" ||
    fail "ccxt on $market"
# Every request that ccxt signed for an order, and what became of it, stands in the simulator's own log.
lines "$SIM_LOG" '"kind":"request"' 10 || fail "the simulator's log has no requests"
