#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Training files (agon features make): each value is what its formula says, computed here once more by a program of its own; it is
# bit for bit what a plugin is given in a backtest, of bars and of trades, of minutes and of longer bars, in both runners; what is altered later changes no row before; parts keep their distance; and what is wrong is refused with
# its reason and leaves nothing behind.
. "$(dirname "$0")/common.sh"
PY=$(dirname "$0")/features.py
SOURCE=$(dirname "$0")/plugins/featured.c
sed -n 's/^[^"]*"\([a-z_.0-9 ]*\) "[;]*$/\1/p' "$SOURCE" >"$WORK/list"
[ "$(wc -w <"$WORK/list")" -gt 30 ] || fail "the list of the plugin was not read"
# Every feature that there is: who adds one adds it to the plugin and to the formulas.
"$AGON" features ls --json >"$WORK/ls" || fail "ls"
for name in $(jq -r '.[].name' "$WORK/ls"); do
    grep -qw "$name" "$WORK/list" || fail "$name is in the catalogue and not tested here"
done
"$AGON" features ls --markdown >"$WORK/markdown" || fail "ls --markdown"
[ "$(grep -c '^| `' "$WORK/markdown")" = "$(jq length "$WORK/ls")" ] || fail "the table has other rows"

make_of() { # OUT FILE OPTION...
    made_out=$1 made_of=$2
    shift 2
    "$AGON" features make "$made_of" --list "$WORK/list" --out "$made_out" --json "$@" >"$WORK/made" 2>"$WORK/err" || fail "make: $(cat "$WORK/err")"
}
python3 "$PY" bars "$WORK/BTCUSDT-1m.csv" 1600 7 || fail "no bars"
make_of "$WORK/all.csv" "$WORK/BTCUSDT-1m.csv" --ahead 10
python3 "$PY" judge "$WORK/BTCUSDT-1m.csv" "$WORK/all.csv" 10 || fail "values are not those of their formulas"
[ "$(jq -c '[.bars, .looks_back, .rows.train]' "$WORK/made")" = "[1600,201,1390]" ] || fail "rows: $(cat "$WORK/made")"
[ "$(jq .bars_without_volume "$WORK/made")" -gt 260 ] || fail "no bars without volume: the hard ones are not among them"

# The plugin's digest of the last length of bars, from a backtest.
same_as_plugin() { # WHAT FILE LENGTH LENGTH_S OPTION...
    what=$1 file=$2 length=$3 length_s=$4
    shift 4
    make_of "$WORK/rows.csv" "$file" --bar "$length"
    python3 "$PY" digest "$WORK/rows.csv" >"$WORK/digest"
    for runner in inproc process; do
        "$AGON" backtest "$PLUGINS/featured.so" --data "$file" --param bar_s="$length_s" --runner $runner --json "$@" >"$WORK/json" 2>"$WORK/err" ||
            fail "a backtest: $(cat "$WORK/err")"
        said=$(jq -r '.agents[0].metrics | "\(.["0"]) \(.["1"]) \(.["2"])"' "$WORK/json")
        [ "$said" = "$(cat "$WORK/digest")" ] || fail "$what, $runner: the plugin has $said, the file $(cat "$WORK/digest")"
    done
    echo "$what: $(cut -d' ' -f3 "$WORK/digest") rows, the plugin's to the last bit"
}
same_as_plugin "bars" "$WORK/BTCUSDT-1m.csv" 1m 60
python3 "$PY" bars "$WORK/long_BTCUSDT-1m.csv" 4000 8 || fail "no bars"
same_as_plugin "15 of them" "BTCUSDT=$WORK/long_BTCUSDT-1m.csv" 15m 900
"$AGON" tape make "BTCUSDT=$WORK/long_BTCUSDT-1m.csv" --out "$WORK/long.tape" >/dev/null 2>"$WORK/err" || fail "a tape: $(cat "$WORK/err")"
same_as_plugin "a tape" "$WORK/long.tape" 3m 180
# Trades: holes of minutes, two in a minute, some at its very end.
awk 'BEGIN { srand(3); t = 1767225600000; p = 3000000; print "time_ms,price,amount,side"
    for (i = 0; i < 30000; i++) { t += int(rand() * rand() * 4000) + (rand() < 0.002 ? 240000 : 0); p += int(rand() * 41) - 20
        printf "%.0f,%.2f,%.3f,%s\n", t, p / 100, 0.001 + rand() * 3, rand() < 0.5 ? "buy" : "sell" } }' >"$WORK/BTCUSDT-trades.csv"
