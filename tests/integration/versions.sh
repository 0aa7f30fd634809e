#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The life of a model (agon models): versions are kept by their hash, one that is not better than the current one on rows that neither
# has seen is refused, a roster's model:NAME is the current version at each start and reload, an order is traced to the weights by
# which it came about, a roll-back brings the version before; data that has moved is found, and data that has not is none. What is
# damaged, another program's, changed, missing or held by another writer is said.
. "$(dirname "$0")/common.sh"
BUILT=$2/../../plugins
mkdir "$WORK/plugins" "$WORK/conf"
cp "$BUILT/lstm/lstm.so" "$BUILT/lstm/follow.so" "$WORK/plugins"
BARS=$(dirname "$0")/lstm_bars.py
FEATURES="return.1 range.1 place.1 volatility.20 profile_gap.20.12"
DIR=$WORK/conf/models
rows() { # NAME SEED SHARE N [OPTION...]
    of=$1 seed=$2 share=$3 n=$4
    shift 4
    python3 "$BARS" "$seed" "$n" "$share" >"$WORK/$of.csv" || fail "no bars"
    # shellcheck disable=SC2086
    "$AGON" features make "BTCUSDT=$WORK/$of.csv" --features $FEATURES --out "$WORK/$of.rows.csv" "$@" >"$WORK/out" 2>&1 || fail "rows of $of: $(cat "$WORK/out")"
}
rows learnt 1 0.6 6000 --ahead 1 --parts 60/20/20
rows noise 3 -0.6 4000 --ahead 1 # each move against the last: what is learnt of it is wrong of the others
rows BTCUSDT 2 0.6 1500
head -n 6 "$WORK/learnt.rows.holdout.csv" >"$WORK/few.csv"
HELD=$WORK/learnt.rows.holdout.csv
printf 'window: 8\nhidden: 8\nbatch: 32\nbatches: 50\nepochs: 8\nrate: 0.01\nrate_end: 0.001\n' >"$WORK/net.yaml"
models() { verb=$1; shift; "$AGON" models "$verb" "$@" --models "$DIR"; }
train() { # KIND ROWS OUT [OPTION...]
    kind=$1 of=$2 out=$3
    shift 3
    "$AGON" train "$kind" --data "$WORK/$of.rows.csv" --gap 1 --out "$WORK/$out" --models "$DIR" --by tester --quiet "$@" >"$WORK/out" 2>"$WORK/err" ||
        fail "training of $out: $(cat "$WORK/err")"
}
says() { # CODE WORDS COMMAND...: it ends with that code and these words
    code=$1 words=$2
    shift 2
    "$@" >"$WORK/out" 2>&1
    is=$?
    [ $is = "$code" ] && grep -q -- "$words" "$WORK/out" || fail "$*: ends with $is, not $code and \"$words\": $(cat "$WORK/out")"
}
sum() { sha256sum "$1" | cut -c1-64; }

# --- versions ---
says 4 'no registry of models is there' models ls
train lstm noise one --config "$WORK/net.yaml" --register trend
grep -q 'version   trend@1, a candidate' "$WORK/out" || fail "not kept: $(cat "$WORK/out")"
train lstm learnt two --config "$WORK/net.yaml" --register trend
grep -q 'trend@2' "$WORK/out" || fail "not kept: $(cat "$WORK/out")"
says 4 'is trend@2 already' models add trend "$WORK/two"
models ls --json >"$WORK/ls" || fail "ls"
jq -e --arg one "$(sum "$WORK/one")" --arg two "$(sum "$WORK/two")" '[.[] | [.name, .version, .state, .sha256]] == [["trend", 1, "candidate", $one], ["trend", 2, "candidate", $two]] and
    all(.[]; .by == "tester" and (.inputs | length) == 5 and .inputs[3] == "volatility.20") and .[1].metrics.holdout.right > 0.6 and
    .[1].metrics.holdout.right_low > .[1].metrics.holdout.right_constant' "$WORK/ls" >"$WORK/is" || fail "ls: $(cat "$WORK/ls")"
