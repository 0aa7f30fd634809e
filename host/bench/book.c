// SPDX-License-Identifier: Apache-2.0
/* book: a level is set and the best one read, over about 1,480 live levels.
 *
 * Yardsticks: a dense array of ticks with a two-level bitmap and no way out of its window (the
 * limit), and a tree with a node from malloc per level, as std::map has it (a treap in C, so that
 * the binary needs no C++ runtime). The operations are made in advance: a price that walks, and
 * changes around it that hit the front of the book more often than its depth. */
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "bench/dense.h"
#include "bench/table.h"
#include "market/book.h"

#define OPS       65536
#define CENTRE    DENSE_CENTRE
#define WINDOW    DENSE_WINDOW
#define REACH     1000 /* levels a side are within that many ticks of the middle */
#define BOOKS_MAX 40

struct op {
    int32_t px;
    uint32_t qty;
    uint8_t side, book, pad[2];
};

/* --- the tree --- */

struct node {
    struct node *left, *right;
    int64_t key, qty;
    uint64_t priority;
};
struct tree {
    struct node *root;
    struct rng rng;
};

static void rotate_right(struct node **at)
{
    struct node *left = (*at)->left;

    (*at)->left = left->right;
    left->right = *at;
    *at = left;
}

static void rotate_left(struct node **at)
{
    struct node *right = (*at)->right;

    (*at)->right = right->left;
    right->left = *at;
    *at = right;
}

static void tree_insert(struct tree *tree, struct node **at, int64_t key, int64_t qty)
{
    if (*at == NULL) {
        *at = calloc(1, sizeof(**at));
        if (*at == NULL)
            abort();
        (*at)->key = key;
        (*at)->qty = qty;
        (*at)->priority = rng_u64(&tree->rng);
    } else if (key < (*at)->key) {
        tree_insert(tree, &(*at)->left, key, qty);
        if ((*at)->left->priority > (*at)->priority)
            rotate_right(at);
    } else {
        tree_insert(tree, &(*at)->right, key, qty);
        if ((*at)->right->priority > (*at)->priority)
            rotate_left(at);
    }
}

static void tree_set(struct tree *tree, int64_t key, int64_t qty)
{
    struct node **at = &tree->root;

    while (*at != NULL && (*at)->key != key)
        at = key < (*at)->key ? &(*at)->left : &(*at)->right;
    if (*at != NULL && qty != 0) {
        (*at)->qty = qty;
    } else if (*at == NULL && qty != 0) {
        tree_insert(tree, &tree->root, key, qty);
    } else if (*at != NULL) {
        struct node *gone = *at;

        while (gone->left != NULL && gone->right != NULL) {
            if (gone->left->priority > gone->right->priority) {
                rotate_right(at);
                at = &(*at)->right;
            } else {
                rotate_left(at);
                at = &(*at)->left;
            }
        }
        *at = gone->left != NULL ? gone->left : gone->right;
        free(gone);
    }
}

static const struct node *tree_best(const struct tree *tree)
{
    const struct node *at = tree->root;

    while (at != NULL && at->left != NULL)
        at = at->left;
    return at;
}

static void tree_free(struct node *node)
{
    if (node == NULL)
        return;
    tree_free(node->left);
    tree_free(node->right);
    free(node);
}

/* --- the benchmark --- */

struct books {
    struct op *ops; /* owned */
    struct book *books[BOOKS_MAX];
    struct dense *dense[BOOKS_MAX];
    struct tree *trees[BOOKS_MAX][2];
    uint32_t n_books;
    uint64_t product_at, dense_at, tree_at;
};

static uint64_t run_book(void *ctx, uint64_t n)
{
    struct books *books = ctx;
    uint64_t sum = 0;

    for (uint64_t i = 0; i < n; i++) {
        const struct op *op = &books->ops[books->product_at++ % OPS];
        struct book *book = books->books[op->book];
        struct agon_level best;

        book_set(book, op->side == 0 ? AGON_BUY : AGON_SELL, op->px, op->qty);
        book_best(book, op->side == 0 ? AGON_BUY : AGON_SELL, &best);
        sum += (uint64_t)best.px + (uint64_t)best.qty;
    }
    return sum;
}

static uint64_t run_dense(void *ctx, uint64_t n)
{
    struct books *books = ctx;
    uint64_t sum = 0;

    for (uint64_t i = 0; i < n; i++) {
        const struct op *op = &books->ops[books->dense_at++ % OPS];
        int64_t qty;

        dense_set(books->dense[op->book], op->side, op->px, op->qty);
        sum += (uint64_t)dense_best(books->dense[op->book], op->side, &qty);
        sum += (uint64_t)qty;
    }
    return sum;
}