same_as_plugin "trades" "$WORK/BTCUSDT-trades.csv" 1m 60
cp "$WORK/rows.csv" "$WORK/of_trades.csv"
# What is received behind a bar's end is in none, there as here.
python3 "$PY" late "$WORK/BTCUSDT-late-trades.csv" 30000 9 || fail "no trades"
same_as_plugin "late trades" "BTCUSDT=$WORK/BTCUSDT-late-trades.csv" 1m 60
mv "$WORK/of_trades.csv" "$WORK/rows.csv"
[ "$(cut -d' ' -f3 "$WORK/digest")" -gt 100 ] || fail "few rows of trades: $(cat "$WORK/digest")"
head -2 "$WORK/rows.csv" | tail -1 | tr , '\n' >"$WORK/one"
n=$(head -1 "$WORK/rows.csv" | tr , '\n' | grep -n '^imbalance.5$' | cut -d: -f1)
cut -d, -f"$n" "$WORK/rows.csv" | tail -n +2 | sort -u | wc -l | { read -r n; [ "$n" -gt 100 ]; } || fail "who bought is not in it"
"$AGON" validate "$PLUGINS/featured.so" >"$WORK/out" 2>&1 || fail "validate: $(cat "$WORK/out")"
grep -q 'ok .*val-r15' "$WORK/out" || fail "its state is another once it was loaded: $(cat "$WORK/out")"

# What comes later changes no row: other bars from the 1,200th on.
{ head -1201 "$WORK/BTCUSDT-1m.csv"; tail -n +1202 "$WORK/BTCUSDT-1m.csv" | awk -F, -v OFS=, '{ for (i = 2; i <= 5; i++) $i = $i * 3; $6 *= 7; print }'; } >"$WORK/other_BTCUSDT-1m.csv"
make_of "$WORK/before.csv" "$WORK/BTCUSDT-1m.csv"
make_of "$WORK/after.csv" "BTCUSDT=$WORK/other_BTCUSDT-1m.csv"
head -1001 "$WORK/before.csv" >"$WORK/one"
head -1001 "$WORK/after.csv" | cmp -s - "$WORK/one" || fail "what came later changed a row"
tail -n +1002 "$WORK/after.csv" | head -5 | cmp -s - "$WORK/one" && fail "nothing was altered"

# Parts: in the order of time, no target of one reaches into the next, and behind a border nobody begins at once.
make_of "$WORK/parts.csv" "$WORK/BTCUSDT-1m.csv" --ahead 10 --parts 70/15/15 --embargo 25
[ "$(jq -c '[.purged, .embargo, (.rows | add)]' "$WORK/made")" = "[20,50,1320]" ] || fail "parts: $(cat "$WORK/made")"
[ "$(cut -d, -f1,2 "$WORK/parts.csv" | tail -1 | cut -d, -f1)" -lt "$(sed -n 2p "$WORK/parts.holdout.csv" | cut -d, -f1)" ] || fail "the hold-out is not the last"
grep -q holdout "$WORK/parts.csv" && fail "who trains sees the hold-out"
awk -F, 'FNR > 1 { if ($(NF - 1) != part && part != "" && $1 - t != 36 * 60000) { print $1 - t; exit 1 } part = $(NF - 1); t = $1 }' "$WORK/parts.csv" "$WORK/parts.holdout.csv" ||
    fail "parts are not 35 rows apart"

