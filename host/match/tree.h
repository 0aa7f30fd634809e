// SPDX-License-Identifier: Apache-2.0
/* tree: an ordered set of small numbers, each with a key, in memory that the caller took. A treap
 * whose priorities are a hash of the number, so that its shape is the same in every run. Keys are
 * (key, tie); the caller keeps them unique. Insert, remove and next cost O(log n). [one thread] */
#ifndef MATCH_TREE_H
#define MATCH_TREE_H

#include <agon/types.h>

struct tree_node {
    int64_t key;
    uint64_t tie;
    uint32_t left, right;
};
struct tree {
    struct tree_node *nodes; /* borrowed; nodes[0] is nobody's. Several trees may share them */
    uint32_t root;
    uint32_t n;
};

void tree_init(struct tree *tree, struct tree_node *nodes);
void tree_insert(struct tree *tree, uint32_t at, int64_t key, uint64_t tie);
void tree_remove(struct tree *tree, uint32_t at);
uint32_t tree_find(const struct tree *tree, int64_t key, uint64_t tie); /* 0: none */
uint32_t tree_first(const struct tree *tree);                           /* 0: empty */
/* The least above nodes[at]; 0: none. */
uint32_t tree_next(const struct tree *tree, uint32_t at);

#endif
