// SPDX-License-Identifier: Apache-2.0
/* isa: the registers that one build of the processor's kernels uses.
 *
 * The bodies (isa_*.c) are compiled for each type and each of these: plain C, AVX2 with FMA, and
 * AVX-512. cpu.c takes the best that the processor has. A vec is a register; no result depends on
 * how many elements it holds. */
#ifndef KERNELS_ISA_H
#define KERNELS_ISA_H

#include <stddef.h>

#include "kernels/args.h"

#if defined(ISA_AVX512) || defined(ISA_AVX2)
#include <immintrin.h>
#endif

#define ISA_PASTE_(name, isa) name##_##isa
#define ISA_PASTE(name, isa)  ISA_PASTE_(name, isa)
#define ISA_INLINE            static inline __attribute__((always_inline))
#if defined(__clang__)
#define ISA_UNROLL _Pragma("unroll")
#else
#define ISA_UNROLL _Pragma("GCC unroll 16")
#endif
/* Before a loop each of whose steps reads and writes places of its own, in however many arrays. */
#if defined(__clang__)
#define ISA_EACH _Pragma("clang loop vectorize(assume_safety)")
#else
#define ISA_EACH _Pragma("GCC ivdep")
#endif

#if defined(ISA_AVX512)
#define ISA(name)     ISA_PASTE(TYPED(name), avx512)
#define ISA_REGISTERS 4 /* of a row of gemm's tile */
#if REAL_BITS == 32
typedef __m512 vec;
#define VEC(name) _mm512_##name##_ps
#else
typedef __m512d vec;
#define VEC(name) _mm512_##name##_pd
#endif
#elif defined(ISA_AVX2)
#define ISA(name)     ISA_PASTE(TYPED(name), avx2)
#define ISA_REGISTERS 2
#if REAL_BITS == 32
typedef __m256 vec;
#define VEC(name) _mm256_##name##_ps
#else
typedef __m256d vec;
#define VEC(name) _mm256_##name##_pd
#endif
#else
#define ISA(name)     ISA_PASTE(TYPED(name), plain)
#define ISA_REGISTERS 4
#endif

#if defined(VEC)
#define VEC_REALS (sizeof(vec) / sizeof(real))
ISA_INLINE vec vec_load(const real *at)
{
    return VEC(loadu)(at);
}
ISA_INLINE void vec_store(real *at, vec a)
{
    VEC(storeu)(at, a);
}
ISA_INLINE vec vec_all(real a)
{
    return VEC(set1)(a);
}
ISA_INLINE vec vec_fma(vec a, vec b, vec c)
{
    return VEC(fmadd)(a, b, c);
}
ISA_INLINE vec vec_add(vec a, vec b)
{
    return VEC(add)(a, b);
}
ISA_INLINE vec vec_sub(vec a, vec b)
{
    return VEC(sub)(a, b);
}
ISA_INLINE vec vec_mul(vec a, vec b)
{
    return VEC(mul)(a, b);
}
ISA_INLINE vec vec_max(vec a, vec b) /* a > b ? a : b */
{
    return VEC(max)(a, b);
}
ISA_INLINE vec vec_min(vec a, vec b) /* a < b ? a : b */
{
    return VEC(min)(a, b);
}
#else
typedef real vec;
#define VEC_REALS 1
ISA_INLINE vec vec_load(const real *at)
{
    return *at;
}
ISA_INLINE void vec_store(real *at, vec a)
{
    *at = a;
}
ISA_INLINE vec vec_all(real a)
{
    return a;
}
ISA_INLINE vec vec_fma(vec a, vec b, vec c)
{
    return REAL_BITS == 32 ? (real)__builtin_fmaf((float)a, (float)b, (float)c)
                           : (real)__builtin_fma(a, b, c);
}
ISA_INLINE vec vec_add(vec a, vec b)
{
    return a + b;
}
ISA_INLINE vec vec_sub(vec a, vec b)
{
    return a - b;
}
ISA_INLINE vec vec_mul(vec a, vec b)
{
    return a * b;
}
ISA_INLINE vec vec_max(vec a, vec b)
{
    return a > b ? a : b;
}
ISA_INLINE vec vec_min(vec a, vec b)
{
    return a < b ? a : b;
}
#endif

/* A kernel's items are its independent parts: elements, rows, blocks of columns, tiles. Whoever
 * computes [from, to) of them, and in which order, changes nothing. */
#define ISA_COLUMNS 64u   /* of an item that is a block of columns */
#define ISA_STRETCH 1024u /* of an item that is a stretch of a series */
#define ISA_SIDE    32u   /* of an item that is paths, or sets of parameters, side by side */
#define ISA_TILE_M  384u  /* of an item that is a tile of gemm's output */
#define ISA_TILE_N  256u
#define ISA_SCRATCH ((size_t)ISA_TILE_N * 256) /* reals that a thread lends to gemm */

#define ISA_BODY(name, type)                                                                       \
    void ISA(isa_##name)(const struct type##_args *args, uint32_t from, uint32_t to, real *scratch);
KERNELS(ISA_BODY)

#endif
