#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A week of simulated trading of seven agents in lock-step, with a tournament every twelve hours: a script in another
# language recomputes each plan from the exports and agrees, and notices when anything is changed; a replay reaches
# the same state; show, why and dry-run tell of the plans; mistakes in the rules are told with their place. Then live,
# recomputed from `agon ctl export` beside the running host.
. "$(dirname "$0")/common.sh"
CHECK=$(dirname "$0")/tournament_check.py
PLUGIN_DIR=$2/../../plugins

# One-minute bars of a week for three coins: a seeded walk, written here so that no recording is needed.
python3 - "$WORK" <<'END' || fail "no bars: is python3 there?"
import random
import sys
for seed, (symbol, start, drift) in enumerate([("BTCUSDT", 60000, 2e-6), ("ETHUSDT", 3000, -3e-6), ("SOLUSDT", 150, 0)]):
    draw, price = random.Random(seed + 1), start
    with open(f"{sys.argv[1]}/{symbol}_1m.csv", "w") as file:
        file.write("open_time_ms,open,high,low,close,volume\n")
        for minute in range(7 * 1440):
            path = [price]
            for _ in range(4):
                path.append(path[-1] * (1 + drift + draw.gauss(0, 0.0006)))
            price = path[-1]
            file.write(f"{1767225600000 + minute * 60000},{path[0]:.2f},{max(path):.2f},{min(path):.2f},{price:.2f},"
                       f"{draw.uniform(10, 30):.3f}\n")
END

player() { # NAME PLUGIN SYMBOL PARAMS
    printf '  - {name: %s, plugin: %s, capital: 50000 USDT, instruments: ["binance:%s"], params: {%s}}\n' \
        "$1" "$2/$2.so" "$3" "$4"
}
roster() { # the tournament's own lines on standard input
    {
        printf 'base_currency: USDT\nagents:\n'
        player fast_btc ema_cross BTCUSDT 'fast: 5, slow: 20, bar_s: 300'
        player slow_btc ema_cross BTCUSDT 'fast: 12, slow: 60, bar_s: 300'
        player fast_eth ema_cross ETHUSDT 'fast: 5, slow: 20, bar_s: 300'
        player fast_sol ema_cross SOLUSDT 'fast: 4, slow: 16, bar_s: 300'
        player rev_btc bollinger BTCUSDT 'bar_s: 300, width: 1.5, rsi_entry: 40, size_pct: 50'
        player rev_eth bollinger ETHUSDT 'bar_s: 60, width: 1.5, rsi_entry: 40, size_pct: 90'
        player rev_sol bollinger SOLUSDT 'bar_s: 300, width: 1.5, rsi_entry: 40, size_pct: 50'
        printf 'tournament:\n  schedule: "0 */12 * * *"\n  window: 2d\n  min_samples: 12\n'
        cat
    } >"$WORK/roster.yaml"
}
week() { # NAME
    "$AGON" backtest --roster "$WORK/roster.yaml" --plugins "$PLUGIN_DIR" --data "$WORK/BTCUSDT_1m.csv" \
        "$WORK/ETHUSDT_1m.csv" "$WORK/SOLUSDT_1m.csv" --journal "$WORK/$1" --json >"$WORK/$1.json" ||
        fail "$1: the backtest ended with $?"
}
check() { # NAME
    "$AGON" journal export "$WORK/$1" --fills "$WORK/fills.csv" --samples "$WORK/samples.csv" \
        --plans "$WORK/plans.json" || fail "$1: no exports"
    python3 "$CHECK" "$WORK/fills.csv" "$WORK/samples.csv" "$WORK/plans.json" USDT || fail "$1: the script disagrees"
    [ "$(wc -l <"$WORK/plans.json")" = 14 ] || fail "$1: $(wc -l <"$WORK/plans.json") plans, not 14"
    "$AGON" replay "$WORK/$1" --verify --json >"$WORK/replay.json" || fail "$1: the replay failed"
    [ "$(json "$WORK/replay.json" state_hash)" = "$(json "$WORK/$1.json" state_hash)" ] ||
        fail "$1: the replay reached another state"
}

