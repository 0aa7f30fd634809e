#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A backtest has the cards of its roster, and their allocator decides there as in a live host: who waits for whom, whose chunk
# runs, what research may have of a card's time, what becomes of a lease whose agent has died. The same agents live: the same
# leases and outcomes. Both runners, runs side by side and a replay come to the same.
. "$(dirname "$0")/common.sh"
JUDGE=$(dirname "$0")/jobs_cards.py
mkdir -p "$WORK/conf"
one() { # NAME BUDGET SHARE PRIORITY PARAMS [MORE]
    printf '  - {name: %s, plugin: leaser.so, capital: 1000 USDT, instruments: ["binance:BTCUSDT"], hard: 30s, params: {%s},\n' "$1" "$5"
    printf '     gpu: {leases: {main: {budget: old_0.%s, memory: 1MiB, share: %s, priority: %s%s}}}}\n' "$2" "$3" "$4" "${6-}"
}
# Two of research that do not fit beside each other, so that the second waits for the first one's deadline, and two of inference.
four() {
    one first analysis 30% 2 'jobs: 12, calls: 4, deed: keeps' ', deadline: 10s'
    one second analysis 30% 3 'jobs: 6, calls: 2, deed: keeps'
    one third realtime 20% 1 'jobs: 9, deed: cancels'
    one fourth realtime 20% 1 'jobs: 7, calls: 3, deed: beyond'
}
roster() { # LINES
    printf 'base_currency: USDT\ngpu: {profile: s2_four_8gb, device: cpu, delay: 5ms}\nagents:\n%s\n' "$1" >"$WORK/conf/lab.yaml"
}
lab() { # RUNNER JOURNAL ARGUMENT...
    runner=$1 journal=$WORK/$2
    shift 2
    rm -rf "$journal"
    "$AGON" backtest --roster "$WORK/conf/lab.yaml" --plugins "$PLUGINS" --runner "$runner" --seed 3 --for 1m --json --journal "$journal" "$@" \
        >"$journal.json" 2>"$journal.err"
    [ $? = "${CODE-0}" ] || fail "a backtest: $(tail -n 5 "$journal.err")"
    "$AGON" journal cat "$journal" --json >"$journal.cat" || fail "journal cat"
    "$AGON" replay "$journal" --verify >"$WORK/out" 2>&1 || fail "a replay: $(cat "$WORK/out")"
}
alike() { # JOURNAL JOURNAL WHAT
    for of in "$1" "$2"; do
        grep -e '"type":"gpu"' -e '"type":"job_' "$WORK/$of.cat" >"$WORK/$of.all"
        jq -c '[.intents_hash, .state_hash, .events, .gpu]' "$WORK/$of.json" >"$WORK/$of.sums"
    done
    cmp -s "$WORK/$1.all" "$WORK/$2.all" || fail "$3: other leases or jobs: $(diff "$WORK/$1.all" "$WORK/$2.all" | head -4)"
    cmp -s "$WORK/$1.sums" "$WORK/$2.sums" || fail "$3: $(cat "$WORK/$1.sums" "$WORK/$2.sums")"
}

# --- who waits, and what becomes of jobs; alike wherever it runs ---
roster "$(four)"
lab inproc a
python3 "$JUDGE" --story "$WORK/a.cat" >"$WORK/a.story"
grep -q '^0 host:request acquire submit done:0 .*done:0$' "$WORK/a.story" || fail "the first: $(cat "$WORK/a.story")"
[ "$(grep -o 'done:0' "$WORK/a.story" | wc -l)" -ge 24 ] || fail "too few jobs: $(cat "$WORK/a.story")"
# The second has its lease at the end of the first one's, not sooner.
python3 - "$WORK/a.cat" <<'EOF' || fail "the second did not wait for the first: $(cat "$WORK/a.story")"
import json, sys
seen = [e for e in map(json.loads, open(sys.argv[1])) if e["type"] in ("gpu", "job_request")]
asked = [int(e["t"]) for e in seen if e["type"] == "gpu" and e["kind"] == "request"]
begun = [int(e["t"]) for e in seen if e["type"] == "job_request" and e["slot"] == 1 and e["kind"] == "submit"]
assert len(asked) == 4 and len(begun) == 6 and begun[0] - asked[0] == 10**10, (asked, begun)
EOF
python3 "$JUDGE" --rules "$WORK/a.cat" 5000000 >"$WORK/rules" || fail "the rules: $(cat "$WORK/rules")"
jq -e '.gpu | .profile == "s2_four_8gb" and .cards == 4 and .queued == 1 and .granted == 4 and .jobs > 30 and .chunks > .jobs' \
    "$WORK/a.json" >/dev/null || fail "the report: $(jq -c .gpu "$WORK/a.json")"
