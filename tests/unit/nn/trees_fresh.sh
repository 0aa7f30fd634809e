#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# trees_fresh.sh PROGRAM [SEED]: test_trees over models that the installed XGBoost makes now, of SEED (2026) and the two behind it.
set -u
make=$AGON_SOURCE_ROOT/tests/data/trees/make.py
work=$(mktemp -d "${TMPDIR:-/tmp}/agon-test-XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
python3=/usr/bin/python3 # of the distribution, which has its packages
for turn in 1 2 3; do
    seed=$((${2:-2026} + turn - 1))
    echo "seed $seed"
    "$python3" "$make" "$work" "$seed" 2>"$work/err"
    case $? in
    0) ;;
    77) echo "python3-xgboost is not installed: $(cat "$work/err")"; exit 77 ;;
    *) cat "$work/err"; exit 1 ;;
    esac
    "$1" "$work" || { echo "seed $seed"; exit 1; }
done
