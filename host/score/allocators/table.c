// SPDX-License-Identifier: Apache-2.0
#include <stddef.h>

#include "score/allocator.h"

static const struct allocator *const table[ALLOCATORS] = {&allocator_rank_shares,
                                                          &allocator_bounded};

const struct allocator *allocator_at(uint32_t place)
{
    return place < ALLOCATORS ? table[place] : NULL;
}

const struct allocator *allocator_of(uint8_t mode)
{
    for (uint32_t i = 0; i < ALLOCATORS; i++) {
        if (table[i]->mode == mode)
            return table[i];
    }
    return NULL;
}
