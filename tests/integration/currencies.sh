#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Several quote currencies in one host: BTCUSDT, ETHBTC and BTCUSD. What nothing values is refused before anything runs,
# with its file and line; named instruments value the rest, in the journal, in what is shown, and again in a replay.
. "$(dirname "$0")/common.sh"

ctl() { "$AGON" ctl "$@" --dir "$WORK/run"; }
is() {
    query=$1
    shift
    ctl "$@" --json >"$WORK/out" 2>/dev/null && jq -e "$query" "$WORK/out" >/dev/null
}
roster() { # FILE VALUATION
    cat >"$1" <<END
seed: 1
base_currency: USDT
$2
agents:
  - name: crosses
    plugin: busy.so
    stage: live
    capital: 100000 USDT
    instruments: ["binance:BTCUSDT", "binance:ETHBTC", "binance:BTCUSD"]
    params: {every: 20}
    hard: 30s
END
}
start_sim --seed 3 --symbols BTCUSDT,ETHBTC,BTCUSD,USDTUSD
live_files ""
sed -i '/ETHUSDT/d' "$WORK/conf/live.yaml"
cat >>"$WORK/conf/live.yaml" <<END
  - {symbol: ETHBTC, base: ETH, quote: BTC, tick: 0.01, lot: 0.0001}
  - {symbol: BTCUSD, base: BTC, quote: USD, tick: 0.01, lot: 0.0001}
  - {symbol: USDTUSD, base: USDT, quote: USD, tick: 0.01, lot: 0.0001}
END

roster "$WORK/conf/roster.yaml" ""
"$AGON" run --config "$WORK/conf/live.yaml" --dir "$WORK/run" --plugins "$PLUGINS" >"$WORK/out" 2>&1
rc=$?
[ $rc = 3 ] || fail "a roster that nothing values: ended with $rc instead of 3: $(cat "$WORK/out")"
for said in 'roster.yaml:9:38: ' 'is priced in BTC, and nothing says its value in USDT' \
    'valuation: {BTC: "binance:BTCUSDT"}' 'roster.yaml:9:56: ' 'valuation: {USD: "binance:USDTUSD"}'; do
    grep -qF -- "$said" "$WORK/out" || fail "the refusal does not say '$said': $(cat "$WORK/out")"
done
[ ! -d "$WORK/run/journal" ] || fail "something ran all the same"

for mode in live paper; do
    rm -rf "$WORK/run"
    sed -i "s/^mode: .*/mode: $mode/" "$WORK/conf/live.yaml"
    roster "$WORK/conf/roster.yaml" 'valuation: {BTC: "binance:BTCUSDT", USD: "binance:USDTUSD"}'
    start_host
    until_true "$HOST_PID" "fills on the first pair" is '.fills > 0' status
    until_true "$HOST_PID" "both assets have a price" \
        is 'length == 2 and all(.[]; .price != null and .stale == false)' valuation
    is '[.[] | .asset + " " + .instrument] == ["BTC BTCUSDT", "USD USDTUSD"]' valuation ||
        fail "what values what: $(cat "$WORK/out")"
    is '.stale_valuations == 0' status || fail "status: $(cat "$WORK/out")"
    kill -TERM "$HOST_PID"
    wait "$HOST_PID" || fail "$mode: the host ended with $?: $(tail -3 "$WORK/host.err")"
    "$AGON" journal cat "$WORK/run" --type config 2>/dev/null | grep -c 'kind=valuation' | grep -qx 2 ||
        fail "the journal has no valuations: $("$AGON" journal cat "$WORK/run" | grep -i 'config' | head -20)"
    "$AGON" replay "$WORK/run" >"$WORK/out" 2>&1 || fail "$mode: the replay: $(cat "$WORK/out")"
done

# What they are valued by stands as long as the host runs.
start_host
until_true "$HOST_PID" "it runs again" is '.agents == 1' status
roster "$WORK/conf/other.yaml" 'valuation: {BTC: "binance:BTCUSDT"}'
ctl apply "$WORK/conf/other.yaml" >"$WORK/out" 2>&1 && fail "another valuation was applied"
grep -qF 'is priced in USD' "$WORK/out" || fail "apply does not say why: $(cat "$WORK/out")"
kill -TERM "$HOST_PID"
wait "$HOST_PID" || fail "the host ended with $?"