roster <<'END'
  gates: {vol_return: -2, failures: 1}
  min_trades: 1
  shares: [30%, 20%, 15%]
  rest: 20%
  reserve: 5%
END
week ranks
check ranks
grep -q '"verdict":"unloaded"' "$WORK/plans.json" || fail "nobody was unloaded: the gate is not tried"
grep -q '"verdict":"retired"' "$WORK/plans.json" || fail "nobody who was unloaded gave back"
cp "$WORK/plans.json" "$WORK/first.json"
# The report says the same of the last.
jq -e --slurpfile plans "$WORK/plans.json" '.tournaments.held == 14 and .tournaments.last.number == 14 and
    (.tournaments.last.agents | map({name, rank, verdict, score, before: .before | tonumber, after: .after | tonumber}) | sort_by(.name)) ==
    ($plans[-1].slots | map({name, rank, verdict, score, before: (.capital_before_amt | tonumber / 1e8), after: (.capital_after_amt | tonumber / 1e8)}) |
    sort_by(.name))' "$WORK/ranks.json" >/dev/null ||
    fail "the report tells otherwise of the last: $(jq -c .tournaments "$WORK/ranks.json")"

# What is changed is noticed: a fill, a price, a sample, and in a plan what it says of the first rank.
notices() { # WHAT FILE COMMAND...: FILE as COMMAND makes it of it
    what=$1
    file=$2
    shift 2
    for name in fills.csv samples.csv plans.json; do cp "$WORK/$name" "$WORK/x_$name"; done
    "$@" "$WORK/$file" >"$WORK/x_$file" || fail "$what: $* failed"
    cmp -s "$WORK/x_$file" "$WORK/$file" && fail "$what: nothing was changed"
    python3 "$CHECK" "$WORK/x_fills.csv" "$WORK/x_samples.csv" "$WORK/x_plans.json" USDT >"$WORK/said" 2>&1 &&
        fail "$what was changed and the script did not notice"
    grep -q '^FAIL: ' "$WORK/said" || fail "$what: $(cat "$WORK/said")"
}
of_first() { # FILTER on the line of rank 1 in plan 3
    printf 'if .number == 3 then .slots |= map(if .rank == 1 then %s else . end) else . end' "$1"
}
notices 'a fill' fills.csv sed 40d
notices 'a price' fills.csv sed '40s/,\(maker\|taker\),/,\1,1/'
notices 'a sample' samples.csv sed '200s/$/5/;200s/\(\.[0-9]*\)5$/1\1/'
for change in '.score += 0.000001' '.share_ppm += 1' '.rank = 2' '.sharpe *= 1.00000001' '.n_wins += 1' \
    '.capital_after_amt |= "\(tonumber + 1)"'; do
    notices "$change" plans.json jq -c "$(of_first "$change")"
done

# The command tells the same from the journal alone.
"$AGON" tournament show "$WORK/ranks" --all --json >"$WORK/shown.json" || fail "show ended with $?"
cmp -s "$WORK/shown.json" "$WORK/first.json" || fail "show and export tell of different plans"
"$AGON" tournament show "$WORK/ranks" >"$WORK/text" || fail "show ended with $?"
tr '\n' ' ' <"$WORK/text" | grep -q 'samples of [0-9]* min; *ratios not annualised[;)]' || fail "nothing says whose ratios they are: $(cat "$WORK/text")"
grep -q "^tournament 14 at 2026-01-08T00:00" "$WORK/text" || fail "show: $(cat "$WORK/text")"
grep -q "pools and all agents' capital are 350,000.00, as was given" "$WORK/text" || fail "show: $(cat "$WORK/text")"
"$AGON" tournament why rev_eth "$WORK/ranks" --all >"$WORK/text" || fail "why ended with $?"
grep -q 'vol_return .* above -2: ' "$WORK/text" || fail "why does not tell of the gate: $(head -20 "$WORK/text")"
# Its figures are the table's, to the digit and with their unit.
python3 - "$AGON" "$WORK/ranks" <<'END' || fail "why has other figures than show"
import re
import subprocess
import sys

