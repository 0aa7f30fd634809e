#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# How much there may be of a thing, and what is said of one more: symbols of a simulated market.
. "$(dirname "$0")/common.sh"

names() { # N: so many symbols
    python3 -c "print(','.join('S%02dUSDT' % i for i in range($1)))"
}
beyond() { # NAME TEXT COMMAND...: ends with that text, which says what it was and how to mend it
    beyond_name=$1 text=$2
    shift 2
    timeout 60 "$@" >"$WORK/out" 2>&1 && fail "$beyond_name: one beyond the ceiling is taken"
    grep -qF -- "$text" "$WORK/out" || fail "$beyond_name: does not say '$text': $(head -3 "$WORK/out")"
}

beyond 'symbols of a simulated market' "S64USDT is one symbol too many: a simulated market has at most 64; leave some out, or begin another simulator for them" \
    "$AGON" sim --port 0 --symbols "$(names 65)"
start_sim --seed 3 --symbols "$(names 64)"
UM_PORT=$(sed -n 's/.*"binance_um":{"port":\([0-9]*\).*/\1/p' "$WORK/sim.out")
# Each of them is a market: listed, ticked over all and over the last alone, spot and perpetual.
python3 - "$SIM_PORT" "$UM_PORT" <<'PY' || fail "not every symbol is a market"
import json, sys, time, urllib.request
def get(port, path): return json.load(urllib.request.urlopen(f'http://127.0.0.1:{port}{path}'))
for port, root in ((sys.argv[1], '/api/v3'), (sys.argv[2], '/fapi/v1')):
    names = [f'S{i:02}USDT' for i in range(64)]
    assert sorted(s['symbol'] for s in get(port, root + '/exchangeInfo')['symbols']) == names
    assert sorted(t['symbol'] for t in get(port, root + '/ticker/price')) == names
    assert get(port, root + '/ticker/price?symbol=S63USDT')['symbol'] == 'S63USDT'
    until = time.time() + 60
    while not all(get(port, f'{root}/depth?symbol={n}&limit=5')['bids'] for n in ('S00USDT', 'S63USDT')):
        assert time.time() < until, 'a book stays empty'
        time.sleep(0.2)
PY
echo "64 symbols of a simulated market, and what is said of one more"
