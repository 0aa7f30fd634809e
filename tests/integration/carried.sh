#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What is carried to a machine with a card (tests/gpu/build.sh: agon-gpu, parity, worker, own and the benches) builds from a copy of the
# sources by a C compiler and nvcc alone, for one architecture. Each program starts: without a driver it says so with 77, of wrong arguments
# it says where to read. Where the driver is a library of the tests parity, worker and own run to their end; a bench's figures would be of
# nothing there. Without nvcc an empty file stands in for the card's code, so that all this is of the part in C, and the rest is skipped.
. "$(dirname "$0")/common.sh"
LIB_32=$(realpath "$3") LIB_64=$(realpath "$4") LIB_NVRTC=$(realpath "$5") || fail "no libraries that stand in for the driver"
# What is carried has no sanitizer, and a library that has one cannot be loaded by it.
ldd "$LIB_32" | grep -q 'lib[at]san' && { echo "skipped: the libraries that stand in for the driver have a sanitizer"; exit 77; }
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
# ends STATUS WORDS PROGRAM [ARGUMENT...]: it ends so, and says that.
ends() {
    wanted=$1 words=$2
    shift 2
    (cd "$WORK/out" && "$@") >"$WORK/said" 2>&1
    code=$?
    [ $code = "$wanted" ] && grep -q -- "$words" "$WORK/said" || fail "$* ends with $code, not $wanted with \"$words\": $(tail -n 20 "$WORK/said")"
}
export AGON_CUDA_DRIVER="$WORK/none.so"
for bits in 32 64; do
    ends 77 'parity: no CUDA driver: .*none.so' ./parity-$bits
    ends 77 'bench: no CUDA driver: .*none.so' ./bench-$bits
    ends 77 'worker: no CUDA driver: .*none.so' ./worker-$bits ./agon-gpu
    ends 2 'parity: what is --none? See its head' ./parity-$bits --none
    ends 2 'worker: see its head' ./worker-$bits
done
ends 77 'own: no CUDA driver: .*none.so' ./own ./agon-gpu
ends 2 'own: see its head' ./own
ends 5 'agon-gpu: a worker that agon starts, and nobody else' ./agon-gpu
ends 2 'worker: .*none' ./worker-32 ./none
export AGON_NVRTC="$LIB_NVRTC"
for bits in 32 64; do
    [ $bits = 32 ] && AGON_CUDA_DRIVER=$LIB_32 || AGON_CUDA_DRIVER=$LIB_64
    ends 0 'PARITY HOLDS' ./parity-$bits --small
    ends 0 'THE WORKER HOLDS' ./worker-$bits ./agon-gpu
done
AGON_CUDA_DRIVER=$LIB_32
export CUDA_EMULATED=CARD=protected
ends 0 'OWN KERNELS HOLD' ./own ./agon-gpu
[ $has_nvcc = 1 ] || { echo "skipped: needs nvcc; the part in C is built alone, in $took s"; exit 77; }
echo "built alone for one architecture in $took s; each program starts, and holds where a library stands in for the driver"
