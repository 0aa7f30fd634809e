#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What a report says of a run that neither ledger nor API keep (trades from flat to flat, drawdowns, time with a position,
# turnover, holding instead), worked out once more in another language from the bars that went in and the fills that came of
# them; the same from a journal as from the run itself; and what is no run is refused.
. "$(dirname "$0")/common.sh"
CHECK=$(dirname "$0")/report_check.py
PLUGIN_DIR=$2/../../plugins

python3 - "$WORK" <<'END' || fail "no bars: is python3 there?"
import random
import sys
for seed, (symbol, start) in enumerate([("BTCUSDT", 60000), ("ETHUSDT", 3000)]):
    draw, price = random.Random(seed + 11), start
    with open(f"{sys.argv[1]}/{symbol}_1m.csv", "w") as file:
        file.write("open_time_ms,open,high,low,close,volume\n")
        for minute in range(4 * 1440):
            path = [price]
            for _ in range(4):
                path.append(path[-1] * (1 + draw.gauss(0, 0.0006)))
            price = path[-1]
            file.write(f"{1767225600000 + minute * 60000},{path[0]:.2f},{max(path):.2f},{min(path):.2f},{price:.2f},"
                       f"{draw.uniform(10, 30):.3f}\n")
    # Funding, so that what it is of is a perpetual.
    if symbol == "ETHUSDT":
        with open(f"{sys.argv[1]}/{symbol}_funding.csv", "w") as file:
            file.write("funding_time_ms,rate\n")
            for n in range(1, 12):
                file.write(f"{1767225600000 + n * 8 * 3600 * 1000},{draw.gauss(0, 0.0001):.8f}\n")
END
cat >"$WORK/roster.yaml" <<'END'
base_currency: USDT
agents:
  - {name: cross_btc, plugin: ema_cross/ema_cross.so, capital: 50000 USDT, instruments: ["binance:BTCUSDT"], params: {fast: 5, slow: 20, bar_s: 300}}
  - {name: rev_btc, plugin: bollinger/bollinger.so, capital: 50000 USDT, instruments: ["binance:BTCUSDT"], params: {bar_s: 300, width: 1.5, rsi_entry: 40, size_pct: 50}}
  - {name: both_eth, plugin: breakout/breakout.so, capital: 50000 USDT, instruments: ["binance:ETHUSDT"], params: {bar_s: 300, sides: both, size_pct: 40}}
  - {name: idle_btc, plugin: ema_cross/ema_cross.so, capital: 50000 USDT, instruments: ["binance:BTCUSDT"], params: {fast: 50, slow: 200, bar_s: 3600}}
tournament: {schedule: "0 0 * * *", min_samples: 12, min_trades: 1, evidence: 0}
END
"$AGON" backtest --roster "$WORK/roster.yaml" --plugins "$PLUGIN_DIR" --data "$WORK/BTCUSDT_1m.csv" "$WORK/ETHUSDT_1m.csv" \
    --funding "$WORK/ETHUSDT_funding.csv" --journal "$WORK/journal" --csv "$WORK/csv" --html "$WORK/page.html" --json \
    >"$WORK/backtest.json" 2>"$WORK/err" || fail "the backtest: $(cat "$WORK/err")"
"$AGON" report "$WORK/journal" --json --html "$WORK/journal.html" >"$WORK/report.json" || fail "report ended with $?"
python3 "$CHECK" "$WORK" || fail "the script comes to other figures"