jq -e --arg sum "$(sum "$WORK/learnt.rows.csv")" '.[1].data.sha256 == $sum and .[1].params.hidden == 8' "$WORK/ls" >"$WORK/is" || fail "data and parameters: $(cat "$WORK/ls")"
for version in 1 2; do
    [ "$(sum "$(jq -r ".[$version - 1].path" "$WORK/ls")")" = "$(jq -r ".[$version - 1].sha256" "$WORK/ls")" ] || fail "the copy of $version is another"
done
# What a person sees of them fits a terminal, and is in words.
models ls >"$WORK/seen" && models show trend@1 >>"$WORK/seen" || fail "ls, show: $(cat "$WORK/seen")"
awk 'length($0) > 80 && !/models\/files/ { exit 1 }' "$WORK/seen" || fail "wider than a terminal: $(cat "$WORK/seen")"
grep -q '[{}"]' "$WORK/seen" && fail "not in words: $(cat "$WORK/seen")"
grep -q '^VERSION ' "$WORK/seen" && grep -q '^ *held out: right' "$WORK/seen" && grep -q '^parameters .*batch=' "$WORK/seen" || fail "ls, show: $(cat "$WORK/seen")"
# The first has to beat the constant guess; nothing is promoted without a judgement.
says 2 'give --data FILE, or --anyway REASON' models promote trend@1
says 1 'trend@1 stays candidate: it is not better than the constant guess' models promote trend@1 --data "$HELD"
says 4 'no version of trend is current' models show trend
says 0 'trend@1 is current' models promote trend@1 --anyway 'somebody has to be the first' --by tester
says 4 'is current already' models promote trend@1 --data "$HELD"
says 0 'trend@2 beside trend@1: .*: better' models compare trend@2 --data "$HELD"
says 4 'are of the time that trend@2 was taught by' models compare trend@2 --data "$WORK/learnt.rows.csv"
says 0 'trend@2 is current' models promote trend@2 --data "$HELD"
says 1 'not better than trend@2' models promote trend@1 --data "$HELD"
says 4 "do not fill the model's window" models compare trend@1 --data "$WORK/few.csv"
models show trend --json >"$WORK/show" || fail "show"
jq -e '.version == 2 and [.history[] | [.what, .version, .before]] == [["add", 1, 0], ["add", 2, 0], ["promote", 1, 0], ["promote", 2, 1]] and
    .history[2].reason == "anyway: somebody has to be the first" and .history[2].by == "tester" and .history[3].evidence.gain_low > 0' "$WORK/show" >"$WORK/is" || fail "history: $(cat "$WORK/show")"
# Trees twice, on the same rows: nothing is better than itself by other draws, and what says another thing is not compared.
sed 's/,target/,up/' "$WORK/learnt.rows.csv" | awk -F, -v OFS=, 'NR > 1 { $(NF - 2) = $(NF - 2) > 0 } { print }' >"$WORK/up.rows.csv"
sed 's/,target/,up/' "$HELD" | awk -F, -v OFS=, 'NR > 1 { $(NF - 2) = $(NF - 2) > 0 } { print }' >"$WORK/up.rows.holdout.csv"
printf 'rounds: 30\nsubsample: 80%%\nseed: 1\n' >"$WORK/trees.yaml"
train trees up tree1.json --target up --config "$WORK/trees.yaml" --register trees
printf 'rounds: 30\nsubsample: 80%%\nseed: 2\n' >"$WORK/trees.yaml"
train trees up tree2.json --target up --config "$WORK/trees.yaml" --register trees
grep -q 'the rows held out judged 1 versions of it before' "$WORK/out" || fail "nobody counts who was judged by these rows: $(cat "$WORK/out")"
says 0 'trees@1 is current' models promote trees@1 --data "$WORK/up.rows.holdout.csv" --target up
says 1 'trees@2 stays candidate: it is not better than trees@1' models promote trees@2 --data "$WORK/up.rows.holdout.csv" --target up
says 4 'expected two versions with one answer' models compare trees@1 trend@2 --data "$WORK/up.rows.holdout.csv" --target up
# What cannot be compared with the current version: a reason promotes it, and stands in the history with why nothing was compared.
says 0 'trees@3, a candidate' models add trees "$WORK/two"
says 4 'trees@3 says direction:0 and trees@1 says up: .*; without --data, --anyway REASON makes it current' models promote trees@3 --data "$HELD"
says 4 'none.csv.*; without --data, --anyway REASON makes it current' models promote trees@3 --data "$WORK/none.csv" --anyway 'no rows'
jq -e '.state == "candidate"' <<END >"$WORK/is" || fail "refused, and it moved"
$(models show trees@3 --json)
END
says 0 'is not compared with trees@1: trees@3 says direction:0' models promote trees@3 --data "$HELD" --anyway 'up and down are asked for' --by tester
models show trees --json >"$WORK/show" || fail "show"
jq -e '.version == 3 and .history[-1].reason == "anyway: up and down are asked for" and .history[-1].by == "tester" and .history[-1].before == 1 and
    (.history[-1].evidence | .is_better == false and (.not_compared | startswith("trees@3 says")) and .of_new.right > 0.6)' "$WORK/show" >"$WORK/is" || fail "not compared: $(cat "$WORK/show")"

