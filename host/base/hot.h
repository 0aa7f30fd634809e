// SPDX-License-Identifier: Apache-2.0
/* hot: what runs for every event of a market stands together in the program. Spread over four
 * megabytes, its hundred functions meet on the same lines of the first cache by chance, and each
 * build meets anew. For definitions of such functions, and for nothing that runs less often. */
#ifndef BASE_HOT_H
#define BASE_HOT_H

#include <stdint.h>

#define HOT __attribute__((hot))

#define HOT_LINE  64  /* bytes of a cache line, and of a ring's granule */
#define HOT_AHEAD 512 /* bytes: a ring asks so far ahead of where it is written */

/* Asks for a cache line that is to be written soon, from whoever has it. GCC's own word for it is a
 * look for reading where the processor is not named. */
static inline void hot_will_write(const void *at)
{
#if defined(__x86_64__)
    __asm__ volatile("prefetchw %0" : : "m"(*(const char *)at));
#else
    __builtin_prefetch(at, 1);
#endif
}

/* Of a ring of mask + 1 granules, a power of two, that is written at granule `at`: the two lines
 * that are HOT_AHEAD from there. A reader on another processor has them from the lap before. */
static inline void hot_will_write_ring(const unsigned char *data, uint64_t at, uint64_t mask)
{
    uint64_t ahead = at + HOT_AHEAD / HOT_LINE;

    hot_will_write(data + (ahead & mask) * HOT_LINE);
    hot_will_write(data + ((ahead + 1) & mask) * HOT_LINE);
}

#endif
