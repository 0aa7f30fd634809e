#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The demo as a whole, act by act: one agent gets other code, three misbehave and their orders end, the others miss nothing, a
# tournament is held, a page is written, and the proof is equal. Kept running, a script in another language recomputes its
# tournaments from what `agon ctl export` gives. On recordings too; nothing is left behind.
. "$(dirname "$0")/common.sh"
export TMPDIR="$WORK/tmp"
mkdir "$TMPDIR"
CHECK=$(dirname "$0")/tournament_check.py
KEPT=$WORK/kept

clean() {
    [ -z "$(ls "$TMPDIR")" ] || fail "$1 left $(ls "$TMPDIR")"
}
# What is broken at the width is one line again.
whole() {
    sed -e ':a' -e '$!N' -e 's/\n \{6,\}/ /' -e 'ta' -e 'P' -e 'D' "$WORK/out"
}
happened() {
    whole >"$WORK/whole"
    grep -q -- "$1" "$WORK/whole" || fail "the summary lacks: $1
$(sed -n '/^What happened/,$p' "$WORK/out")"
}
# Of an act: where the machine is too slow for it, that nothing came of it yet, or that it came behind it.
acted() {
    happened "  happened: \($1\|nothing yet\.\|[a-z]*_1 ended after this act\)"
}
complaints() { # beside that a loaded machine does not keep up with 60x, and says so
    grep -v 'is more than this machine keeps up with' "$WORK/err"
}
begins() { # what a person sees first is where to look
    head -1 "$WORK/out" | grep -q '^dashboard  http://127.0.0.1:' || fail "the first line is $(head -1 "$WORK/out")"
}

# Under ThreadSanitizer the host is many times slower: a market at four times real time is what it keeps up with.
if grep -q __tsan_init "$AGON"; then
    "$AGON" demo --seconds 12 --speed 4 --report "$WORK/demo.html" >"$WORK/out" 2>"$WORK/err" ||
        fail "the demo ended with $?: $(head -40 "$WORK/err")"
    lines "$WORK/out" ' equal$' 1 || fail "no equal proof: $(tail -5 "$WORK/out")"
    clean "the demo"
    grep '^Events sent' "$WORK/out"
    exit 0
fi

# Kept: half a minute at 60x is half an hour, with a tournament at the quarters. Where nothing came of an act in its time, the machine is
# busy: three times as long, once.
for seconds in 32 96; do
    rm -f "$WORK/out" # what the demo before said is not this one's
    "$AGON" demo --seconds $seconds --keep --dir "$KEPT" --report "$WORK/demo.html" >"$WORK/out" 2>"$WORK/err" &
    DEMO_PID=$!
    PIDS="$PIDS $DEMO_PID"
    until_true "$DEMO_PID" "the summary" lines "$WORK/out" '^It runs on' 1
    ! is_sanitized && { lines "$WORK/out" '^  happened: nothing yet' 1 || ! grep -q '^  .* hang_1  *a callback took' "$WORK/out"; } && [ $seconds = 32 ] || break
    kill -INT "$DEMO_PID"
    wait "$DEMO_PID"
    rm -rf "$KEPT"
done
begins
# Each act is announced, in order, and says what happened; the market says what is known of it.
[ "$(sed -n 's/^Act \([0-9]\) of 7: .*/\1/p' "$WORK/out" | tr -d '\n')" = 1234567 ] || fail "the acts: $(grep '^Act' "$WORK/out")"
lines "$WORK/out" '^  happened: ' 6 || fail "an act does not say what happened: $(cat "$WORK/out")"
# A tournament of an hour says what it decides by, in its act, with its ranks and on the page; what failed to start says why.
hurried='looks at 1 h of equity (default preset: 7 d), judges from 1 closing fill on (5), moves up to +25 % and -25 % (+10 %, -20 %)'
for where in "Act 5 of 7.*It $hurried" "tournament [0-9]* at .*; $hurried)"; do
    tr -s '\n ' ' ' <"$WORK/out" | grep -q "$where" || fail "nothing says that a demo's tournament is hurried: $(cat "$WORK/out")"
done
grep -qF "each $hurried" "$AGON_SOURCE_ROOT/docs/quickstart.md" || fail "the quickstart says of a demo's tournament something else than its rules"
grep -qF "It $hurried" "$WORK/demo.html" || fail "the page does not say that a demo's tournament is hurried"
! grep -q 'restart failed$' "$WORK/out" || fail "a restart failed, and nobody says why: $(grep -A 4 'restart failed' "$WORK/out")"
happened '^market  *synthetic, with known structure: basis and market maker have an edge here, random has none'
# Who keeps it open finds the page's address below the summary too.
sed -n '/^It runs on/,$p' "$WORK/out" | grep -q '^dashboard  *http://127.0.0.1:[0-9]*/#token=[0-9a-f]\{32\}$' ||
    fail "the kept demo does not say where its page is: $(sed -n '/^It runs on/,$p' "$WORK/out")"