# By label: 1 where the return is above 0, and nowhere else.
make_of "$WORK/up.csv" "$WORK/BTCUSDT-1m.csv" --ahead 10 --label up
make_of "$WORK/returns.csv" "$WORK/BTCUSDT-1m.csv" --ahead 10
n=$(head -1 "$WORK/up.csv" | tr , '\n' | grep -n '^target$' | cut -d: -f1)
cut -d, -f"$n" "$WORK/returns.csv" | awk 'NR > 1 { print ($1 > 0) }' >"$WORK/one"
cut -d, -f"$n" "$WORK/up.csv" | tail -n +2 | cmp -s - "$WORK/one" || fail "a label is not the sign of its return"
grep -q 1 "$WORK/one" && grep -q 0 "$WORK/one" || fail "one label alone"
# And what was made is what trees are trained on, as it is.
"$AGON" train trees --data "$WORK/up.csv" --target target --ignore time_ms part edition --gap 10 --out "$WORK/up.json" >"$WORK/out" 2>&1 || fail "train: $(cat "$WORK/out")"
[ "$(jq -r '.learner.feature_names | join(" ")' "$WORK/up.json")" = "$(head -1 "$WORK/up.csv" | tr , '\n' | grep -v -e time_ms -e target -e part -e edition | paste -sd' ')" ] ||
    fail "the model's features are not the file's: $(jq -c .learner.feature_names "$WORK/up.json")"

# One hundred and more in a file, for every symbol (configs/features).
"$AGON" features make "$WORK/BTCUSDT-1m.csv" --list "$AGON_SOURCE_ROOT/configs/features/minutes.txt" --out "$WORK/many.csv" >"$WORK/out" 2>&1 || fail "many: $(cat "$WORK/out")"
[ "$(head -1 "$WORK/many.csv" | tr , '\n' | sort -u | wc -l)" -ge 102 ] || fail "fewer than a hundred"

not_trained() { # WORDS FILE OPTION...
    words=$1 table=$2
    shift 2
    "$AGON" train trees --data "$table" --target target --out "$WORK/none.json" "$@" >"$WORK/out" 2>&1 && fail "trained: $words"
    grep -q "$words" "$WORK/out" && [ ! -e "$WORK/none.json" ] || fail "no '$words': $(cat "$WORK/out")"
}
"$AGON" features make "$WORK/BTCUSDT-1m.csv" --features return.1 gap --ahead 10 --label up --parts 60/20/20 --out "$WORK/held.csv" >/dev/null || fail "parts"
not_trained 'a row of a hold-out' "$WORK/held.holdout.csv" --ignore time_ms part
not_trained 'no column tme_ms; --ignore takes names' "$WORK/up.csv" --ignore tme_ms part
{ head -1 "$WORK/up.csv"; tail -n +2 "$WORK/up.csv" | tac; } >"$WORK/back.csv"
not_trained 'back.csv:3: time_ms .* is not behind that of the row before' "$WORK/back.csv" --ignore time_ms part

