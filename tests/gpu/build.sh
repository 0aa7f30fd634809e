#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# build.sh OUT: the parity and bench programs for a card, agon-gpu and its test, with a C compiler and nvcc alone, so that they can be built where
# there is a card and little else. ARCHS: compute capabilities (75 80 86 90 100 120, and PTX of the last); CC, NVCC: others.
set -eu
out=${1:?where to: build.sh OUT}
mkdir -p "$out"
out=$(cd "$out" && pwd)
cd "$(dirname "$0")/../.."
CC=${CC:-cc}
NVCC=${NVCC:-nvcc}
archs=${ARCHS:-75 80 86 90 100 120}
flags="-std=c17 -O3 -g -D_GNU_SOURCE -Ihost -Isdk/include -ffp-contract=off -fno-math-errno -fno-trapping-math"

gencode=
for arch in $archs; do
    gencode="$gencode -gencode arch=compute_$arch,code=sm_$arch"
    last=$arch
done
gencode="$gencode -gencode arch=compute_$last,code=compute_$last"

# build_isa BITS ISA: the processor's kernels for one kind of registers.
build_isa() {
    case $2 in
    plain) registers= ;;
    avx2) registers='-DISA_AVX2 -mavx2 -mfma' ;;
    avx512) registers='-DISA_AVX512 -mavx512f -mavx512dq -mavx512vl -mavx512bw -mfma -mprefer-vector-width=512' ;;
    esac
    for part in lanes rows window gemm; do
        # shellcheck disable=SC2086 # lists of options
        $CC $flags $registers -DREAL_BITS="$1" -c host/kernels/isa_$part.c -o "$out/isa_$part-$2-$1.o"
    done
}

# build_image BITS: the card's.
build_image() {
    # shellcheck disable=SC2086
    $NVCC --fatbin --fmad=false -DREAL_BITS="$1" -Ihost -Isdk/include $gencode \
        -o "$out/kernels-$1.fatbin" host/kernels/cuda/kernels.cu
}

isas=plain
[ "$(uname -m)" != x86_64 ] || isas='plain avx2 avx512'
jobs=
for bits in 32 64; do
    build_image $bits &
    jobs="$jobs $!"
    for isa in $isas; do
        build_isa $bits $isa &
        jobs="$jobs $!"
    done
done
for job in $jobs; do
    wait "$job"
done

for bits in 32 64; do
    for program in parity bench; do
        # shellcheck disable=SC2086
        $CC $flags -DREAL_BITS=$bits "-DIMAGE=\"$out/kernels-$bits.fatbin\"" -o "$out/$program-$bits" \
            tests/gpu/$program.c tests/gpu/image.c tests/support/kernels/cases.c tests/support/nn/small_model.c \
            host/nn/adam.c host/nn/dense.c host/nn/lstm.c host/kernels/cpu.c host/kernels/team.c host/kernels/cuda/cuda.c host/base/error.c \
            "$out"/isa_*-$bits.o -lm -lpthread -ldl
    done
done

# The worker: of either type what computes, of neither the rest.
objects=
# object NAME FLAG... FILE
object() {
    name=$1
    shift
    # shellcheck disable=SC2086
    $CC $flags -c -o "$out/$name.o" "$@"
    objects="$objects $out/$name.o"
}
for bits in 32 64; do
    for file in card/check kernels/cpu kernels/cuda/cuda; do
        object "gpu-$(basename $file)-$bits" -DREAL_BITS=$bits host/$file.c
    done
    object gpu-typed-$bits -DREAL_BITS=$bits "-DCARD_IMAGE=\"$out/kernels-$bits.fatbin\"" host/card/typed.c
done
object gpu-source -DREAL_BITS=32 "-DKERNEL_SOURCES=\"$PWD/host/kernels\"" host/card/source.c
for file in card/gpu_main card/serve card/fence card/nvrtc card/own card/script card/scripted card/sensor card/session kernels/team base/error; do
    object "gpu-$(basename $file)" -DREAL_BITS=32 host/$file.c
done
# shellcheck disable=SC2086
$CC -o "$out/agon-gpu" $objects "$out"/isa_*.o -lm -lpthread -ldl
for bits in 32 64; do
    # shellcheck disable=SC2086
    $CC $flags -DREAL_BITS=$bits -o "$out/worker-$bits" tests/gpu/worker.c tests/support/card/remote.c tests/support/kernels/cases.c \
        host/card/environment.c host/card/worker.c host/card/worker_queue.c host/kernels/cpu.c host/kernels/team.c host/base/error.c host/base/num.c host/sys/clock.c host/sys/machine.c \
        host/sys/memfd.c host/sys/memory.c host/sys/proc.c "$out"/isa_*-$bits.o -lm -lpthread
done
# shellcheck disable=SC2086
$CC $flags -DREAL_BITS=32 -o "$out/own" tests/gpu/own.c tests/support/card/remote.c host/card/environment.c host/card/worker.c host/card/worker_queue.c host/base/error.c \
    host/base/num.c host/sys/clock.c host/sys/machine.c host/sys/memfd.c host/sys/memory.c host/sys/proc.c -lm -lpthread
echo "built: $out/parity-32 parity-64 bench-32 bench-64 agon-gpu worker-32 worker-64 own"
