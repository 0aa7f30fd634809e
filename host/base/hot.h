// SPDX-License-Identifier: Apache-2.0
/* hot: what runs for every event of a market stands together in the program. Spread over four
 * megabytes, its hundred functions meet on the same lines of the first cache by chance, and each
 * build meets anew. For definitions of such functions, and for nothing that runs less often. */
#ifndef BASE_HOT_H
#define BASE_HOT_H

#define HOT __attribute__((hot))

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

#endif
