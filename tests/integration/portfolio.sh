#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Limits of all agents together on a running host: set in the roster and by `ctl apply`, where what allows more wants a
# second word; shown by ctl, /metrics and the journal; at the day's loss every agent's orders are cancelled and its
# positions closed, with an alert, and nobody takes new risk; the day's beginning and the peak outlive a kill -9.
. "$(dirname "$0")/common.sh"
! is_sanitized || { echo "skipped: agents order faster than a sanitized host closes"; exit 77; }

ctl() { "$AGON" ctl "$@" --dir "$WORK/run"; }
is() { # QUERY WORD...: is that true of what ctl says?
    query=$1
    shift
    ctl "$@" --json >"$WORK/out" 2>/dev/null && jq -e "$query" "$WORK/out" >/dev/null
}
# Nobody's own loss may be beyond all of theirs.
roster() { # OWN-DAILY-LOSS PORTFOLIO: a roster with those limits
    more="drawdown: 100%, orders_per_second: 1000, orders_burst: 10000, open_orders: 200"
    printf 'seed: 1\nbase_currency: USDT\nagents:\n%s\n%s\nportfolio: {%s}\n' \
        "$(agent busy_1 busy.so 'every: 5' "daily_loss: $1, $more")" "$(agent busy_2 busy.so 'every: 7' "daily_loss: $1, $more")" "$2"
}
placed() { grep -c '"what":"order.place"' "$SIM_LOG"; }
nothing_there() { "${TOOLS}asks" "$SIM_PORT" >"$WORK/asks" && ! grep -q '^open' "$WORK/asks"; }

start_sim --seed 3
live_files ''
roster '90%' 'daily_loss: 50%, drawdown: 60%, gross: 190000 USDT, equity: 1000 USDT' >"$WORK/conf/roster.yaml"
start_host
until_true "$HOST_PID" "orders and positions of both" is 'length == 2 and all(.[]; .fills > 2)' agents

# Shown: what is used, and where the limits are.
until_true "$HOST_PID" "what is held" is '.limits | any(.[]; .limit == "gross" and .at == "190000.00" and (.used | tonumber) > 0)' portfolio
is '.breached == false and .breached_by == "none" and .on_breach == "close" and
    any(.limits[]; .limit == "daily_loss" and .at == "100000.00") and
    any(.limits[]; .limit == "drawdown" and .at == 0.6) and
    any(.limits[]; .limit == "equity" and .at == "1000.00" and (.used | tonumber) > 190000) and
    any(.limits[]; .limit == "net" and .at == "none") and
    all(.limits[]; (.text | length > 0) and .is_kept and .unit == (if .limit == "drawdown" then "share" else "amount" end) and
        .is_minimum == (.limit == "equity"))' portfolio || fail "ctl portfolio: $(cat "$WORK/out")"
url=$(cat "$WORK/run/http")
curl -s -f -H "Authorization: Bearer $(cat "$WORK/run/token")" "$url/metrics" >"$WORK/metrics" || fail "no metrics"
grep -q '^agon_portfolio_limit{limit="gross"} 190000.00$' "$WORK/metrics" &&
    grep -q '^agon_portfolio_used{limit="venue"} [0-9]' "$WORK/metrics" &&
    grep -q '^agon_portfolio_breached 0$' "$WORK/metrics" || fail "metrics: $(grep portfolio "$WORK/metrics")"
"$AGON" journal cat "$WORK/run/journal" --live --type config 2>/dev/null | grep portfolio >"$WORK/config"
grep -q 'kind=portfolio .*daily_loss=10000000000000 .*gross=19000000000000 .*drawdown=600000' "$WORK/config" ||
    fail "the journal's text of it: $(cat "$WORK/config")"

# And on the dashboard: the page has a place for them, and its socket tells them.
curl -s -f "$url/panels.mjs" | grep -q "^import portfolio from './panels/portfolio.mjs'" || fail "the page has no place for the portfolio"
curl -s -f "$url/panels/portfolio.mjs" >"$WORK/panel.mjs" || fail "no script of the panel"
grep -q 't-portfolio' "$WORK/panel.mjs" || fail "the panel has no table"
# What there is to limit is the host's to say: a limit that is added is shown by a page that never heard of it.
for limit in equity daily_loss drawdown gross net venue asset; do
    ! grep -q "$limit" "$WORK/panel.mjs" || fail "the page has the limit $limit written by hand"
done
python3 - "$url" "$(cat "$WORK/run/token_read")" <<'EOY' >"$WORK/live" || fail "the page's socket"
import os, socket, struct, sys
host, port = sys.argv[1].split("//")[1].split(":")
peer = socket.create_connection((host, int(port)))
peer.sendall((f"GET /api/v1/live?token={sys.argv[2]} HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\n"
              "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n").encode())
