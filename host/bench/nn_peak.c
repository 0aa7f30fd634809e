// SPDX-License-Identifier: Apache-2.0
#include "bench/nn_peak.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define CHAINS 12 /* more than an fma's latency times how many begin at once */
#if defined(__clang__)
#define UNROLL _Pragma("unroll")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif

#if defined(__x86_64__)
/* The barriers keep a compiler from leaving out a step, or a load whose value nobody wants. */
#define PEAK(isa, features, vec, lanes, prefix)                                                    \
    __attribute__((target(features))) static float fma_##isa(uint64_t n)                           \
    {                                                                                              \
        vec acc[CHAINS];                                                                           \
        vec factor = prefix##_set1_ps(0.999f);                                                     \
        vec term = prefix##_set1_ps(0.001f);                                                       \
        float out[lanes];                                                                          \
                                                                                                   \
        UNROLL                                                                                     \
        for (int i = 0; i < CHAINS; i++)                                                           \
            acc[i] = prefix##_set1_ps((float)i);                                                   \
        for (uint64_t done = 0; done < n; done += (uint64_t)CHAINS * (lanes)) {                    \
            UNROLL                                                                                 \
            for (int i = 0; i < CHAINS; i++) {                                                     \
                acc[i] = prefix##_fmadd_ps(acc[i], factor, term);                                  \
                __asm__("" : "+v"(acc[i]));                                                        \
            }                                                                                      \
        }                                                                                          \
        UNROLL                                                                                     \
        for (int i = 1; i < CHAINS; i++)                                                           \
            acc[0] = prefix##_add_ps(acc[0], acc[i]);                                              \
        prefix##_storeu_ps(out, acc[0]);                                                           \
        return out[0];                                                                             \
    }                                                                                              \
    __attribute__((target(features))) static void read_##isa(const float *at, size_t n)            \
    {                                                                                              \
        for (size_t i = 0; i + 8 * (lanes) <= n; i += 8 * (lanes)) {                               \
            UNROLL                                                                                 \
            for (size_t part = 0; part < 8; part++) {                                              \
                vec value = prefix##_loadu_ps(at + i + part * (lanes));                            \
                                                                                                   \
                __asm__ volatile("" : : "v"(value));                                               \
            }                                                                                      \
        }                                                                                          \
    }
PEAK(avx2, "avx2,fma", __m256, 8, _mm256)
PEAK(avx512, "avx512f", __m512, 16, _mm512)
#endif

static float fma_plain(uint64_t n)
{
    float acc[CHAINS] = {0};

    for (uint64_t done = 0; done < n; done += CHAINS)
        for (int i = 0; i < CHAINS; i++)
            acc[i] = __builtin_fmaf(acc[i], 0.999f, 0.001f);
    return acc[0] + acc[CHAINS - 1];
}

static void read_plain(const float *at, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        float value = at[i];

        __asm__ volatile("" : : "r"(value));
    }
}

float nn_peak_fma(enum cpu_isa isa, uint64_t n)
{
#if defined(__x86_64__)
    if (isa == CPU_AVX512)
        return fma_avx512(n);
    if (isa == CPU_AVX2)
        return fma_avx2(n);
#endif
    (void)isa;
    return fma_plain(n);
}

void nn_peak_read(enum cpu_isa isa, const float *at, size_t n)
{
#if defined(__x86_64__)
    if (isa == CPU_AVX512) {
        read_avx512(at, n);
        return;
    }
    if (isa == CPU_AVX2) {
        read_avx2(at, n);
        return;
    }
#endif
    (void)isa;
    read_plain(at, n);
}
