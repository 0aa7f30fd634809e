#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Alerts of what a host meets outside: a key that is refused, a venue that bars it, one that is away, an order on its
# account that is not its own, a request that stays unconfirmed, an agent that exceeds its rate, and a stop that cannot
# close while the venue is away. Each is an event of the journal with its value and limit; what the venue says again and
# again is one alert, and one that comes back after its end is another.
. "$(dirname "$0")/common.sh"

ctl() {
    "$AGON" ctl --dir "$WORK/run" "$@" >"$WORK/ctl.out" 2>"$WORK/ctl.err"
}
# alerted KIND [CONDITION [N]]: are there N (1) alerts of it, or more, for which that is so?
alerted() {
    ctl alerts all --json && jq -e --arg kind "$1" "map(select(.kind == \$kind and (${2:-true})) | .count // 1) | add // 0 | . >= ${3:-1}" \
        "$WORK/ctl.out" >/dev/null
}
# A buy limit order of somebody else, by the same key: what ctl foreign calls a stranger's.
stranger() {
    python3 - "$SIM_PORT" "$1" <<'PY'
import hashlib, hmac, sys, time, urllib.request
text = ("symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.001&price=20000&newClientOrderId=" + sys.argv[2] +
        "&recvWindow=60000&timestamp=%d" % (time.time() * 1000))
key = b"YWdvbi1zaW0tc2VjcmV0LWFnb24tc2ltLXNlY3JldC0wMDAwMDAwMA=="
text += "&signature=" + hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
request = urllib.request.Request("http://127.0.0.1:%s/api/v3/order?%s" % (sys.argv[1], text), method="POST",
                                 headers={"X-MBX-APIKEY": "agon-sim-key"})
urllib.request.urlopen(request).read()
PY
}

cat >"$WORK/faults.yaml" <<'YAML'
seed: 1
faults:
  - {name: key, on: request, method: GET, path: /api/v3/account, nth: 5, times: 3, do: error, status: 401, code: -2015, msg: "Invalid API-key, IP, or permissions for action."}
  - {name: key, on: request, method: GET, path: /api/v3/account, nth: 12, times: 3, do: error, status: 401, code: -2015, msg: "Invalid API-key, IP, or permissions for action."}
  - {name: slow, on: request, method: GET, path: /api/v3/openOrders, nth: 18, times: 1, do: error, status: 418, code: -1, msg: "Way too many requests"}
  - {name: lost, on: request, method: POST, path: /api/v3/order, symbol: ETHUSDT, nth: 2, do: timeout, effect: false}
  - {name: blind, on: request, method: GET, path: /api/v3/order, times: 60, do: error, status: 503, code: -1007, msg: "Timeout"}
YAML
VENUE_MORE='reconcile: 1s
cooloff: 2s
request_timeout: 2s
user_silence: 3s'
start_sim --seed 3 --faults "$WORK/faults.yaml"
mkdir "$WORK/plugins"
cp "$PLUGINS/busy.so" "$PLUGINS/rogue.so" "$WORK/plugins"
PLUGINS=$WORK/plugins
# The request that is lost is none of the rogue's, which floods when its order rests.
live_files "$(agent busy_1 busy.so 'every: 10')
$(agent rogue rogue.so 'fault: flood' | sed 's/, "binance:ETHUSDT"//')"
start_host
until_true "$HOST_PID" "the host is ready" lines "$WORK/host.err" '"key":"ready"' 1

# An agent that wants more than it may, long before its plugin is ended for it.
until_true "$HOST_PID" "the flood" alerted flood '.agent == "rogue" and (.value | tonumber >= 2000)'
# Somebody else's order, by hand; a second one is more than there were.
stranger by-hand-1 || fail "the stranger's order was refused"
until_true "$HOST_PID" "the stranger" alerted foreign_order '.value | tonumber == 1'
# The key: refused three times in a row, which is one alert, and later again, which is another.
until_true "$HOST_PID" "the key is refused" alerted credential '.text | test("binance.*-2015")'
until_true "$HOST_PID" "the key is refused again" alerted credential true 2
until_true "$HOST_PID" "the venue bars us" alerted venue_limit '.value | tonumber > 0'
# The second order's fate is not known, and every question of it is answered with an error. Not for ever: of what fills while
# the venue stands still the answer is lost too, and no round is whole before the venue has said whose it was.
until_true "$HOST_PID" "the unconfirmed request" alerted unconfirmed '.value | tonumber >= 30000000000'

# Away: told once, as is the stop that cannot close without it; back, and away again, is another.
kill -STOP "$SIM_PID"
until_true "$HOST_PID" "the venue is away" alerted venue_down
ctl stop "a drill" --timeout 1s && fail "a stop without the venue says that all is closed"
until_true "$HOST_PID" "the stop is told" alerted stop '.level == "critical"'
kill -CONT "$SIM_PID"
until_true "$HOST_PID" "it is back" lines "$WORK/host.err" '"key":"venue-back"' 1
kill -STOP "$SIM_PID"
until_true "$HOST_PID" "the venue is away again" alerted venue_down true 2
kill -CONT "$SIM_PID"
until_true "$HOST_PID" "it is back again" lines "$WORK/host.err" '"key":"venue-back"' 2

kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host"
n=$("$AGON" journal cat "$WORK/run/journal" --type alert | grep -c 'kind=credential')
[ "$n" = 2 ] || fail "twice the key was refused for a while, and that is $n alerts"
for kind in flood foreign_order credential venue_limit unconfirmed venue_down stop; do
    "$AGON" journal cat "$WORK/run/journal" --type alert | grep -q "kind=$kind" || fail "$kind is not in the journal"
done
"$AGON" replay "$WORK/run/journal" --verify >"$WORK/replay.out" || fail "the journal does not replay: $(cat "$WORK/replay.out")"
echo "told of: $("$AGON" journal cat "$WORK/run/journal" --type alert | sed 's/.* kind=\([a-z_]*\).*/\1/' | sort | uniq -c | tr -s ' \n' ' ')"
