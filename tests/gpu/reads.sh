#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# reads.sh OWN AGON_GPU DRIVER NVRTC: own.c's reads of what is another's would find it. The driver is a library of the tests whose card is one
# for all its processes (tests/support/cuda/emulated.c): where it keeps them apart all of it holds; where it does not, each read finds
# what was written, and nothing else fails. What is never written is a failure too. Bugs of the worker that they find are planted in tests/unit/card/mutants.
set -u
own=$1 gpu=$2
export AGON_CUDA_DRIVER="$3" AGON_NVRTC="$4"
failed=0

# expect WORDS STATUS [WHAT]...: own of a driver with these words ends so, and these alone do not hold.
expect() {
    export CUDA_EMULATED="$1"
    status=$2
    shift 2
    said=$("$own" "$gpu" 2>&1)
    code=$?
    differ=$(echo "$said" | sed -n 's/^DIFFER \([^:]*\).*/\1/p')
    if [ $code != "$status" ] || [ "$differ" != "$(printf '%s\n' "$@")" ]; then
        failed=1
        echo "FAIL: $CUDA_EMULATED: exit code $code, does not hold: $(echo "$differ" | paste -s -d ';')"
        echo "$said"
    fi
    echo "$CUDA_EMULATED: $(echo "$said" | grep -c ' read of \| nothing of it') reads; what does not hold: $#"
}

expect 'CARD=protected' 0
expect 'CARD=reaches' 1 'a read of what another process has' 'a read of what a killed process had'
expect 'CARD=keeps' 1 "the next process' kernels have nothing of it"
# A lease that there is no room for.
expect 'CARD=protected;FAILS=cuMemAlloc_v2:2' 1 'a lease is written' 'the end of a lease' 'a read of a lease that has ended' \
    'five eighths of the card are written' 'a read of what a killed process had' 'five eighths of the card have nothing of it'
exit $failed
