// SPDX-License-Identifier: Apache-2.0
#include "base/ring.h"

#include <stdlib.h>

#include "base/error.h"

int ring_init(struct ring *ring, uint32_t capacity, uint32_t slot_size)
{
    size_t bytes = (size_t)capacity * slot_size;

    memset(ring, 0, sizeof(*ring));
    if (capacity == 0 || (capacity & (capacity - 1)) != 0 || slot_size == 0)
        return AGON_EINVAL;
    ring->slots = aligned_alloc(RING_LINE, (bytes + RING_LINE - 1) / RING_LINE * RING_LINE);
    if (ring->slots == NULL)
        return AGON_ENOMEM;
    memset(ring->slots, 0, bytes);
    ring->slot_size = slot_size;
    ring->mask = capacity - 1;
    return AGON_OK;
}

void ring_deinit(struct ring *ring)
{
    free(ring->slots);
    ring->slots = NULL;
}

uint32_t ring_used(struct ring *ring)
{
    uint64_t tail = atomic_load_explicit(&ring->tail, memory_order_acquire);
    uint64_t head = atomic_load_explicit(&ring->head, memory_order_acquire);

    return tail >= head ? (uint32_t)(tail - head) : 0;
}