COLUMNS=1000 "$AGON" backtest --roster "$WORK/conf/lab.yaml" --plugins "$PLUGINS" --for 10s 2>/dev/null | grep -q '4 cards of s2_four_8gb .*all there and cool' ||
    fail "the report does not say which cards there are"
lab process b
alike a b "the runners differ"
lab inproc c &
one_pid=$!
lab process d &
wait "$one_pid" || exit 1
wait $! || exit 1
alike a c "a run beside another"
alike a d "a run beside another, of processes"

# --- research has its part of a card's time, of an idle one too; a chunk takes a fourth of the delay ---
roster "$(one alone analysis 30% 2 'jobs: 1000000, calls: 4')"
lab inproc p
python3 "$JUDGE" --part "$WORK/p.cat" 1250000 >"$WORK/part" || fail "research alone: $(cat "$WORK/part")"

# --- one that dies gives its lease back, and whoever waited has it ---
roster "$(one first analysis 30% 2 'jobs: 3, deed: dies')
$(one second analysis 30% 3 'jobs: 4, deed: keeps')"
CODE=1 # a plugin failed
lab process x
python3 "$JUDGE" --story "$WORK/x.cat" >"$WORK/x.story"
grep -q '^0 host:request+release acquire submit ' "$WORK/x.story" || fail "a dead agent keeps its lease: $(cat "$WORK/x.story")"
grep -q '^1 host:request acquire submit done:0 .*done:0$' "$WORK/x.story" || fail "nobody has its lease: $(cat "$WORK/x.story")"

# --- one whose lease has ended and who wants it again is asked for again, once each time ---
roster "$(one only analysis 30% 2 'jobs: 3, deed: again' ', deadline: 10s')"
CODE=0
lab inproc y
python3 "$JUDGE" --story "$WORK/y.cat" >"$WORK/y.story"
three='acquire submit done:0 submit done:0 submit done:0'
grep -q "^0 host:request+request+request+request+request\(+request\)* $three $three $three $three $three" "$WORK/y.story" ||
    fail "a lease that is wanted again: $(cat "$WORK/y.story")"
[ "$(grep -o request "$WORK/y.story" | wc -l)" -le 7 ] || fail "it was asked for too often: $(cat "$WORK/y.story")"

# --- the same agents live ---
PLUGINS=$WORK/certified
mkdir "$PLUGINS"
cp "$BUILT_PLUGINS/leaser.so" "$PLUGINS"
certify "$PLUGINS/leaser.so"
start_sim --seed 3
MODE=paper live_files "$(four | sed 's/plugin:/stage: live, plugin:/')"
sed -i 's/^agents:/gpu: {profile: s2_four_8gb, device: cpu, delay: 5ms}\nagents:/' "$WORK/conf/roster.yaml"
told() { # all of them had all their jobs
    "$AGON" journal cat "$WORK/run/journal" --live --json >"$WORK/live.cat" 2>/dev/null &&
        [ "$(grep '"type":"job_request"' "$WORK/live.cat" | grep '"slot":1[,}]' | grep -c '"kind":"submit"')" -ge 6 ] &&
        [ "$(grep '"type":"job_request"' "$WORK/live.cat" | grep -c '"kind":"release"')" -ge 2 ]
}
# A card is the processor here: where nobody gets one for 200 ms the allocator takes a chunk for hung, and says so.
for try in 1 2 3 4 5; do
    rm -rf "$WORK/run"
    : >"$WORK/host.err"
    start_host
    until_true "$HOST_PID" "all jobs" told
    kill -TERM "$HOST_PID"
    ended "$HOST_PID" 0 "the host"
    "$AGON" journal cat "$WORK/run/journal" --json >"$WORK/live.cat" || fail "journal cat"
    # Its end gives leases back.
    python3 "$JUDGE" --story "$WORK/live.cat" | sed 's/request+release/request/' >"$WORK/live.story"
    cmp -s "$WORK/a.story" "$WORK/live.story" && break
    [ "$try" -lt 5 ] && grep -q '"key":"worker_again"' "$WORK/host.err" ||
        fail "live it is another story: $(diff "$WORK/a.story" "$WORK/live.story")"
done
"$AGON" replay "$WORK/run/journal" --verify >"$WORK/out" 2>&1 || fail "the journal does not replay: $(cat "$WORK/out")"
echo "leases and jobs: alike in both runners, side by side and live; $(cut -d' ' -f1 "$WORK/rules") chunks, $(cut -d' ' -f2 "$WORK/rules") outcomes behind their delay; research alone has $(cat "$WORK/part") of a card"