# Lines of 80 columns, and no byte that moves a cursor.
[ -z "$(cut -c81- "$WORK/out" | tr -d '\n')" ] || fail "longer than 80 columns: $(grep '.\{81\}' "$WORK/out" | head -3)"
! grep -q "$(printf '\033')" "$WORK/out" || fail "an escape byte in a pipe"
# What happened is said to its end.
whole | sed -n '/^What happened/,/^$/p' >"$WORK/happened"
[ "$(wc -l <"$WORK/happened")" -gt 5 ] && ! grep -E '[;:,(] *$' "$WORK/happened" | grep -v '(UTC):$' || fail "half a sentence: $(cat "$WORK/happened")"
# An order that ended is filled, cancelled, expired, refused or never sent: together no more than there were orders.
ended=$(whole | sed -n 's/^Orders that ended: //p' | head -1 | sed 's/\([0-9]\),\([0-9]\)/\1\2/g' | awk '{ print $1 + $3 + $5 + $7 + $9 }')
orders=$(whole | sed -n 's/.* events, \([0-9,]*\) orders in .*/\1/p' | head -1 | tr -d ,)
[ -n "$ended" ] && [ "$ended" -gt 0 ] && [ "$ended" -le "${orders:-0}" ] || fail "$ended of ${orders:-no} orders ended"
is_sanitized || { # whose children may take their time
    happened '  crash_1  *signal 11'
    happened '  hang_1  *a callback took longer'
    happened "  flood_1  *[0-9,]* of its intents were refused before the exchange saw them, most by check '"
    happened '  [a-z]*_1  *its plugin file is quarantined on this host: [0-9]* crashes, last: .*; next: reload another file, or quarantine clear'
    happened '  crash_1  *signal 11.*; of its [0-9]* open order.* [0-9]* \(cancelled by the exchange\|filled\|never sent\)'
    # What it holds then is the market's, and on a slow machine it may not have traded yet.
    happened '  momentum_1  *reloaded: generation 2 .* holding \([0-9.]* \(binance[a-z_]*:\)\?BTCUSDT\|nothing\)'
    happened '^reload of momentum_1: '
    acted 'First fill [0-9.]* .*s after the start'
    acted 'crash_1 ended, .* Why: signal 11'
    acted 'momentum_1 \(held\|had\|holds\) '
    acted '[0-9,]* intents of flood_1 were refused before the exchange saw them, of the others [0-9,]*;'
    # The exchange says so itself: what the one that crashed had open was cancelled there.
    # Its orders are the only ones on that contract; the futures market numbers its orders from 4,000,000,000 on.
    order=$(grep '"what":"NEW"' "$KEPT/exchange.ndjson" | grep '"symbol":"ETHUSDT"' | grep '"orderId":4[0-9]\{9\},' |
        sed -n 's/.*"clientOrderId":"\([^"]*\)".*/\1/p' | head -1)
    [ -n "$order" ] || fail "crash_1 had no order at the exchange"
    grep '"what":"CANCELED"' "$KEPT/exchange.ndjson" | grep -q "\"$order\"" ||
        fail "the exchange does not tell of a cancel of $order"
    "$AGON" ctl reloads --dir "$KEPT/run" --json | jq -e 'map(select(.agent == "momentum_1" and .kind == "reload")) | length == 1' \
        >/dev/null || fail "ctl does not tell of the reload"
    planned() {
        "$AGON" ctl tournament show --dir "$KEPT/run" --json 2>/dev/null | grep -q '"rank":1'
    }
    until_true "$DEMO_PID" "a tournament with ranks" planned
    seq=$("$AGON" ctl status --dir "$KEPT/run" --json | jq .seq)
    for what in plans samples fills; do
        "$AGON" ctl export $what "$WORK/$what" --until "$seq" --dir "$KEPT/run" || fail "ctl export $what"
    done
    python3 "$CHECK" "$WORK/fills" "$WORK/samples" "$WORK/plans" USDT || fail "the script disagrees with the demo's tournaments"
    grep -q '"rank":[0-9]' "$WORK/plans" || fail "no plan with ranks was checked"
}
kill -INT "$DEMO_PID"
ended "$DEMO_PID" 0 "the kept demo"
lines "$WORK/out" ' equal$' 1 || fail "no equal proof: $(tail -5 "$WORK/out")"
! grep -q 'DIFFERENT\|1970-01' "$WORK/out" || fail "$(grep 'DIFFERENT\|1970-01' "$WORK/out")"
# That the host stops is a plan: what was on its way then is no error of it.
! grep 'failed: .*the host is stopping' "$KEPT/agon.log" || fail "an orderly end has an error"
tr '\n' ' ' <"$WORK/out" | grep -q 'Intent-to-ack round trip .* orders that no limiter held\.' &&
    grep -q '^Orders that a limiter held: [0-9]' "$WORK/out" ||
    fail "the round trips do not say what a limiter held: $(grep -A 1 'round trip' "$WORK/out")"