def said(*words):
    return subprocess.run([sys.argv[1], "tournament", *words, sys.argv[2]], check=True, capture_output=True, text=True).stdout
table, n = said("show").splitlines(), 0
head = table[1].split()
names = {"return": "net_return", "win": "win_rate", "profit": "profit_factor"}
for line in table[2:]:
    cells = re.sub(r" %", "%", line).split()
    if len(cells) < 6 or not (cells[0].isdigit() or cells[0] == "-"):
        continue
    why = re.sub(r" %", "%", said("why", cells[1]))
    values = [m.group(2) for m in re.finditer(r"^  (\w+) +(\S+) +\S+ +[\d.]+(?:  |$)", why, re.M)]
    for cell in cells[5:-2]:
        if cell not in values:
            sys.exit(f"{cells[1]}: {cell} of the table is not in: {values}\n{line}\n{why}")
        n += 1
    score = re.search(r"score (\S+?)[:,]", why)
    share = re.search(r"; share (\S+)", why)
    if score and score.group(1) != cells[3] or share and share.group(1) != cells[4]:
        sys.exit(f"{cells[1]}: score and share {cells[3]} {cells[4]}, and why has {score} {share}")
if n < 20:
    sys.exit(f"only {n} figures to compare: {table}")
END
# In a terminal of 80 columns no line of it is longer.
for of in show history 'why fast_btc' 'why rev_eth' dry-run; do
    # shellcheck disable=SC2086
    python3 -c 'import pty, sys; sys.exit(pty.spawn(sys.argv[1:]))' sh -c 'stty rows 24 cols 80; exec "$@"' sh "$AGON" tournament $of "$WORK/ranks" \
        2>&1 </dev/null | tr -d '\r' >"$WORK/text"
    [ "$(wc -l <"$WORK/text")" -gt 3 ] && ! grep -q '.\{81\}' "$WORK/text" || fail "$of in 80 columns: $(grep '.\{81\}' "$WORK/text")"
done
"$AGON" tournament why nobody "$WORK/ranks" >"$WORK/text" 2>&1 && fail "why: an agent that is none was explained"
grep -q "ranks.*no plan of a tournament with the agent nobody" "$WORK/text" || fail "why: $(cat "$WORK/text")"
"$AGON" tournament dry-run nobody "$WORK/ranks" >"$WORK/text" 2>&1 && fail "dry-run: an agent that is none was explained"
grep -q "no agent 'nobody' is in this plan; there are fast_btc, .*rev_eth" "$WORK/text" || fail "dry-run: $(cat "$WORK/text")"
# A preset has rules and no agents, by its name and as a file: the agents are those of the run.
"$AGON" tournament dry-run "$WORK/ranks" --preset bold >"$WORK/bold" || fail "dry-run by a preset"
"$AGON" tournament dry-run "$WORK/ranks" --roster "$AGON_SOURCE_ROOT/configs/tournament/bold.yaml" >"$WORK/text" && cmp "$WORK/text" "$WORK/bold" ||
    fail "dry-run by a preset's file: $(cat "$WORK/text")"
grep -q '"0 0 \* \* \*"' "$WORK/bold" || fail "dry-run by a preset's rules: $(cat "$WORK/bold")"
# What a rank asks for stands beside what it came to.
"$AGON" tournament why fast_btc "$WORK/ranks" >"$WORK/text" && grep -Eq 'asks for [0-9,.]+: [-+]?[0-9,.]+ to its' "$WORK/text" ||
    fail "why: $(cat "$WORK/text")"
"$AGON" tournament dry-run "$WORK/ranks" >"$WORK/text" || fail "dry-run ended with $?"
grep -q '^what a tournament would do at 2026-01-08T00:00' "$WORK/text" || fail "dry-run: $(cat "$WORK/text")"

