#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# budget: the stages of .ci/run have minutes, and these are at most 45 together.
. "$(dirname "$0")/common.sh"

sum=$(awk '!/^#/ && NF { s += $2 } END { print s + 0 }' .ci/budget)
awk "BEGIN { exit !($sum <= 45 && $sum > 0) }" || fault ".ci/budget: $sum minutes, at most 45"
budget=$'\n'$(<.ci/budget)
run=$'\n'$(<.ci/run)
while read -r stage; do
    [[ $budget == *$'\n'"$stage "* ]] || fault ".ci/budget: no minutes for the stage $stage"
done < <(sed -n 's/^stage_\([a-z]*\)().*/\1/p' .ci/run)
while read -r stage _; do
    [[ $run == *$'\n'"stage_$stage()"* ]] || fault ".ci/budget: $stage is not a stage of .ci/run"
done < <(grep -v '^#' .ci/budget)
tests=$(grep -o '"name": "[^"]*"' "$build/meson-info/intro-tests.json")
while read -r name _; do
    suite=${name%%/*}
    [ "$name" != "$suite" ] || fault "tests/skips.allowed: $name is not suite/name"
    # Those of kernels that nvcc compiles are there where it is.
    [[ $tests == *"\"name\": \"${name#*/}\""* ]] || { [[ $name == gpu/gpu_parity_* ]] && ! command -v nvcc >/dev/null; } || fault "tests/skips.allowed: there is no test $name"
done < <(grep -vE '^(#|$)' tests/skips.allowed)
finish
