#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# model: docs/writing-a-model.md as an author follows it: its code, of fewer than 80 lines, builds in the folder that `agon new` writes,
# without a warning, is valid, learns, and publishes in a backtest what it may; the refusals that the page shows come with these words.
# usage: model.sh AGON
set -eu
agon=$(realpath "$1")
root=${AGON_SOURCE_ROOT:-$(cd "$(dirname "$0")/../.." && pwd)}
page=$root/docs/writing-a-model.md
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkdir "$dir/bin" "$dir/work"
ln -s "$agon" "$dir/bin/agon"
export SOURCE=$root PATH=$dir/bin:$PATH
cd "$dir/work"

# The page's commands, with what stands above a block as "before", in their order.
awk '/^<!-- before: .* -->$/ { sub(/^<!-- before: /, ""); sub(/ -->$/, ""); print } /^```sh$/ { on = 1; next } /^```$/ { on = 0 } on' "$page" |
    sed 's/^meson setup /&-Dwerror=true /' >"$dir/commands"
bash -eu "$dir/commands" >"$dir/out" 2>&1 || { cat "$dir/out"; exit 1; }

lines=$(wc -l <trend/trend.c)
[ "$lines" -gt 20 ] && [ "$lines" -lt 80 ] || { echo "the model of the page has $lines lines; expected fewer than 80"; exit 1; }
agon journal cat journal --type signal --json >signals
jq -es 'length > 500 and all(.[]; (.p_up >= 0.6 or .p_down >= 0.6) and .instrument == 1) and (map(.text) | unique | length == 1)' signals >/dev/null ||
    { echo "not the signals that the page promises: $(wc -l <signals), the last $(tail -n 1 signals)"; exit 1; }
[ "$(tail -n 1 signals | jq -r .text)" = "model $(sha256sum trend.json | cut -c1-8)" ] || { echo "a signal does not name its weights"; exit 1; }

refused() { # WORDS FEATURES WEIGHTS
    if agon backtest trend/build/trend.so --data BTCUSDT.csv --file "weights=$3" "features=$2" >"$dir/out" 2>&1; then echo "taken: $1"; exit 1; fi
    grep -qF -- "$1" "$dir/out" || { echo "not \"$1\": $(cat "$dir/out")"; exit 1; }
}
printf 'return.1\nrange.1\nretrun.5\n' >wrong
refused 'files.features: line 3: "retrun.5" is not in the catalogue; ' wrong trend.json
seq -f 'return.%g' 1 129 >long
refused 'files.features: line 129: "return.129" is one of 129 features; expected at most 128: leave 1 out, ' long trend.json
sed 's/rsi.7/rsi.8/' features.txt >other
refused 'files.weights: its input 3 is rsi.7, and rsi.8 is given there' other trend.json
# Every refusal that the page shows stands in the code that says it.
awk -F '`' '/^\| `files/ { print $2 }' "$page" >shown
[ "$(wc -l <shown)" = 5 ] || { echo "the page shows $(wc -l <shown) refusals; expected 5"; exit 1; }
