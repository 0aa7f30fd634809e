// SPDX-License-Identifier: Apache-2.0
/* fpstate: the floating-point control words of a thread, kept over foreign code.
 *
 * A plugin built with -ffast-math switches the thread that maps it to flush-to-zero, and any code
 * may change the rounding mode; what decides in the host must not notice (SDK E17, E27). Reading
 * costs a nanosecond, writing happens only when something changed. Sticky exception flags are left
 * alone: every inexact sum sets one. [any] */
#ifndef AGENT_FPSTATE_H
#define AGENT_FPSTATE_H

#include <stdint.h>

struct fpstate {
    uint32_t mxcsr;
    uint16_t x87;
};
#define FPSTATE_MXCSR_CONTROL 0xffc0u

static inline struct fpstate fpstate_get(void)
{
    struct fpstate state = {0, 0};

#if defined(__x86_64__)
    __asm__ volatile("stmxcsr %0" : "=m"(state.mxcsr));
    __asm__ volatile("fnstcw %0" : "=m"(state.x87));
#endif
    return state;
}

/* Puts the control bits back; true when something had changed them. */
static inline int fpstate_put(struct fpstate was)
{
    struct fpstate now = fpstate_get();
    int is_changed = 0;

#if defined(__x86_64__)
    if (((now.mxcsr ^ was.mxcsr) & FPSTATE_MXCSR_CONTROL) != 0) {
        __asm__ volatile("ldmxcsr %0" : : "m"(was.mxcsr));
        is_changed = 1;
    }
    if (now.x87 != was.x87) {
        __asm__ volatile("fldcw %0" : : "m"(was.x87));
        is_changed = 1;
    }
#endif
    return is_changed;
}

/* The same for who calls by the million: whether the words are what a thread begins with, where
 * they were that before (fpstate_is_plain). The masks of exceptions in MXCSR, which alter no
 * result, are not seen by adding (libc sets those of x87 with them, which are).
 *
 * Reading MXCSR waits for all that is under way on AMD's processors, a dozen nanoseconds; there
 * what it says of rounding and of small numbers is seen by adding. On Intel's an addition of such
 * small numbers is a matter of microcode, sixty nanoseconds, and reading is one instruction of
 * many. */
static inline int fpstate_is_plain(struct fpstate was)
{
    return (was.mxcsr & FPSTATE_MXCSR_CONTROL) == 0x1f80u && was.x87 == 0x37fu;
}

#if defined(__x86_64__)
static inline int fpstate_is_read_plain(void)
{
    uint32_t mxcsr;

    __asm__ volatile("stmxcsr %0" : "=m"(mxcsr));
    return (mxcsr & FPSTATE_MXCSR_CONTROL) == 0x1f80u;
}

static inline int fpstate_is_summed_plain(void)
{
    // Four additions in one. One and 0.75, and 0.25, of its last bit: what comes of it names the
    // direction; and the difference of small numbers, and of smaller ones: 0 where results, or
    // operands, are flushed.
    static const _Alignas(16) struct {
        uint32_t a[4], b[4], sum[4];
    } known = {{0x3f800000, 0x3f800000, 0x00c00000, 3},
               {0x33c00000, 0x33000000, 0x80800000, 0x80000001},
               {0x3f800001, 0x3f800000, 0x00400000, 2}};
    int mask;

    __asm__ volatile("movaps %1, %%xmm0\n\t"
                     "addps %2, %%xmm0\n\t"
                     "pcmpeqd %3, %%xmm0\n\t"
                     "movmskps %%xmm0, %0"
                     : "=r"(mask)
                     : "m"(known.a), "m"(known.b), "m"(known.sum)
                     : "xmm0");
    return mask == 15;
}
#endif

/* Whether this machine's words are seen by adding: for who asks behind many calls. */
static inline int fpstate_is_summed(void)
{
#if defined(__x86_64__)
    return __builtin_cpu_is("amd") != 0;
#else
    return 0;
#endif
}

static inline int fpstate_is_left_plain_by(int is_summed)
{
#if defined(__x86_64__)
    uint16_t x87;

    __asm__ volatile("fnstcw %0" : "=m"(x87));
    if (x87 != 0x37fu)
        return 0; // and what is inexact may be a signal
    return is_summed ? fpstate_is_summed_plain() : fpstate_is_read_plain();
#else
    (void)is_summed;
    return 1;
#endif
}

static inline int fpstate_is_left_plain(void)
{
    return fpstate_is_left_plain_by(fpstate_is_summed());
}

#endif