roster <<'END'
  mode: bounded
  bounds: {min: 5%, max: 25%, growth: 50%}
  gates: {drawdown: 100%, failures: 0, sharpe: 1}
  weights: {sharpe: 2, calmar: 1, drawdown: 1, win_rate: 0, profit_factor: 0.5, vol_return: 1}
  sample: 30m
END
week bounded
check bounded
"$AGON" tournament dry-run "$WORK/ranks" --roster "$WORK/roster.yaml" >"$WORK/text" || fail "dry-run by other rules"
grep -q '(bounded, ' "$WORK/text" || fail "dry-run: $(cat "$WORK/text")"

# What can be named is listed.
# Amounts have the decimals of what they are of: eight of a coin, in each way to see them.
awk -F, -v OFS=, 'NR > 1 { for (i = 2; i <= 5; i++) $i = sprintf("%.6f", $i / 60000) } 1' "$WORK/ETHUSDT_1m.csv" >"$WORK/ETHBTC_1m.csv"
cat >"$WORK/coin.yaml" <<'END'
base_currency: BTC
agents:
  - {name: fast, plugin: ema_cross/ema_cross.so, capital: 1.5 BTC, instruments: ["binance:ETHBTC"], params: {fast: 5, slow: 20, bar_s: 300}}
  - {name: slow, plugin: ema_cross/ema_cross.so, capital: 1.5 BTC, instruments: ["binance:ETHBTC"], params: {fast: 12, slow: 60, bar_s: 300}}
tournament: {schedule: "0 * * * *", sample: 5m, window: 12h, min_samples: 12, min_trades: 1, evidence: 0}
END
"$AGON" backtest --roster "$WORK/coin.yaml" --plugins "$PLUGIN_DIR" --data "$WORK/ETHBTC_1m.csv" --journal "$WORK/coin" >"$WORK/text" 2>&1 ||
    fail "of a coin: $(cat "$WORK/text")"
"$AGON" report "$WORK/coin" --html "$WORK/coin.html" >/dev/null || fail "of a coin: report ended with $?"
for of in show 'why fast' dry-run history; do
    "$AGON" tournament $of "$WORK/coin" >"$WORK/text" || fail "of a coin: $of ended with $?"
    grep -Eq '[0-9]\.[0-9]{8}( |$)' "$WORK/text" && ! grep -Eq '(before|after|pool|capital) [0-9]+\.[0-9]{2}( |$)' "$WORK/text" ||
        fail "of a coin: $of says $(cat "$WORK/text")"
done
sed -n '/The last tournament/,/<\/table>/p' "$WORK/coin.html" | grep -Eq '>[0-9]\.[0-9]{8}</td>' || fail "of a coin: the report's last tournament"
"$AGON" tournament presets >"$WORK/text" || fail "presets ended with $?"
for preset in "$AGON_SOURCE_ROOT"/configs/tournament/*.yaml; do
    name=$(basename "$preset" .yaml)
    grep -q "^$name  *[A-Z]" "$WORK/text" || fail "presets do not say what $name is for: $(cat "$WORK/text")"
    "$AGON" tournament presets "$name" | cmp - "$preset" || fail "presets $name is another than the file"
done
"$AGON" tournament presets mild >"$WORK/text" 2>&1
[ $? -eq 2 ] && grep -q 'bold, cautious, default' "$WORK/text" || fail "a preset that is not there: $(cat "$WORK/text")"
"$AGON" tournament measures >"$WORK/text" || fail "measures ended with $?"
for name in $(sed -n 's/^ *X([A-Z_]*, \([a-z_]*\)).*/\1/p' "$(dirname "$0")"/../../host/score/measures/table.h); do
    grep -q "^$name " "$WORK/text" || fail "measures does not list $name: $(cat "$WORK/text")"
done

# A mistake is told with its place and what was meant.
roster <<'END'
  shares: [60%, 50%]
