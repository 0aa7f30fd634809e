// SPDX-License-Identifier: Apache-2.0
/* zeroed: memory that is zero and aligned, and of which no page is taken before it is used. For
 * what a run may use whole and mostly does not; what a host must not wait for later is placed
 * instead (sys/memory.h). [any] */
#ifndef BASE_ZEROED_H
#define BASE_ZEROED_H

#include <stdint.h>
#include <stdlib.h>

/* align is a power of two; *owned is to be freed. NULL: out of memory. */
static inline void *zeroed_new(size_t align, size_t bytes, void **owned)
{
    *owned = bytes <= SIZE_MAX - align ? calloc(1, bytes + align) : NULL;
    return *owned != NULL ? (void *)(((uintptr_t)*owned + align - 1) & ~(uintptr_t)(align - 1))
                          : NULL;
}

/* Names the part of a table that is not in use, so that who places memory leaves it out. */
typedef void zeroed_spare_fn(void *from, uint64_t bytes);

#endif
