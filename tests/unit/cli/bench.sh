#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# bench: every benchmark runs in its short form, its checks of results hold, and its JSON is JSON. No
# time is judged: whether a goal is met is entered, and not asked for.
set -u
agon=$AGON_BUILD_ROOT/agon
out=$(mktemp)
trap 'rm -f "$out"' EXIT
n_failed=0
fail() { echo "FAIL: $*"; n_failed=$((n_failed + 1)); }

"$agon" bench all --quick --json >"$out" || { cat "$out"; fail "agon bench all --quick ends with $?"; }
jq -e '.failed == 0 and ([.rows[] | select(.check != null)] | length) > 20
    and all(.rows[] | select(.check != null); .ok)
    and all(.rows[] | select(.ratio != null); .ratio > 0 and .product.ns > 0 and .yardstick.ns > 0)
    and ([.rows[] | select(.ratio != null) | .name] | length == (unique | length))' "$out" >/dev/null ||
    fail "not what it promises: $(cat "$out")"
for name in $("$agon" bench list | cut -d' ' -f1); do
    jq -e --arg name "$name" 'any(.rows[]; .name != null and (.name | startswith($name)))' "$out" \
        >/dev/null || fail "$name is in the list and reports nothing"
done
# What a model takes in the live path is entered as the other figures are: figures.py --add in a tree of its own.
scratch=$(mktemp -d)
trap 'rm -rf "$out" "$scratch"' EXIT
mkdir -p "$scratch/docs/results"
cp "$AGON_SOURCE_ROOT/docs/results/bench.csv" "$scratch/docs/results" && cp "$AGON_SOURCE_ROOT/docs/performance.md" "$scratch/docs"
git init -q "$scratch" && git -C "$scratch" -c user.name=t -c user.email=t@t commit -q --allow-empty -m one || fail 'no tree'
figures() { AGON_SOURCE_ROOT=$scratch python3 "$AGON_SOURCE_ROOT/tests/lint/figures.py" "$@"; }
jq '.quick = false | .rows |= map(select(.name != null and (.name | startswith("infer."))))' "$out" >"$scratch/infer.json"
figures --add HEAD "$scratch/infer.json" >"$scratch/said" 2>&1 && figures --write && figures || fail "figures.py --add: $(cat "$scratch/said")"
for name in lstm lstm.window tcn trees; do
    for of in p50 p99; do
        tail -n 8 "$scratch/docs/results/bench.csv" | grep -q "^infer\.$name\.$of,event,wall,[1-9][0-9]*\.[0-9]*,[1-9][0-9]*\.[0-9]*,.*under 100 ms,\(met\|missed\)," ||
            fail "infer.$name.$of is not among the figures"
        grep -q "^| .infer\.$name\.$of., event | [0-9,]* | [0-9,]* |" "$scratch/docs/performance.md" || fail "infer.$name.$of is not on the page"
    done
done
jq '.rows |= map(select(.name == "infer.none.p50"))' "$scratch/infer.json" >"$scratch/none.json"
figures --add HEAD "$scratch/none.json" >"$scratch/said" 2>&1 && fail 'a run without a yardstick is entered as nothing'
"$agon" bench backtest --file --quick --json >"$out" || { cat "$out"; fail "agon bench backtest --file ends with $?"; }
jq -e '.failed == 0
    and ([.rows[] | select(.check != null)] | length == 2 and all(.ok))
    and all(.rows[] | select(.name != null and (.name | endswith(".steps"))); .value > 1)
    and any(.rows[]; .name == "backtest.file.bars.ratio" and .value > 0)
    and any(.rows[]; .name == "backtest.file.trades.journal" and .value > 0)' "$out" >/dev/null ||
    fail "the whole command over files: $(cat "$out")"
# A peer's program in turns: what it did is checked, and one that left rows out, or has other orders, is no peer. As many
# orders as the command has: the crossings of the averages of the last 10 and 30 closes.
peer=$scratch/peer
cat >"$peer" <<'END'
#!/bin/sh
[ "$1 $3 $4" = "bars 10 30" ] || exit 2
awk -F, 'NR > 1 { c[n++] = int($5 * 100 + 0.5); fast += c[n - 1]; slow += c[n - 1]
    if (n > 10) fast -= c[n - 11]
    if (n > 30) slow -= c[n - 31]
    if (n < 30) next
    ahead = fast * 30 - slow * 10
    is = ahead > 0 ? 1 : ahead < 0 ? -1 : was
    if (was != 0 && is != was) { long = is > 0; orders += long != held; held = long }
    was = is }
    END { print "rows " n " orders " orders }' "$2"
END
chmod +x "$peer"
"$agon" bench backtest --file --quick --n 20000 --vs "stub=$peer" --json >"$out" || fail "a peer's program: $(cat "$out")"
jq -e '.failed == 0 and any(.rows[]; .name == "backtest.file.bars.stub" and .value > 0) and any(.rows[]; .name == "backtest.file.bars.over" and .value > 0)' "$out" >/dev/null ||
    fail "a peer's program has no figure: $(cat "$out")"
for wrong in 's/"rows " n/"rows " n - 1/' 's/" orders " orders/" orders " orders + 1/'; do
    sed "$wrong" "$peer" >"$peer.wrong" && chmod +x "$peer.wrong"
    "$agon" bench backtest --file --quick --n 20000 --vs "stub=$peer.wrong" --json >"$out"
    [ $? = 1 ] && jq -e '.failed == 1' "$out" >/dev/null || fail "a peer with $wrong: $(cat "$out")"
done
for wrong in stub "=$peer" "stub=$scratch/none" "stub=/bin/false"; do
    "$agon" bench backtest --file --quick --n 20000 --vs "$wrong" >"$out" 2>&1
    [ $? = 6 ] || fail "--vs $wrong: $(cat "$out")"
done
"$agon" bench live --tls --quick --json >"$out" || { cat "$out"; fail "agon bench live --tls ends with $?"; }
jq -e '.failed == 0 and ([.rows[] | select(.check != null)] | length == 3 and all(.ok))
    and any(.rows[]; .name == "live.tls.ratio" and .value > 0)' "$out" >/dev/null ||
    fail "from a tick to its order over TLS: $(cat "$out")"
"$agon" bench rink >"$out" 2>&1
[ $? = 2 ] || fail 'an unknown benchmark is a mistake in the command line'
grep -q 'did you mean ring?' "$out" || fail 'no suggestion'
[ "$n_failed" = 0 ]