grep -q 'orders held by a limiter' "$WORK/demo.html" || fail "nor does the report"
grep -q '^Capital given to an agent after it crashed, hung or flooded: none\.$' "$WORK/out" || fail "capital was given to a faulty agent"
happened '^Events sent to the 5 agents that behave and vol_1: [0-9,]*; seen by them: [0-9,]*, equal\.$'
# Its table adds up: each column's rows to the total, and those that behave are its rows.
sed -n '/^agent  *start  *moved/,/^all /p' "$WORK/out" | tail -11 >"$WORK/table"
awk '{ gsub(",", ""); for (i = 2; i <= 5; i++) if (NR > 1 && $1 != "all") sum[i] += $i; else last[i] = $i }
    END { off = 0; for (i = 2; i <= 5; i++) { d = sum[i] - last[i]; d = d < 0 ? -d : d; off = d > off ? d : off }
    said = $6 == "rounded" ? $7 : 0; exit !(NR == 11 && $1 == "all" && off - said < 0.001 && said - off < 0.001) }' "$WORK/table" ||
    fail "the table does not add up: $(cat "$WORK/table")"
[ "$(grep -c '_1 .* [-0-9,.]*  *active' "$WORK/table")" -ge 5 ] || fail "fewer than the five are in the table: $(cat "$WORK/table")"
[ -z "$(complaints)" ] || fail "the demo complains: $(complaints | head -3)"
[ "$(grep -c '<svg' "$WORK/demo.html")" -ge 2 ] || fail "the report has no plots"
# Its headline counts the rows of the table below it, agents and models.
grep -o 'class="lead">[^<]*' "$WORK/demo.html" | grep -q '>8 agents and 1 model \(made\|lost\) ' || fail "the headline: $(grep -o 'class="lead">[^<]*' "$WORK/demo.html")"
tr '\n' ' ' <"$WORK/out" | sed 's/  */ /g' >"$WORK/flat"
for file in flat demo.html; do
    grep -q "Not as at the real venue: the venue's rate windows are in real time: at 60x .* 60 times fewer orders" "$WORK/$file" ||
        grep -q "Not as at the real venue: the venue&#39;s rate windows are in real time: at 60x" "$WORK/$file" ||
        fail "$file: the report does not tell of the real rate windows: $(grep -i 'rate windows' "$WORK/$file" | head -2)"
done
"$AGON" replay "$KEPT/run" --verify >"$WORK/replay.out" || fail "the kept journal does not replay"
# A later report, of the journal alone, says too that it was a simulation, and of what.
"$AGON" report "$KEPT/run" >"$WORK/later" || fail "a later report"
head -1 "$WORK/later" | grep -q '^A simulation, no real market and no real money: the generated market demo, seed 1 (synthetic, with known structure: ' ||
    fail "a later report does not name its market: $(head -2 "$WORK/later")"
"$AGON" report "$KEPT/run" --json | jq -e '.market_name == "demo" and .seed == 1 and (.market | startswith("synthetic"))' >/dev/null ||
    fail "nor does its JSON"
grep '^Events sent\|^reload of' "$WORK/out"
clean "the kept demo"

"$AGON" demo --seconds 10 --market random-walk --seed 5 --speed 30 --report "$WORK/walk.html" >"$WORK/out" 2>"$WORK/err" || fail "a short demo ended with $?: $(cat "$WORK/err")"
# Its report says what market that was, and how it was asked for.
for said in 'A simulation, no real market' 'the generated market random-walk, seed 5 (a random walk: ' 'at 30 times real time: ' \
    '10 and 10 bp on spot, 2 and 5 bp on perpetuals'; do
    grep -qF "$said" "$WORK/walk.html" || fail "the report does not say '$said'"
