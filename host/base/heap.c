// SPDX-License-Identifier: Apache-2.0
#include "base/heap.h"

#include <stdlib.h>

static int is_before(const struct heap_node *a, const struct heap_node *b)
{
    return a->t != b->t ? a->t < b->t : a->order < b->order;
}

int heap_init(struct heap *heap, uint32_t capacity)
{
    // Not zeroed: none is read before it is written, and most of a large one never is.
    heap->nodes = malloc((size_t)(capacity > 0 ? capacity : 1) * sizeof(*heap->nodes));
    heap->n = 0;
    heap->capacity = capacity;
    return heap->nodes != NULL ? AGON_OK : AGON_ENOMEM;
}

void heap_deinit(struct heap *heap)
{
    free(heap->nodes);
    memset(heap, 0, sizeof(*heap));
}

static void rise(struct heap *heap, uint32_t at)
{
    struct heap_node node = heap->nodes[at];

    while (at > 0 && is_before(&node, &heap->nodes[(at - 1) / 4])) {
        heap->nodes[at] = heap->nodes[(at - 1) / 4];
        at = (at - 1) / 4;
    }
    heap->nodes[at] = node;
}

static void sink(struct heap *heap, uint32_t at)
{
    struct heap_node node = heap->nodes[at];

    for (;;) {
        uint32_t first = at * 4 + 1;
        uint32_t last = first + 4 < heap->n ? first + 4 : heap->n;
        uint32_t least = first;

        if (first >= heap->n)
            break;
        for (uint32_t child = first + 1; child < last; child++) {
            if (is_before(&heap->nodes[child], &heap->nodes[least]))
                least = child;
        }
        if (!is_before(&heap->nodes[least], &node))
            break;
        heap->nodes[at] = heap->nodes[least];
        at = least;
    }
    heap->nodes[at] = node;
}

int heap_push(struct heap *heap, const struct heap_node *node)
{
    if (heap->n >= heap->capacity)
        return AGON_ENOSPC;
    heap->nodes[heap->n] = *node;
    rise(heap, heap->n++);
    return AGON_OK;
}

int heap_pop(struct heap *heap, struct heap_node *node)
{
    if (heap->n == 0)
        return 0;
    if (node != NULL)
        *node = heap->nodes[0];
    heap->nodes[0] = heap->nodes[--heap->n];
    if (heap->n > 0)
        sink(heap, 0);
    return 1;
}

uint32_t heap_remove_if(struct heap *heap, int (*is_match)(const struct heap_node *, void *),
                        void *ctx)
{
    uint32_t kept = 0;
    uint32_t n = heap->n;

    for (uint32_t i = 0; i < n; i++) {
        if (!is_match(&heap->nodes[i], ctx))
            heap->nodes[kept++] = heap->nodes[i];
    }
    heap->n = kept;
    for (uint32_t i = kept / 4 + 1; i-- > 0;) {
        if (i < kept)
            sink(heap, i);
    }
    return n - kept;
}