stream = peer.makefile("rb")
assert b" 101 " in stream.readline()
while stream.readline() != b"\r\n":
    pass
kind, n = stream.read(2)
n = struct.unpack(">H", stream.read(2))[0] if n == 126 else struct.unpack(">Q", stream.read(8))[0] if n == 127 else n
os.write(1, stream.read(n))
EOY
jq -e '.type == "snapshot" and (.set.portfolio | .breached == false and (.equity | tonumber) > 190000 and
    any(.limits[]; .limit == "gross" and .at == "190000.00") and any(.limits[]; .limit == "drawdown" and .at == 0.6))' \
    "$WORK/live" >/dev/null || fail "the page's socket tells $(jq -c '.set.portfolio' "$WORK/live")"

# More risk wants a second word, less does not.
roster '90%' 'daily_loss: 51%, drawdown: 60%, gross: 190000 USDT, equity: 1000 USDT' >"$WORK/more.yaml"
ctl apply "$WORK/more.yaml" >"$WORK/out" 2>&1 && fail "a higher limit of all is taken without a word"
grep -qF -- '--yes portfolio' "$WORK/out" || fail "which word is wanted is not said: $(cat "$WORK/out")"
is 'any(.limits[]; .limit == "daily_loss" and .at == "100000.00")' portfolio || fail "what was refused is in force"
ctl apply "$WORK/more.yaml" --yes portfolio >"$WORK/out" 2>&1 || fail "with the word: $(cat "$WORK/out")"
until_true "$HOST_PID" "the higher limit" is 'any(.limits[]; .limit == "daily_loss" and .at == "102000.00")' portfolio

# Fees alone bring all together to a loss of 20 dollars, most likely before one of them is there.
until_true "$HOST_PID" "something is open and held" is '.n_orders > 0 and .n_positions > 0' left
roster '0.02%' 'daily_loss: 0.01%, drawdown: 60%, gross: 190000 USDT, equity: 1000 USDT' >"$WORK/conf/roster.yaml"
ctl apply "$WORK/conf/roster.yaml" >"$WORK/out" 2>&1 || fail "lower limits want a word: $(cat "$WORK/out")"
until_true "$HOST_PID" "the breach" is '.breached and .breached_by == "portfolio_daily_loss" and (.breach_loss | tonumber) >= 20' portfolio
until_true "$HOST_PID" "every agent is cancelled and closed" is '.n_orders == 0 and .n_positions == 0' left
nothing_there || fail "at the exchange: $(cat "$WORK/asks")"
is 'map(select(.kind == "portfolio_limit" and .level == "critical" and (.limit | tonumber) == 20 and (.value | tonumber) >= 20)) | length == 1' alerts ||
    fail "alerts: $(cat "$WORK/out")"
# No new risk: agents go on wanting, the exchange sees nothing.
sent=$(placed)
refused=$(ctl status --json | jq .refused)
until_true "$HOST_PID" "agents want orders" is ".refused > $refused + 50" status
[ "$(placed)" = "$sent" ] || fail "$(placed) orders were placed, $sent before the breach"
journaled() { "$AGON" journal cat "$WORK/run/journal" --live --type alert 2>/dev/null | grep -q 'kind=portfolio_limit'; }
until_true "$HOST_PID" "the alert in the journal" journaled

# Over a kill -9: the day's beginning, the peak and the breach.
is . portfolio
jq -c '{equity_at_day, equity_highest, breached, breached_by, breach_loss}' "$WORK/out" >"$WORK/before"
kill -9 "$HOST_PID"
wait "$HOST_PID" 2>/dev/null
start_host
until_true "$HOST_PID" "the host is back" is '.health == "ok"' status
is . portfolio || fail "portfolio after the restart"
jq -c '{equity_at_day, equity_highest, breached, breached_by, breach_loss}' "$WORK/out" >"$WORK/after"
cmp -s "$WORK/before" "$WORK/after" || fail "before $(cat "$WORK/before"), after $(cat "$WORK/after")"
refused=$(ctl status --json | jq .refused)
until_true "$HOST_PID" "agents want orders again" is ".refused > $refused + 50" status
[ "$(placed)" = "$sent" ] || fail "a restart lifted the portfolio's limit"
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host"
"$AGON" replay "$WORK/run/journal" --verify >"$WORK/replay.out" || fail "the journal does not replay: $(cat "$WORK/replay.out")"
echo "stopped all at a loss of $(jq -r .breach_loss "$WORK/after"); day $(jq -r .equity_at_day "$WORK/after") and peak $(jq -r .equity_highest "$WORK/after") outlive kill -9"