refused() { # CODE WORDS OPTION...
    code=$1 words=$2
    shift 2
    rm -f "$WORK"/no*
    "$AGON" features make "$@" --out "$WORK/no.csv" >"$WORK/out" 2>&1
    got=$?
    [ "$got" = "$code" ] && grep -q "$words" "$WORK/out" || fail "$*: $got, not $code and '$words': $(cat "$WORK/out")"
    [ -z "$(ls "$WORK"/no* 2>/dev/null)" ] || fail "$*: something was left: $(ls "$WORK"/no*)"
}
BARS=$WORK/BTCUSDT-1m.csv
refused 2 'no feature retrun; did you mean return' "$BARS" --features retrun.5
refused 2 'bars from 1 to 512' "$BARS" --features return.0
refused 2 'looks back on at most 512 bars' "$BARS" --features ema_gap.200
refused 2 'as in macd.12.26' "$BARS" --features 'return(5)'
refused 2 'return.5.6: expected return.BARS' "$BARS" --features return.5.6
refused 2 'lag from 1 to 512' "$BARS" --features autocorrelation.20.20
refused 2 'name some by --features' "$BARS"
refused 2 'say how many by --ahead' "$BARS" --features gap --label up
refused 2 'say by --parts which' "$BARS" --features gap --embargo 5
refused 4 'part validation would have 1' "$BARS" --features return.200 --ahead 20 --parts 98/1/1
mkdir "$WORK/folder"
"$AGON" features make "$BARS" --features gap --out "$WORK/folder" >"$WORK/out" 2>&1 && fail "a folder was written over"
[ ! -e "$WORK/folder.new" ] || fail "something was left beside a folder"
refused 2 '70/15/15, not 70/40' "$BARS" --features gap --parts 70/40
refused 2 '70/15/15, not 100/0/0/0' "$BARS" --features gap --parts 100/0/0/0
printf 'gap # a comment\nbody\n\nranje.10\n' >"$WORK/bad_list"
refused 4 'bad_list:4: there is no feature ranje; did you mean range' "$BARS" --list "$WORK/bad_list"
refused 2 'features: gap is in the list before; expected each feature once' "$BARS" --features gap body gap
refused 2 'macd.12.26 is in the list before, as macd' "$BARS" --features macd macd.12.26
printf 'gap\nbody gap\n' >"$WORK/twice"
refused 4 'twice:2: gap is in the list before' "$BARS" --list "$WORK/twice"
refused 4 'bars of 420 s cannot be made of it' "$BARS" --features gap --bar 7m
refused 4 'has 1 bars of 86400 s' "$BARS" --features gap --bar 1d
refused 4 'expected 1711 or more' "$BARS" --features return.200 --ahead 1510
sed '700s/,[0-9.]*$/,junk/' "$BARS" >"$WORK/junk_BTCUSDT-1m.csv"
refused 4 'junk_BTCUSDT-1m.csv:700' "BTCUSDT=$WORK/junk_BTCUSDT-1m.csv" --features gap
refused 4 'No such file or directory; expected a file there' "$WORK/none_BTCUSDT-1m.csv" --features gap
"$AGON" features make "$BARS" --features gap --out "$WORK/nowhere/no.csv" >"$WORK/out" 2>&1 && fail "a folder that is not there was taken"
grep -q 'cannot be written' "$WORK/out" || fail "no reason: $(cat "$WORK/out")"
# What is no training file stays as it is, the hold-out's place too; a training file is made again.
kept() { # OUT KEPT OPTION...
    out=$1 kept=$2
    shift 2
    sum=$(sha256sum "$kept")
    "$AGON" features make "$BARS" --features gap --out "$out" "$@" >"$WORK/out" 2>&1
    [ $? = 5 ] && grep -q "${kept##*/} is there already, and is not a training file" "$WORK/out" || fail "written over $kept: $(cat "$WORK/out")"
    [ "$(sha256sum "$kept")" = "$sum" ] && [ ! -e "$out.new" ] || fail "$kept was written over, or something was left"
}
kept "$BARS" "$BARS"
printf 'time_ms,price\n1,2\n' >"$WORK/mine.csv"
kept "$WORK/mine.csv" "$WORK/mine.csv"
cp "$WORK/mine.csv" "$WORK/free.holdout.csv"
kept "$WORK/free.csv" "$WORK/free.holdout.csv" --parts 60/20/20 --ahead 5
[ ! -e "$WORK/free.csv" ] || fail "half of it was written"
for of in gap body; do
    "$AGON" features make "$BARS" --features $of --out "$WORK/again.csv" >"$WORK/out" 2>&1 && head -1 "$WORK/again.csv" | grep -q "^time_ms,$of,part" || fail "not made again: $(cat "$WORK/out")"
done
echo "features are their formulas, in files and in plugins alike"
