#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# gpu: `agon gpu plan` prints the requirements' numbers out of the program's profiles and a user's files, and refuses what
# cannot be with its place.
agon=$AGON_BUILD_ROOT/agon
n_failed=0
fail() { echo "FAIL: $*"; n_failed=$((n_failed + 1)); }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

has() { # TEXT ARGUMENT...
    local text=$1 out
    shift
    out=$("$agon" gpu plan "$@" 2>&1) || fail "gpu plan $*: ended with $?"
    grep -qE -- "$text" <<<"$out" || fail "gpu plan $*: no '$text' in: $out"
}
refuses() { # TEXT ARGUMENT...
    local text=$1 out rc
    shift
    out=$("$agon" gpu plan "$@" 2>&1 >"$work/out")
    rc=$?
    [ $rc = 3 ] || fail "gpu plan $*: ended with $rc, not 3"
    [ ! -s "$work/out" ] || fail "gpu plan $*: a plan beside a refusal"
    [[ $out == *"$text"* ]] || fail "gpu plan $*: no '$text' in: $out"
}
has 'trading_models +inference +65GiB'
has 'normal +inference 60.0 %, training and research at most 40.0 %'
has 'llm_analysis +inference +32.5 %' --profile s0_llm_ml --shares s0_cores
has 'old_3: 8GiB, reserve 512MiB, training none, little fp64' --profile s2_four_8gb
has '"share_ppm": 150000' --shares full --json
"$agon" gpu plan --json --profile s0_llm_ml --shares s0_cores | python3 -c '
import json, sys
plan = json.load(sys.stdin)
for card in plan["cards"]:
    assert sum(b["bytes"] for b in card["budgets"]) + card["reserve_bytes"] == card["bytes"] == 96 << 30, card
assert sum(len(card["groups"]) for card in plan["cards"]) == 11
' || fail 'the JSON of s0_llm_ml'
for file in "$AGON_SOURCE_ROOT"/configs/gpu/*.yaml; do has '^card 0 ' --profile "$file"; done
for file in "$AGON_SOURCE_ROOT"/configs/gpu/shares/*.yaml; do has '^split normal' --shares "$file"; done
out=$("$agon" config check "$AGON_SOURCE_ROOT/configs/gpu" 2>&1) || fail "config check configs/gpu: $out"
[[ $out == *"s3_t4.yaml: gpu, well"* ]] || fail "config check: $out"
out=$("$agon" config check "$AGON_SOURCE_ROOT/configs/gpu/shares" 2>&1) || fail "config check configs/gpu/shares: $out"
[[ $out == *"full.yaml: gpu-shares, well"* ]] || fail "config check: $out"
printf 'cards:\n  - name: small\n    memory: 8GiB\n    budgets:\n      - {name: a, class: inference, memory: 9GiB}\n' >"$work/over.yaml"
refuses "over.yaml:3:" --profile "$work/over.yaml"
refuses "card 'small' has 8GiB, and its budgets are 9GiB" --profile "$work/over.yaml"
refuses 'expected a file, or one of s0_llm_ml, s1_inference_training' --profile s9
refuses "expected 0 to 0, or other budgets" --profile s3_t4 --shares s0_cores
refuses 'No such file' --profile "$work/none.yaml"
"$agon" gpu show 2>&1 | grep -q "expected 'plan'" || fail 'gpu show'
[ "$n_failed" = 0 ]