# --- drift ---
says 0 'volatility.20' models drift trend --data "$WORK/learnt.rows.csv"
awk -F, -v OFS=, 'NR > 1 { close_px = 60000 + ($5 - 60000) * 4; open_px = 60000 + ($2 - 60000) * 4; h = close_px > open_px ? close_px : open_px; l = close_px < open_px ? close_px : open_px
    $2 = open_px; $5 = close_px; $3 = h + 20; $4 = l - 20 } { print }' "$WORK/learnt.csv" >"$WORK/wild.csv"
# shellcheck disable=SC2086
"$AGON" features make "BTCUSDT=$WORK/wild.csv" --features $FEATURES --ahead 1 --out "$WORK/wild.rows.csv" >"$WORK/out" 2>&1 || fail "wild: $(cat "$WORK/out")"
says 1 'volatility.20  *[0-9.]*  drift' models drift trend --data "$WORK/wild.rows.csv"
# Moves that depend on the last ones otherwise: no feature need move, and it is less right than it was.
says 1 'less right in the last part than where it was judged' models drift trend --data "$WORK/noise.rows.csv" --psi 1000 --parts 2
models drift trend --data "$WORK/learnt.rows.csv" --json >"$WORK/drift" || fail "drift"
jq -e '.has_drifted == false and (.features | length) == 5 and all(.features[]; .psi < 0.02) and (.parts | length) == 10' "$WORK/drift" >"$WORK/is" || fail "drift: $(cat "$WORK/drift")"

# --- a backtest by the registry, and from an order back to the weights ---
roster() { # WORD
    printf 'seed: 1\nbase_currency: USDT\nagents:\n'
    printf '  - {name: model, plugin: lstm.so, capital: 1000 USDT, instruments: ["binance:BTCUSDT"], files: {weights: "%s"}}\n' "$1"
    printf '  - {name: follow, plugin: follow.so, capital: 100000 USDT, instruments: ["binance:BTCUSDT"], signals: {direction: model.direction},\n'
    printf '     params: {enter: 0.6, leave: 0.4}}\n'
}
backtest() { # WORD [OPTION...]
    roster "$1" >"$WORK/conf/roster.yaml"
    shift
    rm -rf "$WORK/journal"
    "$AGON" backtest --roster "$WORK/conf/roster.yaml" --plugins "$WORK/plugins" --data "$WORK/BTCUSDT.csv" --taker 0 --journal "$WORK/journal" "$@"
}
traced() { # VERSION FILE: every order and fill that follow has came of that version, and it had some
    for what in orders fills intents; do
        "$AGON" journal export "$WORK/journal" --$what "$WORK/$what.json" --format json --models "$DIR" >"$WORK/out" 2>&1 || fail "export: $(cat "$WORK/out")"
        jq -e --arg files "model.weights=$1:$(sum "$2")" 'map(select(.agent == "follow")) | length > 20 and all(.[]; .files == $files)' "$WORK/$what.json" >"$WORK/is" ||
            fail "$what do not say $1: $(jq -c '.[0]' "$WORK/$what.json")"
    done
}
for runner in inproc process; do
    backtest model:trend --runner $runner >"$WORK/out" 2>"$WORK/err" || fail "a backtest: $(cat "$WORK/err")"
    traced trend@2 "$WORK/two"