done
# ... and of how much of its time, in how much real time: what was, and not what was asked for.
python3 - "$WORK/walk.html" <<'END' || fail "its times: $(grep -o 'at 30 times real time[^.]*' "$WORK/walk.html")"
import re, sys
page = open(sys.argv[1]).read()
seconds = lambda text: sum(float(n) * {"h": 3600, "min": 60, "s": 1}[unit] for n, unit in re.findall(r"([0-9.]+) (h|min|s)\b", text))
market, real = (seconds(text) for text in re.search(r"at 30 times real time: (.*?) of its time in (.*?)\. Fees", page).groups())
lead = seconds(re.search(r" in ([0-9hmins. ]*)\. Buying what", page).group(1))
# A machine with other work begins later than its market, and is behind it at the end.
assert market == lead and real >= 10 and 0.2 < market / 30 / real < 5, (market, lead, real)
END
sed 's/<[^>]*>//g' "$WORK/walk.html" | grep -qF "Command: agon demo --seconds 10 --market random-walk --seed 5 --speed 30 --report $WORK/walk.html" ||
    fail "the report does not have its command line"
happened '^market  *a random walk: .*Nobody has an edge'
lines "$WORK/out" ' equal$' 1 || fail "no equal proof: $(tail -5 "$WORK/out")"
clean "a short demo"

to_be_broken() { # a demo that is kept, at its summary
    rm -rf "$WORK/broken" "$WORK/out" # what the demo before said is not this one's
    "$AGON" demo --seconds 10 --keep --report off --dir "$WORK/broken" >"$WORK/out" 2>"$WORK/err" &
    DEMO_PID=$!
    PIDS="$PIDS $DEMO_PID"
    until_true "$DEMO_PID" "the summary" lines "$WORK/out" '^It runs on' 1
}
seq_of() { "$AGON" ctl status --dir "$WORK/broken/run" --json | jq .seq; }
goes_on() { [ "$(seq_of)" -gt $((seq + 200)) ]; }
# A promise that is broken is the command's exit code: agents that are stopped do not see what is sent to them. Where the watchdog has ended
# them before the demo ended, it was another story: once more.
breaks_promise() {
    to_be_broken
    seq=$(seq_of)
    stopped=$(pgrep -P "$DEMO_PID" -f '^agon __runner')
    # shellcheck disable=SC2086
    kill -STOP $stopped
    until_true "$DEMO_PID" "events behind the stop" goes_on
    kill -INT "$DEMO_PID"
    wait "$DEMO_PID"
    code=$?
    [ $code != 0 ]
}
is_sanitized || {
    breaks_promise || breaks_promise || breaks_promise || breaks_promise || fail "agents did not see all, and the demo ended with 0: $(tail -5 "$WORK/out")"
    [ $code = 1 ] || fail "agents did not see all, and the demo ended with $code instead of 1: $(cat "$WORK/err")"
    grep -q 'a promise is broken: an agent did not see every event: [0-9]* sent, [0-9]* seen' "$WORK/err" || fail "the promise is not named: $(cat "$WORK/err")"
    lines "$WORK/out" '^       DIFFERENT\.$' 1 || whole | grep -q '^Events sent to .* DIFFERENT\.$' || fail "the summary does not say it: $(tail -5 "$WORK/out")"
    for pid in $stopped; do
        ! grep -q __runner "/proc/$pid/cmdline" 2>/dev/null || fail "process $pid, which was stopped, is left"
    done
}
# So is a proof that cannot be made: of a journal of which a part is gone.
is_sanitized || {
    to_be_broken
    part=$(ls "$WORK/broken/run/journal/"money-*.aj | tail -1)
    head -c 262144 "$part" >"$WORK/part" && truncate -s "$(wc -c <"$part")" "$WORK/part" && mv "$WORK/part" "$part"
    kill -INT "$DEMO_PID"
    ended "$DEMO_PID" 1 "a demo whose journal is damaged"
    grep -q 'reading the journal: damage before the tail: money-' "$WORK/err" || fail "the damage is not named: $(cat "$WORK/err")"
    ! lines "$WORK/out" ' equal$' 1 || fail "a proof of a journal that is damaged"
}
# And a replay that ends in another state: of a journal whose end is not on the disk.
is_sanitized || {
    to_be_broken
    for part in "$WORK/broken/run/journal/"market-*.aj "$WORK/broken/run/journal/"money-*.aj; do
        cp "$part" "$WORK/part" && mv "$WORK/part" "$part" # what is written from now on goes to a file without a name
    done
    seq=$(seq_of)
    until_true "$DEMO_PID" "events behind those of the disk" goes_on
    kill -INT "$DEMO_PID"
    ended "$DEMO_PID" 1 "a demo whose replay ends in another state"
    grep -q 'a promise is broken: the replay ends in another state than the host' "$WORK/err" || fail "the promise is not named: $(cat "$WORK/err")"
    lines "$WORK/out" '^Proof: live  *seq [0-9]*  [0-9a-f]*$' 1 && lines "$WORK/out" '^       replay  seq [0-9]*  [0-9a-f]*  DIFFERENT$' 1 ||
        fail "the summary does not say it: $(tail -5 "$WORK/out")"
}
rm -rf "$WORK/broken"

