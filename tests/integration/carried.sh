#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What is carried to a machine with a card (tests/gpu/build.sh: agon-gpu, the tests of parity and of the worker, the benches) builds from a
# copy of the sources by a C compiler and nvcc alone, for one architecture, and its programs start: without a card they say so. Without nvcc
# an empty file stands in for the card's code, so that the part in C is built, and the rest is skipped.
. "$(dirname "$0")/common.sh"
mkdir "$WORK/copy"
cp -R "$AGON_SOURCE_ROOT/host" "$AGON_SOURCE_ROOT/sdk" "$WORK/copy" && mkdir -p "$WORK/copy/tests" &&
    cp -R "$AGON_SOURCE_ROOT/tests/gpu" "$AGON_SOURCE_ROOT/tests/support" "$WORK/copy/tests" || fail "no copy"
NVCC=${NVCC:-nvcc}
has_nvcc=1
if ! command -v "$NVCC" >/dev/null; then
    has_nvcc=0
    printf '#!/bin/sh\nwhile [ "$1" != -o ]; do shift; done\n: >"$2"\n' >"$WORK/nvcc"
    chmod +x "$WORK/nvcc"
    NVCC=$WORK/nvcc
fi
begun=$(date +%s)
env -u CFLAGS -u LDFLAGS NVCC="$NVCC" ARCHS=90 sh "$WORK/copy/tests/gpu/build.sh" "$WORK/out" >"$WORK/said" 2>&1 || fail "it does not build: $(tail -n 20 "$WORK/said")"
took=$(($(date +%s) - begun))
for program in parity-32 parity-64 bench-32 bench-64 agon-gpu worker-32 worker-64 own; do
    [ -x "$WORK/out/$program" ] || fail "no $program: $(cat "$WORK/said")"
done
[ $has_nvcc = 0 ] || [ "$(wc -c <"$WORK/out/kernels-32.fatbin")" -gt 10000 ] || fail "no code of the card"
# A driver that is not there is said by each, with 77, and nothing crashes.
for program in parity-32 parity-64; do
    env -u LD_LIBRARY_PATH "$WORK/out/$program" >"$WORK/said" 2>&1
    code=$?
    [ $code = 77 ] || [ $code = 0 ] || fail "$program ends with $code: $(tail -n 5 "$WORK/said")"
done
[ $has_nvcc = 1 ] || { echo "skipped: needs nvcc; the part in C is built alone, in $took s"; exit 77; }
echo "built alone for one architecture in $took s"