done
"$AGON" report "$WORK/journal" --json --models "$DIR" >"$WORK/report" 2>"$WORK/err" || fail "report: $(cat "$WORK/err")"
jq -e --arg files "weights=trend@2:$(sum "$WORK/two")" '[.files[] | [.agent, .files]] == [["model", $files]]' "$WORK/report" >"$WORK/is" || fail "the report does not name it: $(jq -c .files "$WORK/report")"
"$AGON" journal export "$WORK/journal" --orders "$WORK/orders.json" --format json >"$WORK/out" 2>&1 || fail "export"
jq -e --arg files "model.weights=$(sum "$WORK/two")" 'map(select(.agent == "follow")) | all(.[]; .files == $files)' "$WORK/orders.json" >"$WORK/is" || fail "without a registry the hash is not said"
backtest model:trend@1 >"$WORK/out" 2>"$WORK/err" || fail "a backtest: $(cat "$WORK/err")"
"$AGON" journal cat "$WORK/journal" --type begin --json | jq -r '.files.weights // empty' >"$WORK/one.sum"
[ "$(cat "$WORK/one.sum")" = "$(sum "$WORK/one")" ] || fail "model:trend@1 is another"
says 3 'has no model trand' backtest model:trand
says 3 'trend has no version 9' backtest model:trend@9
says 3 'names no version\|expected model:NAME' backtest 'model:'
says 3 'names no version' backtest 'model:trend@x'

# --- live: a promotion is taken by the next reload, and a roll-back too ---
says 0 'trend@1 is current again' models rollback trend --reason 'to begin with'
start_sim --seed 3 --speed 60
PLUGINS=$WORK/plugins
MODE=paper SPEED=60 live_files "$(agent model lstm.so '' '' ', files: {weights: "model:trend"}')
$(agent follow follow.so 'enter: 0.02, leave: 0, take_pct: 0, stop_pct: 0, symbol: BTCUSDT' '' ', signals: {direction: model.direction}, orders_on_reload: keep')"
start_host
ctl() { "$AGON" ctl "$@" --dir "$WORK/run"; }
heard() { # FILE N: are there N signals of that file in the journal?
    [ "$("$AGON" journal cat "$WORK/run/journal" --live --type signal --json 2>/dev/null | grep -c "\"model $(sum "$WORK/$1" | cut -c1-8)\"")" -ge "$2" ]
}
until_true "$HOST_PID" "a signal of the first version" heard one 2
says 0 'trend@2 is current' models promote trend@2 --data "$HELD"
ctl reload model >"$WORK/out" 2>&1 || fail "a reload: $(cat "$WORK/out")"
until_true "$HOST_PID" "signals of the promoted version" heard two 2
n=$("$AGON" journal cat "$WORK/run/journal" --live --type signal --json 2>/dev/null | grep -c "\"model $(sum "$WORK/one" | cut -c1-8)\"")
# A file that is not what was registered is not taken, and who plays plays on.
cp "$DIR/files/$(sum "$WORK/one")" "$WORK/kept"
says 0 'trend@1 is current again' models rollback trend
printf x >>"$DIR/files/$(sum "$WORK/one")"
says 4 'was changed: its SHA-256 is' ctl reload model
says 4 'was changed: its SHA-256 is' models show trend
says 4 'was changed: its SHA-256 is' models promote trend@1 --anyway no
rm "$DIR/files/$(sum "$WORK/one")"
says 2 'the file of trend@1 is not there' ctl reload model
cp "$WORK/kept" "$DIR/files/$(sum "$WORK/one")"
ctl reload model >"$WORK/out" 2>&1 || fail "a reload: $(cat "$WORK/out")"
until_true "$HOST_PID" "signals of the version before again" heard one $((n + 2))
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host"
"$AGON" journal cat "$WORK/run/journal" --type begin --json | jq -r '.files.weights // empty' | cut -c1-8 | tr '\n' ' ' >"$WORK/begins"
[ "$(cat "$WORK/begins")" = "$(sum "$WORK/one" | cut -c1-8) $(sum "$WORK/two" | cut -c1-8) $(sum "$WORK/one" | cut -c1-8) " ] || fail "the journal names $(cat "$WORK/begins")"
says 4 'no version of trend was current before' models rollback trend

