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

#endif