static uint64_t run_tree(void *ctx, uint64_t n)
{
    struct books *books = ctx;
    uint64_t sum = 0;

    for (uint64_t i = 0; i < n; i++) {
        const struct op *op = &books->ops[books->tree_at++ % OPS];
        struct tree *tree = books->trees[op->book][op->side];
        const struct node *best;

        tree_set(tree, op->side == 0 ? -op->px : op->px, op->qty);
        best = tree_best(tree);
        if (best != NULL)
            sum += (uint64_t)(op->side == 0 ? -best->key : best->key) + (uint64_t)best->qty;
    }
    return sum;
}

static void write_ops(struct books *books)
{
    struct rng rng;
    int64_t middle = CENTRE;

    rng_init(&rng, 11);
    for (uint32_t i = 0; i < OPS; i++) {
        struct op *op = &books->ops[i];
        uint64_t reach = rng_chance(&rng, 500000) ? 40 : REACH;
        int64_t off = 1 + (int64_t)rng_below(&rng, reach);

        if (i % 16 == 0)
            middle += (int64_t)rng_below(&rng, 3) - 1;
        if (middle < CENTRE - 500 || middle > CENTRE + 500)
            middle = CENTRE;
        op->side = (uint8_t)(rng_u64(&rng) & 1);
        op->px = (int32_t)(op->side == 0 ? middle - off : middle + off);
        // Three of four leave a level behind: about 740 a side live.
        op->qty = rng_chance(&rng, 250000) ? 0 : 1 + (uint32_t)rng_below(&rng, 100000);
        op->book = (uint8_t)(books->n_books > 1 ? i % books->n_books : 0);
    }
}

static void close_books(struct books *books)
{
    for (uint32_t i = 0; i < BOOKS_MAX; i++) {
        book_free(books->books[i]);
        free(books->dense[i]);
        for (int side = 0; side < 2; side++) {
            if (books->trees[i][side] != NULL)
                tree_free(books->trees[i][side]->root);
            free(books->trees[i][side]);
        }
    }
    free(books->ops);
}

static int open_books(struct books *books, uint32_t n_books)
{
    struct book_config config = {.tick_px = 1, .window_ticks = WINDOW};

    memset(books, 0, sizeof(*books));
    books->n_books = n_books;
    books->ops = calloc(OPS, sizeof(*books->ops));
    for (uint32_t i = 0; i < n_books; i++) {
        books->books[i] = book_new(&config);
        books->dense[i] = calloc(1, sizeof(*books->dense[i]));
        for (int side = 0; side < 2; side++) {
            books->trees[i][side] = calloc(1, sizeof(struct tree));
            if (books->trees[i][side] == NULL)
                return AGON_ENOMEM;
            rng_init(&books->trees[i][side]->rng, i);
        }
        if (books->books[i] == NULL || books->dense[i] == NULL)
            return AGON_ENOMEM;
    }
    if (books->ops == NULL)
        return AGON_ENOMEM;
    write_ops(books);
    return AGON_OK;
}

static int run(struct bench *bench, uint32_t n_books)
{
    struct books books;
    struct bench_pair pair = {.op = "update",
                              .ctx = &books,
                              .n = 1000000,
                              .batch = 256,
                              .product = "book_set and book_best",
                              .run_product = run_book};
    int rc = open_books(&books, n_books);
    uint64_t sum;

    if (rc < 0) {
        close_books(&books);
        return rc;
    }
    sum = run_book(&books, OPS);
    bench_check(bench, sum == run_dense(&books, OPS) && sum == run_tree(&books, OPS),
                "book: after each of %d updates of %u books the best level is the same on every "
                "side",
                OPS, n_books);
    if (n_books == 1)
        bench_figure(bench, "book.levels",
                     book_count(books.books[0], AGON_BUY) + book_count(books.books[0], AGON_SELL),
                     "levels", "live in the book that is updated");
    pair.name = n_books == 1 ? "book.dense" : "book.dense.40";
    pair.yardstick = "a dense array with a two-level bitmap: the limit";
    pair.run_yardstick = run_dense;
    pair.goal_kind = BENCH_AT_MOST;
    pair.goal = 1.5;
    pair.goal_text = "at most 1.5 times the bare array";
    pair.why = "the window may move, a price may be off the tick, sides are bounded: checks that "
               "the bare array has not";
    rc = bench_compare(bench, &pair);

    pair.name = n_books == 1 ? "book.tree" : "book.tree.40";
    pair.yardstick = "a tree with a node per level (a treap in C instead of std::map)";
    pair.run_yardstick = run_tree;
    pair.n = 300000;
    pair.goal_kind = BENCH_AT_LEAST;
    pair.goal = n_books == 1 ? 6 : 8;
    pair.goal_text =
        n_books == 1 ? "at least 6 times as fast as the tree" : "at least 8 times the tree";
    rc = rc < 0 ? rc : bench_compare(bench, &pair);
    close_books(&books);
    return rc;
}

int bench_book(struct bench *bench, struct error *err)
{
    int rc = run(bench, 1);

    if (rc >= 0)
        rc = run(bench, BOOKS_MAX);
    return rc < 0 ? error_set(err, rc, "no memory for the books") : AGON_OK;
}