# --- what is wrong ---
says 4 'names no version' models show 'trend@'
says 4 'has no model trand' models show trand
says 2 'add, ls, show' models lst
says 4 'not a name of a model' models add 'a b' "$WORK/one"
printf '{}' >"$WORK/bad"
says 4 'not a model of XGBoost' models add trend "$WORK/bad"
says 4 'No such file\|not there\|no such' models add trend "$WORK/none"
# Weights that are numbers, and too large to be used.
python3 - "$WORK/one" "$WORK/huge" <<'END'
import array, json, struct, sys
data = open(sys.argv[1], 'rb').read()
n = struct.unpack('<Q', data[:8])[0]
head, body = json.loads(data[8:8 + n]), bytearray(data[8 + n:])
for name, of in head.items():
    if name not in ('__metadata__', 'norm.mean', 'norm.scale'):
        begin, end = of['data_offsets']
        body[begin:end] = array.array('f', [3e38] * ((end - begin) // 4)).tobytes()
open(sys.argv[2], 'wb').write(data[:8 + n] + body)
END
says 4 'its weights are too large to be used' models add trend "$WORK/huge"
python3 -c "
import os, sqlite3, time
db = sqlite3.connect('$DIR/models.db', isolation_level=None)
db.execute('BEGIN IMMEDIATE')
open('$WORK/locked', 'w').close()
while not os.path.exists('$WORK/free'): time.sleep(0.05)" &
PIDS="$PIDS $!"
until_true 0 "another writer" test -e "$WORK/locked"
says 6 'another program writes it: try again' models rollback trend
touch "$WORK/free"
wait "$!"
# Two at once come one after the other.
for i in 1 2 3 4; do
    printf 'rounds: %s\npatience: 0\n' $((i + 2)) >"$WORK/trees.yaml"
    "$AGON" train trees --data "$WORK/up.rows.csv" --target up --config "$WORK/trees.yaml" --out "$WORK/at$i.json" >"$WORK/out" 2>&1 || fail "$(cat "$WORK/out")"
done
adding=
for i in 1 2 3 4; do
    models add many "$WORK/at$i.json" >"$WORK/add.$i" 2>&1 &
    adding="$adding $!"
done
for pid in $adding; do wait "$pid" || fail "one of four at once: $(cat "$WORK"/add.*)"; done
[ "$(models ls many --json | jq -c '[.[].version]')" = '[1,2,3,4]' ] || fail "four at once: $(models ls many)"
mkdir "$WORK/foreign" "$WORK/broken"
python3 -c "
import sqlite3
db = sqlite3.connect('$WORK/foreign/models.db')
db.execute('CREATE TABLE notes (text)')
db.commit()"
says 4 "is another program's database" "$AGON" models ls --models "$WORK/foreign"
says 4 "is another program's database" "$AGON" models add x "$WORK/one" --models "$WORK/foreign"
head -c 3000 /dev/zero | tr '\0' x >"$WORK/broken/models.db"
says 4 'it is damaged, or no registry' "$AGON" models ls --models "$WORK/broken"
head -c 4096 "$DIR/models.db" >"$WORK/broken/models.db"
head -c 20000 /dev/zero | tr '\0' x >>"$WORK/broken/models.db"
says 4 'it is damaged, or no registry' "$AGON" models ls --models "$WORK/broken"
echo "versions are kept, compared, promoted, taken at a reload, traced and rolled back; drift is found where it is"