END
"$AGON" backtest --roster "$WORK/roster.yaml" --plugins "$PLUGIN_DIR" --for 1m >"$WORK/text" 2>&1 && fail "110 % are shared"
grep -q 'shares and rest are 120% together' "$WORK/text" || fail "shares: $(cat "$WORK/text")"
sed 's/"0 \*\/12/"0 *\/25/' "$WORK/roster.yaml" >"$WORK/bad.yaml"
"$AGON" backtest --roster "$WORK/bad.yaml" --plugins "$PLUGIN_DIR" --for 1m >"$WORK/text" 2>&1 && fail "*/25 hours"
grep -q 'bad.yaml:11:.*column 5, hour: expected a step' "$WORK/text" || fail "schedule: $(cat "$WORK/text")"

# Live at sixty times the pace: who is under the gate is unloaded, and stays so over a restart.
SPEED=60
start_sim --seed 5 --speed 60
live_files "$(agent busy_1 busy.so)
tournament: {schedule: \"*/2 * * * *\", sample: 1m, window: 1h, min_samples: 1, min_trades: 1, evidence: 0, gates: {profit_factor: 900, failures: 1}}"
# All of them: where the machine is slow another tournament, of nobody, has come by now. The log is told before the
# journal is written.
shows_the_end() {
    "$AGON" tournament show "$WORK/run" --live --all >"$WORK/text" 2>&1
    code=$?
    [ "$code" = 0 ] || [ "$code" = 6 ] || fail "show beside a running host ended with $code: $(cat "$WORK/text")"
    grep -q ' busy_1  *\(unloaded\|retired\) ' "$WORK/text"
}
for run in first second; do
    start_host
    until_true "$HOST_PID" "the $run run's word on busy_1" lines "$WORK/host.err" '"key":"demoted"' 1
    until_true "$HOST_PID" "the plan, shown beside a running host" shows_the_end
    kill -TERM "$HOST_PID"
    ended "$HOST_PID" 0 "the $run run"
    "$AGON" replay "$WORK/run" --verify >"$WORK/text" || fail "the $run run does not replay: $(cat "$WORK/text")"
    "$AGON" journal cat "$WORK/run" --type intent | wc -l >"$WORK/wishes_$run"
    mv "$WORK/host.err" "$WORK/$run.err"
done
cmp -s "$WORK/wishes_first" "$WORK/wishes_second" || fail "an agent that was unloaded wished for something"

# Three who trade and share: what `agon ctl export` says beside the running host is of one moment and agrees with the
# script. Fills and samples of the whole journal begin with it. They wish seldom: the exchange's limit is of real time.
rm -rf "$WORK/run"
live_files "$(agent busy_1 busy.so 'every: 60')
$(agent busy_2 busy.so 'every: 70')
$(agent busy_3 busy.so 'every: 80')
tournament: {schedule: \"*/2 * * * *\", sample: 1m, window: 1h, min_samples: 1, min_trades: 1, evidence: 0, gates: {drawdown: 100%}}"
start_host --take-over
ctl_export() { "$AGON" ctl export "$@" --dir "$WORK/run"; }
held() { "$AGON" ctl tournament --json --dir "$WORK/run" >"$WORK/said" 2>&1 && jq -e '.number >= 2' "$WORK/said" >/dev/null; }
with_fills() {
    ctl_export plans "$WORK/plans.json" 2>"$WORK/said" || fail "export plans: $(cat "$WORK/said")"
    jq -es 'map(select(any(.slots[]; .n_wins + .n_losses > 0))) | length >= 2' "$WORK/plans.json" >/dev/null
}
until_true "$HOST_PID" "two plans" held
until_true "$HOST_PID" "two plans over fills" with_fills
seq=$(tail -n 1 "$WORK/plans.json" | jq -r .seq)
ctl_export fills "$WORK/fills.csv" --until "$seq" || fail "export fills ended with $?"
ctl_export samples --until "$seq" >"$WORK/samples.csv" || fail "export samples ended with $?"
kill -0 "$HOST_PID" || fail "the host has ended"
python3 "$CHECK" "$WORK/fills.csv" "$WORK/samples.csv" "$WORK/plans.json" USDT || fail "live: the script disagrees"
for name in fills.csv samples.csv plans.json; do cp "$WORK/$name" "$WORK/live_$name"; done
notices 'what a live fill won' fills.csv awk -F, 'NR > 1 && $12 != "0" && !n++ { next } { print }'
ctl_export limits >"$WORK/text" 2>&1 && fail "export: limits are none of it"
grep -q 'expected one of: fills, orders, trades, equity, samples, plans' "$WORK/text" || fail "export: $(cat "$WORK/text")"
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host at its end"
"$AGON" journal export "$WORK/run" --fills "$WORK/fills.csv" --samples "$WORK/samples.csv" --plans "$WORK/plans.json" ||
    fail "live: no exports at the end"
python3 "$CHECK" "$WORK/fills.csv" "$WORK/samples.csv" "$WORK/plans.json" USDT || fail "at the end the script disagrees"
for name in fills.csv samples.csv plans.json; do
    head -c "$(wc -c <"$WORK/live_$name")" "$WORK/$name" | cmp - "$WORK/live_$name" || fail "$name was another beside the host"
done
# An operator takes the last one back, once; the journal says so, and a replay reaches the same. It stays the last one while
# this looks at it: behind one that moved something the host goes on with tournaments years apart.
rm -rf "$WORK/run"
live_files "$(agent busy_1 busy.so 'every: 60')
$(agent busy_2 busy.so 'every: 70')
tournament: {schedule: \"0 * * * *\", sample: 1m, window: 1h, min_samples: 1, min_trades: 1, evidence: 0, gates: {drawdown: 100%}}"
start_host --take-over
# Before the first, it is said when that is due.
says_when() {
    "$AGON" ctl tournament --dir "$WORK/run" >"$WORK/said" 2>&1 &&
        grep -Eq '^no tournament was held in this run yet; the next is due at 20[0-9-]+T[0-9:]+ UTC|^Tournament$' "$WORK/said"
}
until_true "$HOST_PID" "a tournament, or when the first is due" says_when
undo() { "$AGON" ctl tournament undo "$@" --dir "$WORK/run" >"$WORK/said" 2>&1; }
answers() { "$AGON" ctl status --dir "$WORK/run" >/dev/null 2>&1; }
until_true "$HOST_PID" "an answer of the host" answers
undo one && fail "a tournament that is no number was undone"
undo 7 && fail "a tournament that was never held was undone"
grep -Eq 'there is nothing to undo: no tournament|tournament 7 is not the last one: that is number [0-9]' "$WORK/said" || fail "undo: $(cat "$WORK/said")"
capital() { "$AGON" ctl agents --json --dir "$WORK/run" | jq -c '[.[] | { name, capital }] | sort_by(.name) | map(.capital)'; }
any_held() { "$AGON" ctl tournament --json --dir "$WORK/run" >"$WORK/said" 2>&1 && jq -e .number "$WORK/said" >/dev/null; }
moved() { any_held && jq -e 'any(.rows[]; .before != .after)' "$WORK/said" >/dev/null; }
n_ends=0
goes_on() { # goes_on SCHEDULE: the same run, in another host
    kill -TERM "$HOST_PID"
    ended "$HOST_PID" 0 "the host before an undo"
    n_ends=$((n_ends + 1))
    sed -i "s/schedule: \"[^\"]*\"/schedule: \"$1\"/" "$WORK/conf/roster.yaml"
    start_host --take-over
}
until_true "$HOST_PID" "a tournament that moves something" moved
goes_on '0 0 29 2 *'
until_true "$HOST_PID" "the last tournament, in the next run" any_held
# One that was held as the host went down may have moved nothing.
while ! moved; do
    goes_on '0 * * * *'
    until_true "$HOST_PID" "another tournament that moves something" moved
    goes_on '0 0 29 2 *'
    until_true "$HOST_PID" "the last tournament, in the next run" any_held
done
number=$(jq -r .number "$WORK/said")
before=$(jq -c '.rows | sort_by(.agent) | map(.before)' "$WORK/said")
[ "$(capital)" != "$before" ] || fail "tournament $number moved something, and capital is as before: $before"
undo "$number" 'as the fees were wrong' || fail "undo: $(cat "$WORK/said")"
[ "$(capital)" = "$before" ] || fail "undone: capital was $before and is $(capital)"
# Once more it finds it so: as with other orders that is said, and is no failure.
undo "$number" && grep -q 'was undone already' "$WORK/said" || fail "undone once more: $(cat "$WORK/said")"
undo "$number" --json && jq -e '.already and .done == "was undone already"' "$WORK/said" >/dev/null || fail "undone once more: $(cat "$WORK/said")"
[ "$(capital)" = "$before" ] || fail "undone twice: capital was $before and is $(capital)"
# Whoever looks at it sees that it is undone, when, by which event, and that all of it went back; so in the next run.
seq=$("$AGON" journal cat "$WORK/run" --live --type command 2>/dev/null | awk '/ kind=undo_plan .* why="as the fees were wrong"/ { print $1 }')
me=$(id -un)
says_undone() {
    "$AGON" ctl tournament "$@" --json --dir "$WORK/run" >"$WORK/said" 2>&1 && jq -e --argjson seq "$seq" --arg me "$me" \
        '.undone | .seq == $seq and .by == $me and .reason == "as the fees were wrong" and (.time | test("^20")) and .back == .moved and (.moved | tonumber) > 0' "$WORK/said" >/dev/null
}
lists_undone() {
    "$AGON" ctl events --json --dir "$WORK/run" >"$WORK/said" 2>&1 && jq -e --arg text "tournament $number is undone by $me: as the fees were wrong; all of the " \
        'map(select(.kind == "tournament" and (.text | startswith($text)))) | length == 1' "$WORK/said" >/dev/null
}
until_true "$HOST_PID" "tournament $number, undone" says_undone
until_true "$HOST_PID" "the event of it" lists_undone
says_undone "$number" || fail "ctl tournament $number: $(jq -c .undone "$WORK/said")"
"$AGON" ctl tournament "$number" --dir "$WORK/run" >"$WORK/text" && grep -q "^UNDONE: " "$WORK/text" || fail "ctl tournament $number: $(cat "$WORK/text")"
"$AGON" ctl plans --json --dir "$WORK/run" | jq -e --argjson n "$number" 'all(.[]; .undone == (.number == $n))' >/dev/null || fail "plans do not say which was undone"
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host after an undo"
start_host --take-over
until_true "$HOST_PID" "tournament $number, undone, in the next run" says_undone "$number"
until_true "$HOST_PID" "the event of it, in the next run" lists_undone
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the next run after an undo"
"$AGON" tournament show "$WORK/run" --number "$number" >"$WORK/text" && grep -q "^UNDONE at 20.*Z (event $seq) by $me: as the fees were wrong; " "$WORK/text" ||
    fail "show does not say that it was undone: $(cat "$WORK/text")"
"$AGON" report "$WORK/run" --html "$WORK/undone.html" >"$WORK/text" || fail "report after an undo ended with $?"
grep -q "tournament $number is undone by $me: as the fees were wrong; all of the " "$WORK/text" || fail "the report does not tell of the undo: $(cat "$WORK/text")"
[ "$(grep -c 'the host ends: ' "$WORK/text")" = $((n_ends + 2)) ] && ! grep -q 'operator' "$WORK/text" || fail "orderly ends are told otherwise: $(cat "$WORK/text")"
grep -q ">$number undone<" "$WORK/undone.html" || fail "the page's capital has no mark of the undo"
"$AGON" replay "$WORK/run" --verify >"$WORK/text" || fail "after an undo it does not replay: $(cat "$WORK/text")"
"$AGON" tournament history "$WORK/run" >"$WORK/text" || fail "history ended with $?"
grep -q '  undone$' "$WORK/text" || fail "history does not tell of the undo: $(cat "$WORK/text")"
echo "a week of tournaments, recomputed in another language, and replayed"