# Plugins by a path with ../ in it: the day's backtest names each from / on, and one that fails says so.
host=$(realpath "$AGON")
(cd "$WORK" && "$host" demo --seconds 10 --report off --dir "$WORK/near" --plugins "$(realpath --relative-to=. "$(dirname "$host")/plugins")") \
    >"$WORK/out" 2>"$WORK/err" || fail "a demo with a relative --plugins ended with $?: $(cat "$WORK/err")"
sed -n 's/^ *plugin: "\(.*\)"$/\1/p' "$WORK/near/daytest.yaml" >"$WORK/named"
[ -s "$WORK/named" ] || fail "the 1-day test names no plugin"
while read -r plugin; do
    [ -e "/$plugin" ] || fail "the 1-day test names /$plugin, which is not there"
done <"$WORK/named"
! grep -q '1-day test: failed' "$WORK/out" || fail "$(grep -A 2 '1-day test: failed' "$WORK/out")"
# They trade within 3 s of the start: in three minutes of the market, which those are, whatever this machine is busy with.
for seed in 1 2 3 4 5 6; do
    "$AGON" backtest --market demo --roster "$WORK/near/daytest.yaml" --plugins / --for 3m --seed $seed --json >"$WORK/first.json" 2>"$WORK/err" ||
        fail "the demo's agents in seed $seed: $(cat "$WORK/err")"
    jq -e '[.agents[].fills] | add > 0' "$WORK/first.json" >/dev/null || fail "nobody of the demo trades in its first 3 s, seed $seed"
done
rm -rf "$WORK/near"

if [ -e "$DATA/book" ]; then
    # A slow machine needs longer for as much.
    for seconds in 10 30 120; do
        "$AGON" demo --data "$DATA/book" --seconds $seconds --report "$WORK/recorded.html" >"$WORK/out" 2>"$WORK/err" ||
            fail "the demo on recordings ended with $?: $(cat "$WORK/err")"
        lines "$WORK/out" ' equal$' 1 || fail "no equal proof on recordings: $(tail -5 "$WORK/out")"
        n=$(sed -n 's/^\([0-9,]*\) events, .*/\1/p' "$WORK/out" | tr -d ,)
        [ "${n:-0}" -lt 1000 ] || break
    done
    [ "${n:-0}" -ge 1000 ] || fail "the recordings gave ${n:-no} events"
    [ -s "$WORK/recorded.html" ] || fail "no report on recordings"
    clean "the demo on recordings"
fi
"$AGON" demo --seconds 10 --report /nonexistent/report.html >"$WORK/out" 2>"$WORK/err"
code=$?
[ "$code" = 6 ] || fail "a report that cannot be written: ended with $code instead of 6"
grep -q /nonexistent/report.html "$WORK/err" || fail "the message does not name it: $(cat "$WORK/err")"
# The longest tournament window is an hour of market time, however long the demo is.
rm -f "$WORK/out"
"$AGON" demo --seconds 600 --report off >"$WORK/out" 2>"$WORK/err" &
DEMO_PID=$!
PIDS="$PIDS $DEMO_PID"
until_true "$DEMO_PID" "a long demo begins" lines "$WORK/out" '^dashboard' 1
kill -INT "$DEMO_PID"
ended "$DEMO_PID" 130 "a long demo that is interrupted"
"$AGON" demo --data /nonexistent --seconds 10 --report off >"$WORK/out" 2>"$WORK/err"
code=$?
[ "$code" = 4 ] || fail "a folder that is not there: ended with $code instead of 4"
[ ! -s "$WORK/out" ] || fail "nothing was kept, and it says: $(cat "$WORK/out")"
grep -q /nonexistent "$WORK/err" || fail "the message does not name it: $(cat "$WORK/err")"
clean "a demo that could not start"