# Why its author wanted each order stands beside it, and by the order's number beside its fills: a rule's entries are 1, its exits 2.
"$AGON" journal export "$WORK/journal" --intents "$WORK/intents.csv" --fills "$WORK/fills.csv" || fail "no export"
python3 - "$WORK" <<'END' || fail "reasons of intents"
import csv, sys
intents, fills = (list(csv.DictReader(open(f"{sys.argv[1]}/{name}.csv"))) for name in ("intents", "fills"))
reason = {row["order_id"]: row["tag"] for row in intents if row["became"] == "order"}
mine = [(row["side"], reason[row["order_id"]]) for row in fills if row["agent"] == "cross_btc"]
assert set(mine) == {("buy", "1"), ("sell", "2")}, set(mine)
assert all(row["tag"] == reason[row["order_id"]] for row in fills if row["order_id"] in reason)
names = {"1": "cross_up", "2": "cross_down"}
assert all(row["tag_name"] == names[row["tag"]] for row in [*fills, *intents] if row["agent"] == "cross_btc" and row["tag"] in names)
own = list(csv.DictReader(open(f"{sys.argv[1]}/csv/fills.csv")))
assert [(row["seq"], row["tag"], row["tag_name"]) for row in own] == [(row["seq"], row["tag"], row["tag_name"]) for row in fills], "the backtest's own"
END
# The text of the journal alone has the names too, as its JSON has, and what lies in the journal is shown.
"$AGON" report "$WORK/journal" >"$WORK/text" || fail "report ended with $?"
grep -q 'entry tag  ' "$WORK/text" && grep -q ' cross up  ' "$WORK/text" && ! grep -q '(number)' "$WORK/text" || fail "the text has no names: $(grep -A3 'entry tag' "$WORK/text")"
grep -q '"entry_tag": "breakout"' "$WORK/report.json" || fail "the JSON has no names: $(grep -o '"entry_tag": "[^"]*"' "$WORK/report.json" | sort | uniq -c)"
"$AGON" journal cat "$WORK/journal" --type start | grep -q 'tags=\[\["0,3","cross_up"' || fail "$("$AGON" journal cat "$WORK/journal" --type start)"

# Two runs beside each other: what each says of itself, and the difference; an agent that one of them lacks has no figures there.
sed '/idle_btc/d; s/fast: 5, slow: 20/fast: 8, slow: 30/' "$WORK/roster.yaml" >"$WORK/other.yaml"
"$AGON" backtest --roster "$WORK/other.yaml" --plugins "$PLUGIN_DIR" --data "$WORK/BTCUSDT_1m.csv" "$WORK/ETHUSDT_1m.csv" \
    --funding "$WORK/ETHUSDT_funding.csv" --journal "$WORK/other" >"$WORK/text" 2>&1 || fail "the backtest: $(cat "$WORK/text")"
# What a plugin says of itself has the names that it gave, and its numbers are those of the JSON.
python3 - "$WORK" <<'END' || fail "metrics of agents: $(grep -n 'metric' "$WORK/text")"
import json, re, sys
text = re.sub(r"\n {2,}", " ", open(f"{sys.argv[1]}/text").read())
agents = {agent["name"]: agent for agent in json.load(open(f"{sys.argv[1]}/backtest.json"))["agents"]}
said = re.search(r"^rev_btc: metrics: (.*)$", text, re.M).group(1)
pairs = [one.split(" = ") for one in re.findall(r"[^ ,][^=]* = [-0-9,.]*[0-9]", said)]
assert [pair[0] for pair in pairs] == ["lower", "middle", "upper"], pairs
for i, (_, value) in enumerate(pairs):
    assert abs(float(value.replace(",", "")) / agents["rev_btc"]["metrics"][str(i)] - 1) < 1e-6, (pairs, agents["rev_btc"]["metrics"])
# Lines beside each other have the digits of their instrument, each as many.
assert {len(value.split(".")[1]) for _, value in pairs} == {2}, pairs
assert "EMA fast = " in text and not re.search(r" [0-9]+=", text), "a raw key"
page = open(f"{sys.argv[1]}/page.html").read()
assert re.search(r"<td[^>]*>rev_btc</td><td[^>]*>middle</td>", page), "the page"
END
"$AGON" report "$WORK/other" --json >"$WORK/other.json" || fail "report ended with $?"
"$AGON" report "$WORK/journal" --against "$WORK/other" --json --html "$WORK/both.html" >"$WORK/both.json" || fail "report ended with $?"
python3 - "$WORK" <<'END' || fail "two runs beside each other"
import json
import sys
run, other, both = (json.load(open(f"{sys.argv[1]}/{name}.json")) for name in ("report", "other", "both"))
beside = both.pop("beside")
assert both == run, "the run's own report is another"
def check(name, mine, theirs, cells):
    for key, cell in cells.items():
        key_of = {"trades": "trades_n"}.get(key, key) if name == "all" else key
        for of, side in ((mine, "this"), (theirs, "other")):
            want = None if of is None else of.get(key_of)
            assert (want is None) == (cell[side] is None) and (want is None or abs(float(want) - cell[side]) < 5e-7), (name, key, side, want, cell)
        if cell["this"] is None or cell["other"] is None:
            assert cell["difference"] is None, (name, key, cell)
        else:
            assert abs(cell["difference"] - (cell["this"] - cell["other"])) < 1e-9, (name, key, cell)
whole = lambda report: {**report["all"], "hold_return": report["hold_return"], "trades_n": report["trades_n"]}
check("all", whole(run), whole(other), beside["all"])
agents = lambda report: {agent["name"]: agent for agent in report["agents"]}
mine, theirs = agents(run), agents(other)
assert set(beside["agents"]) == set(mine) == set(theirs) | {"idle_btc"}
for name, cells in beside["agents"].items():
    check(name, mine.get(name), theirs.get(name), cells)
assert beside["agents"]["cross_btc"]["result"]["difference"] != 0 and beside["agents"]["both_eth"]["result"]["difference"] == 0
END
"$AGON" report "$WORK/journal" --against "$WORK/other" >"$WORK/text" || fail "report ended with $?"
grep -q "^Beside $WORK/other \[USDT\]" "$WORK/text" && grep -q '^idle_btc  *0.00  *-  *-$' "$WORK/text" || fail "the text: $(cat "$WORK/text")"
for what in 'Beside another run' 'Return of both, each from its own start'; do
    grep -q "$what" "$WORK/both.html" || fail "the page does not tell of '$what'"
done
sed '/both_eth/d; s/^base_currency: USDT/base_currency: BTC\nvaluation: {USDT: "binance:BTCUSDT"}/; s/50000 USDT/1 BTC/' "$WORK/other.yaml" >"$WORK/btc.yaml"
"$AGON" backtest --roster "$WORK/btc.yaml" --plugins "$PLUGIN_DIR" --data "$WORK/BTCUSDT_1m.csv" "$WORK/ETHUSDT_1m.csv" --for 1h \
    --funding "$WORK/ETHUSDT_funding.csv" --journal "$WORK/btc" >"$WORK/text" 2>&1 || fail "the backtest: $(cat "$WORK/text")"
"$AGON" report "$WORK/journal" --against "$WORK/btc" >"$WORK/text" 2>&1
[ $? = 2 ] && grep -q 'counts in USDT and that of .* in BTC' "$WORK/text" || fail "runs of two currencies: $(cat "$WORK/text")"
"$AGON" report "$WORK/journal" --against "$WORK/nosuch" >"$WORK/text" 2>&1
[ $? = 4 ] || fail "another run that is not there: $(cat "$WORK/text")"

# As text, with its proof; each page holds what its reader is to see.
"$AGON" report "$WORK/journal" >"$WORK/text" || fail "report ended with $?"
# The text begins with what the page begins with, and has the drawdowns of the JSON.
lead=$(sed -n 's/.*<p class="lead">\([^<]*\)<.*/\1/p' "$WORK/journal.html" | head -1)
[ -n "$lead" ] && [ "$(head -1 "$WORK/text")" = "$lead" ] || fail "the text begins with $(head -1 "$WORK/text"), the page with $lead"
[ "$(sed -n '/^Deepest drawdowns/,/^$/p' "$WORK/text" | grep -c ' %  20')" = "$(jq '.drawdowns | length' "$WORK/report.json")" ] ||
    fail "the text has other drawdowns: $(cat "$WORK/text")"
# Days, what was held, closed trades by their groups and the newest one by one: in a pipe with all columns, in 80 columns with what has room.
python3 - "$WORK" <<'END' || fail "the text's tables: $(cat "$WORK/text")"
import json, re, sys
text, report = open(f"{sys.argv[1]}/text").read(), json.load(open(f"{sys.argv[1]}/report.json"))
def rows(title):
    found = re.search(rf"^{title}.*\n((?:.+\n)+)", text, re.M)
    assert found, f"no {title}"
    return [[cell for cell in re.split(r" {2,}", line.strip())] for line in found.group(1).splitlines()]
number = lambda cell: float(cell.replace(",", "").rstrip(" %"))
days = [(row[0], number(row[1])) for row in rows(r"day \(UTC\)")]
assert [day for day, _ in days] == [day["day"] for day in report["days"]][-10:], days
assert all(abs(result - day["result"]) < 0.006 for (_, result), day in zip(days, report["days"][-10:])), days
held = rows("Exposure of the whole")[1:]
assert len(held) == 8 and all(number(row[1]) + number(row[2]) <= number(row[3]) + 0.011 for row in held), held
mean = sum(number(row[1]) + number(row[2]) for row in held) / 8
agents = report["agents"]
# Tournaments take capital meanwhile: the mean lies between that of the capital at the end and that of the start.
want = [100 * sum(agent["exposure"] * equity(agent) for agent in agents) / 200000 for equity in (lambda agent: float(agent["equity"]), lambda agent: 50000)]
assert 1 < want[0] * 0.95 < mean < want[1] * 1.05, (mean, want)
begins = [row[0] for row in held]
assert begins[0] == "01-01 00:00:00" and [begin[6:8] for begin in begins] == ["00", "12"] * 4, begins
groups = rows("Result by instrument and reasons, amounts in USDT")
assert len(groups) - 1 == len(report["performance"]), groups
at = groups[0].index("result")
for row, group in zip(groups[1:], report["performance"]):
    assert row[0] == group["symbol"] and int(row[2].replace(",", "")) == group["trades"], row
    assert abs(number(row[at]) - group["result"]) < 0.006, (row, group)
trades = rows("Newest closed trades, amounts in USDT")
at = trades[0].index("result")
assert len(trades) - 2 == 10 and trades[-1][0] == f"and {report['trades_n'] - 10} before; --html and --json have more", trades
for row, trade in zip(trades[1:-1], report["trades"]):
    assert row[1] == trade["agent"] and row[3] == trade["side"] and abs(number(row[at]) - trade["result"]) < 0.006, (row, trade)
END
python3 -c 'import pty, sys; sys.exit(pty.spawn(sys.argv[1:]))' sh -c "stty rows 24 cols 80; exec '$AGON' report '$WORK/journal'" 2>&1 </dev/null |
    tr -d '\r' >"$WORK/narrow"
! grep -q '.\{81\}' "$WORK/narrow" && grep -q '^closed  *agent  *symbol  *side  *result  *held' "$WORK/narrow" ||
    fail "in 80 columns: $(grep -e '.\{81\}' -e '^closed' "$WORK/narrow")"
grep -q "^Proven: the journal's [0-9,]* events, .* reach \(all\|its\) [0-9,]* recorded state hash" "$WORK/text" || fail "no proof: $(tail -3 "$WORK/text")"
grep -q '^tournament 4 at 2026-01-05T00:00' "$WORK/text" || fail "no tournament: $(cat "$WORK/text")"
for page in page journal; do
    for what in 'Buying what they traded and holding it' 'Where the result of all comes from' 'Deepest drawdowns' 'Returns of [0-9]* hours' \
        'candles of' 'Trades: the newest' 'The last tournament' 'Command: agon ' 'hash [0-9a-f]\{64\}'; do
        grep -q "$what" "$WORK/$page.html" || fail "$page.html does not tell of '$what'"
    done
done
grep -q 'as the roster says' "$WORK/page.html" || fail "the page does not tell of parameters"
grep -q 'Warning: a latency of 0 was assumed' "$WORK/page.html" || fail "the page does not warn of kind terms"
# No line of it ends within an option.
grep -q '(<code>--latency</code>, <code>--data-latency</code>)' "$WORK/page.html" && grep -q 'code{white-space:nowrap' "$WORK/page.html" ||
    fail "an option of a warning may be broken: $(grep 'Warning: a latency' "$WORK/page.html")"
"$AGON" backtest --roster "$WORK/roster.yaml" --plugins "$PLUGIN_DIR" --data "$WORK/BTCUSDT_1m.csv" "$WORK/ETHUSDT_1m.csv" --taker 1 \
    --html "$WORK/kind.html" >"$WORK/text" 2>&1 || fail "the backtest: $(cat "$WORK/text")"
grep -q 'Warning: fees were set below' "$WORK/kind.html" || fail "the page does not warn of fees below the venue's"

# Of a generated market each form says before any result that it is a simulation, and of what, also where no --market was named;
# who ran is in the same words; and of what it assumed a journal says where it stands.
one_line() { sed 's/<[^>]*>//g' "$1" | tr -s ' \n' ' '; }
for market in default demo; do
    # shellcheck disable=SC2046
    "$AGON" backtest --roster "$AGON_SOURCE_ROOT/configs/rosters/ten.yaml" --plugins "$PLUGIN_DIR" --for 2m --seed 5 --journal "$WORK/$market" \
        $([ $market = default ] || echo "--market $market") --html "$WORK/made.html" >"$WORK/made.txt" || fail "a backtest of $market"
    "$AGON" report "$WORK/$market" --html "$WORK/made_later.html" >"$WORK/made_later.txt" || fail "report ended with $?"
    "$AGON" report "$WORK/$market" --json | jq -e ".market_name == \"$market\" and .seed == 5" >/dev/null || fail "the JSON does not name $market"
    for form in made.txt made.html made_later.txt made_later.html; do
        one_line "$WORK/$form" | grep -q "A simulation, no real market and no real money: the generated market $market, seed 5 (.*9 agents and 1 model" ||
            fail "$form does not say of $market that it is a simulation, and then who ran: $(head -8 "$WORK/$form")"
    done
    for form in made_later.txt made_later.html; do
        one_line "$WORK/$form" | grep -q 'It was a backtest: what it assumed (latencies' || fail "$form does not say where assumptions stand"
    done
done
! grep -q 'A simulation' "$WORK/journal.html" "$WORK/page.html" || fail "recorded data are called a simulation"

# What was asked for beyond the end of a journal is said.
"$AGON" journal export "$WORK/journal" --until 99999999 --figures - >"$WORK/out" 2>"$WORK/err" || fail "an export ended with $?"
last=$(sed -n "s/^agon journal: --until 99999999 is behind the journal's last event, \([0-9]*\): .*/\1/p" "$WORK/err")
[ -n "$last" ] || fail "an export to beyond the end: $(cat "$WORK/err")"
"$AGON" journal export "$WORK/journal" --until "$last" --figures - >"$WORK/out_last" 2>"$WORK/err" && [ ! -s "$WORK/err" ] && cmp -s "$WORK/out" "$WORK/out_last" ||
    fail "an export to the end: $(cat "$WORK/err")"

# A journal in which a byte is another is no proof of anything, and a folder without one is no run.
cp -r "$WORK/journal" "$WORK/damaged"
segment=$(find "$WORK/damaged" -type f -size +64k | head -1)
printf '\377' | dd of="$segment" bs=1 seek=40000 conv=notrunc 2>/dev/null
"$AGON" report "$WORK/damaged" >"$WORK/text" 2>&1
code=$?
[ $code = 1 ] || [ $code = 4 ] || fail "a damaged journal: $code: $(cat "$WORK/text")"
mkdir "$WORK/empty"
"$AGON" report "$WORK/empty" >"$WORK/text" 2>&1
[ $? = 4 ] || fail "a folder without a journal: $(cat "$WORK/text")"
"$AGON" report "$WORK/journal" --html "$WORK/nowhere/page.html" >"$WORK/text" 2>&1
[ $? = 6 ] && grep -q 'agon report: .*nowhere/page.html cannot be written: ' "$WORK/text" || fail "a page that cannot be written: $(cat "$WORK/text")"
