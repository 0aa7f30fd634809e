#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# recordings.sh AGON: models of this size on recordings of real markets, and what they are on rows held out, beside the best constant
# guess, as it comes: no figure is required. docs/models.md has them with their date. Without ../shared there is nothing to learn from.
#
#     ./agon soak recordings
set -u
AGON=$1
DATA=$AGON_SOURCE_ROOT/../shared/data/ohlcv
[ -d "$DATA" ] || { echo "skipped: needs the recordings of ../shared/data"; exit 77; }
WORK=$(mktemp -d "${TMPDIR:-/tmp}/agon-test-XXXXXX") || exit 1
trap 'rm -rf "$WORK"' EXIT
FEATURES="return.1 range.1 place.1 volatility.20 profile_gap.60.24"
failed=0
made() { # NAME FILE AHEAD OPTION...
    name=$1 file=$2 ahead=$3
    shift 3
    "$AGON" features make "$file" --ahead "$ahead" --parts 70/15/15 --embargo 60 --out "$WORK/$name.csv" "$@" >"$WORK/out" 2>&1 || { cat "$WORK/out"; exit 1; }
}
judged() { # NAME KIND SETTINGS AHEAD [WORD]
    "$AGON" train "$2" --data "$WORK/$1.csv" --gap "$4" --config "$3" --out "$WORK/$1.$2" --quiet --threads 2 --json >"$WORK/json" 2>"$WORK/err" || { cat "$WORK/err"; failed=1; return; }
    jq -e '.strong == []' "$WORK/json" >"$WORK/strong" || { echo "$1: columns that know more than a market gives: $(jq -c .strong "$WORK/json")"; failed=1; }
    jq -r --arg name "$1" --arg word "${5-}" '"\($name) \(.kind)\($word) (\(.goal)): right \(.right * 10000 | round / 100) % of \(.rows_held_out) rows (95 %: \(.right_low * 10000 | round / 100) to \(.right_high * 10000 | round / 100)), the constant \(.right_of_constant * 10000 | round / 100) %, of those learnt from \(.right_seen * 10000 | round / 100) %: \(if .is_better then "better than the constant" else "no edge is shown" end); \(.rows) rows, \(.features) features, \(.seconds | round) s"' "$WORK/json"
}
settings() { # HIDDEN LAYERS FLAT WINDOW [LINE...]
    printf 'goal: direction\nhidden: %s\nlayers: %s\nflat_bps: %s\nwindow: %s\nbatch: 64\nbatches: 60\nepochs: 8\npatience: 3\ndropout: 20%%\nrate: 0.002\nrate_end: 0.0002\n' "$1" "$2" "$3" "$4"
    shift 4
    for line in "$@"; do echo "$line"; done
}
# One minute, a quarter of an hour ahead; one hour, four hours ahead.
for symbol in BTCUSDT ETHUSDT; do
    for of in "1m binance_um_${symbol}_1m_20250525-20250624.csv.gz 15 5" "1h binance_spot_${symbol}_1h_20220525-20250630.csv.gz 4 20"; do
        # shellcheck disable=SC2086
        set -- $of
        # shellcheck disable=SC2086
        made "$symbol-$1" "$symbol=$DATA/$2" "$3" --features $FEATURES
        made "$symbol-$1-many" "$symbol=$DATA/$2" "$3" --list "$AGON_SOURCE_ROOT/configs/features/minutes.txt" --label up
        settings 16 1 "$4" 32 'head: 16' >"$WORK/lstm.yaml"
        settings 16 3 "$4" 32 >"$WORK/tcn.yaml"
        judged "$symbol-$1" lstm "$WORK/lstm.yaml" "$3"
        settings 16 1 "$4" 32 'heads: 2' 'span: 32' 'feed: 32' >"$WORK/transformer.yaml"
        judged "$symbol-$1" tcn "$WORK/tcn.yaml" "$3"
        judged "$symbol-$1" transformer "$WORK/transformer.yaml" "$3"
        judged "$symbol-$1-many" trees "$AGON_SOURCE_ROOT/configs/train/boosted.yaml" "$3"
        judged "$symbol-$1-many" trees "$AGON_SOURCE_ROOT/configs/train/forest.yaml" "$3" ", a forest"
    done
done
# The price model of the requirements (MLA-01, MLA-03) at an eighth of its width: 5 inputs, 3 layers of 32, a head of 16.
settings 32 3 5 64 'head: 16' >"$WORK/price.yaml"
judged BTCUSDT-1m lstm "$WORK/price.yaml" 15
exit $failed
