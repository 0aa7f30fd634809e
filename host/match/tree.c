// SPDX-License-Identifier: Apache-2.0
#include "match/tree.h"

#include "base/error.h"
#include "base/hash.h"
#include "base/hot.h"

void tree_init(struct tree *tree, struct tree_node *nodes)
{
    tree->nodes = nodes;
    tree->root = 0;
    tree->n = 0;
}

static uint64_t priority(uint32_t at)
{
    return hash_mix((uint64_t)at * 0x9e3779b97f4a7c15u);
}

static int is_less(const struct tree_node *a, int64_t key, uint64_t tie)
{
    return a->key != key ? a->key < key : a->tie < tie;
}

void tree_insert(struct tree *tree, uint32_t at, int64_t key, uint64_t tie)
{
    struct tree_node *nodes = tree->nodes;
    uint64_t mine = priority(at);
    uint32_t *link = &tree->root;
    uint32_t rest;
    uint32_t *left;
    uint32_t *right;

    while (*link != 0 && priority(*link) > mine)
        link = is_less(&nodes[*link], key, tie) ? &nodes[*link].right : &nodes[*link].left;
    // What hangs here is parted into what is below the new key and what is above it.
    rest = *link;
    left = &nodes[at].left;
    right = &nodes[at].right;
    while (rest != 0) {
        if (is_less(&nodes[rest], key, tie)) {
            *left = rest;
            left = &nodes[rest].right;
            rest = *left;
        } else {
            *right = rest;
            right = &nodes[rest].left;
            rest = *right;
        }
    }
    *left = 0;
    *right = 0;
    nodes[at].key = key;
    nodes[at].tie = tie;
    *link = at;
    tree->n++;
}

void tree_remove(struct tree *tree, uint32_t at)
{
    struct tree_node *nodes = tree->nodes;
    uint32_t *link = &tree->root;
    uint32_t left = nodes[at].left;
    uint32_t right = nodes[at].right;

    while (*link != at) {
        REQUIRE(*link != 0);
        link = is_less(&nodes[*link], nodes[at].key, nodes[at].tie) ? &nodes[*link].right
                                                                    : &nodes[*link].left;
    }
    while (left != 0 && right != 0) {
        if (priority(left) > priority(right)) {
            *link = left;
            link = &nodes[left].right;
            left = *link;
        } else {
            *link = right;
            link = &nodes[right].left;
            right = *link;
        }
    }
    *link = left != 0 ? left : right;
    nodes[at].left = 0;
    nodes[at].right = 0;
    tree->n--;
}

uint32_t tree_find(const struct tree *tree, int64_t key, uint64_t tie)
{
    const struct tree_node *nodes = tree->nodes;
    uint32_t at = tree->root;

    while (at != 0 && (nodes[at].key != key || nodes[at].tie != tie))
        at = is_less(&nodes[at], key, tie) ? nodes[at].right : nodes[at].left;
    return at;
}

HOT uint32_t tree_first(const struct tree *tree)
{
    uint32_t at = tree->root;

    while (at != 0 && tree->nodes[at].left != 0)
        at = tree->nodes[at].left;
    return at;
}

uint32_t tree_next(const struct tree *tree, uint32_t at)
{
    const struct tree_node *nodes = tree->nodes;
    int64_t key = nodes[at].key;
    uint64_t tie = nodes[at].tie;
    uint32_t found = 0;

    if (nodes[at].right != 0) {
        at = nodes[at].right;
        while (nodes[at].left != 0)
            at = nodes[at].left;
        return at;
    }
    for (uint32_t x = tree->root; x != 0 && x != at;) {
        if (is_less(&nodes[x], key, tie)) {
            x = nodes[x].right;
        } else {
            found = x;
            x = nodes[x].left;
        }
    }
    return found;
}
