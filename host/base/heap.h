// SPDX-License-Identifier: Apache-2.0
/* heap: what is due next. A 4-ary heap of (t, order, payload) with bounded room; equal times come
 * out by order, which the caller makes unique. Not thread-safe. [any, one thread] */
#ifndef BASE_HEAP_H
#define BASE_HEAP_H

#include <stddef.h>

#include <agon/types.h>

struct heap_node {
    int64_t t;      /* ns */
    uint64_t order; /* tie-break; smaller first */
    uint64_t a, b;  /* the caller's */
};
struct heap {
    struct heap_node *nodes; /* owned */
    uint32_t n, capacity;
};
int heap_init(struct heap *heap, uint32_t capacity); /* AGON_ENOMEM */
void heap_deinit(struct heap *heap);
int heap_push(struct heap *heap, const struct heap_node *node); /* AGON_ENOSPC */
/* NULL when empty. Here, since it is asked before each event. */
static inline const struct heap_node *heap_top(const struct heap *heap)
{
    return heap->n > 0 ? &heap->nodes[0] : NULL;
}
int heap_pop(struct heap *heap, struct heap_node *node); /* false when empty; node may be NULL */
/* Removes every node for which is_match says so; returns how many. Order of the rest is kept. */
uint32_t heap_remove_if(struct heap *heap, int (*is_match)(const struct heap_node *, void *),
                        void *ctx);

#endif
