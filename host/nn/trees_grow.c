// SPDX-License-Identifier: Apache-2.0
/* trees_grow: one tree, level by level. Of two children the smaller one's histogram is summed, and
 * the other's is what is left of their parent's. */
#include <stdlib.h>
#include <string.h>

#include "kernels/lane.h"
#include "nn/trees_impl.h"

#define GAIN_MIN 1e-6 /* as XGBoost: below, a split is rounding */

/* What is drawn, and of what. */
enum draw { DRAW_ROWS = 0, DRAW_OF_TREE, DRAW_OF_NODE };

struct sums {
    double g, h;
    uint32_t n;
};
struct split {
    double gain; /* 0: none */
    uint32_t feature, bin;
    int is_missing_left;
    struct sums left;
};
/* A node of the level that grows. */
struct active {
    uint32_t node, begin, end; /* its rows */
    struct sums sum;
    struct sums *hist;        /* owned; [n_features][slots] */
    unsigned char *is_chosen; /* owned; [n_features]; NULL: all */
    struct split split;
};
struct grower {
    const struct trees_params *params;
    const struct trees_bins *bins;
    const struct trees_grad *grads;
    struct team *team;
    uint32_t number, slots;
    struct grown_tree *tree;
    uint32_t *rows, *spare;      /* owned; [n_rows]: of the nodes of a level, one after the other */
    unsigned char *is_chosen;    /* owned; [n_features]: the tree's own; NULL: all */
    struct active *level, *next; /* owned */
    uint32_t n_level, n_next;
    struct split *splits; /* owned; [n_level][n_features] */
};

static uint32_t draw(const struct grower *grower, enum draw what, uint32_t node, uint32_t i)
{
    uint64_t seed = grower->params->seed;

    return lane_philox(i / 4, what, grower->number, node, (uint32_t)seed, (uint32_t)(seed >> 32))
        .word[i % 4];
}

static int by_draw(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

/* `share` of the features of `from` (NULL: of all), one at least: those of the lowest draws. NULL
 * and *rc: no memory. */
static unsigned char *choose(const struct grower *grower, enum draw what, uint32_t node,
                             double share, const unsigned char *from, int *rc)
{
    uint32_t n = grower->bins->n_features;
    unsigned char *is_chosen = calloc(n, 1);
    uint64_t *draws = calloc(n, sizeof(*draws));
    uint32_t n_from = 0;
    uint32_t n_kept;

    if (is_chosen == NULL || draws == NULL) {
        free(is_chosen);
        free(draws);
        *rc = AGON_ENOMEM;
        return NULL;
    }
    for (uint32_t i = 0; i < n; i++)
        if (from == NULL || from[i])
            draws[n_from++] = (uint64_t)draw(grower, what, node, i) << 32 | i;
    qsort(draws, n_from, sizeof(*draws), by_draw);
    n_kept = (uint32_t)(share * n_from);
    for (uint32_t i = 0; i < (n_kept > 0 ? n_kept : 1); i++)
        is_chosen[(uint32_t)draws[i]] = 1;
    free(draws);
    return is_chosen;
}

static void add(struct sums *sum, const struct trees_grad *grad)
{
    sum->g += (double)grad->g;
    sum->h += (double)grad->h;
    sum->n++;
}

/* One feature of a node that holds none yet. */
static void sum_feature(const struct grower *grower, const struct active *active, uint32_t feature)
{
    const uint16_t *ids = grower->bins->ids + (size_t)feature * grower->bins->n_rows;
    struct sums *hist = active->hist + (size_t)feature * grower->slots;

    for (uint32_t i = active->begin; i < active->end; i++) {
        uint32_t row = grower->rows[i];

        add(&hist[ids[row]], &grower->grads[row]);
    }
}

static void sum_root(void *ctx, uint32_t from, uint32_t to, uint32_t member)
{
    const struct grower *grower = ctx;

    (void)member;
    for (uint32_t feature = from; feature < to; feature++)
        sum_feature(grower, &grower->level[0], feature);
}

/* Items are the features of pairs of children; the larger one has its parent's histogram. */
static void sum_pairs(void *ctx, uint32_t from, uint32_t to, uint32_t member)
{
    const struct grower *grower = ctx;
    uint32_t n_features = grower->bins->n_features;

    (void)member;
    for (uint32_t item = from; item < to; item++) {
        const struct active *pair = &grower->next[2 * (item / n_features)];
        int is_right = pair[1].sum.n < pair[0].sum.n; // the smaller one
        uint32_t feature = item % n_features;
        const struct sums *less = pair[is_right].hist + (size_t)feature * grower->slots;
        struct sums *rest = pair[!is_right].hist + (size_t)feature * grower->slots;

        sum_feature(grower, &pair[is_right], feature);
        for (uint32_t i = 0; i < grower->slots; i++) {
            rest[i].g -= less[i].g;
            rest[i].h -= less[i].h;
            rest[i].n -= less[i].n;
            if (rest[i].n == 0) // and no rounding is left of it
                rest[i].g = rest[i].h = 0;
        }
    }
}

static double score(const struct trees_params *params, double g, double h)
{
    return h + params->lambda > 0 ? g * g / (h + params->lambda) : 0;
}

/* Takes it if it is better than *best. */
static void consider(const struct grower *grower, const struct sums *whole,
                     const struct split *split, struct split *best)
{
    const struct trees_params *params = grower->params;
    double g = whole->g - split->left.g;
    double h = whole->h - split->left.h;
    double gain;

    if (split->left.n == 0 || split->left.n == whole->n ||
        split->left.h < params->min_child_weight || h < params->min_child_weight)
        return;
    gain = score(params, split->left.g, split->left.h) + score(params, g, h) -
           score(params, whole->g, whole->h);
    if (gain > best->gain) {
        *best = *split;
        best->gain = gain;
    }
}

static struct split best_of(const struct grower *grower, const struct active *active,
                            uint32_t feature)
{
    const struct sums *hist = active->hist + (size_t)feature * grower->slots;
    const struct sums *missing = &hist[grower->bins->most];
    struct split best = {0};
    struct split split = {.feature = feature};

    for (uint32_t bin = 0; bin < grower->bins->n_cuts[feature]; bin++) {
        struct split other;

        if (hist[bin].n == 0 && bin > 0)
            continue; // the same rows as before
        split.bin = bin;
        split.left.g += hist[bin].g;
        split.left.h += hist[bin].h;
        split.left.n += hist[bin].n;
        split.is_missing_left = missing->n == 0 && 2 * split.left.n >= active->sum.n;
        consider(grower, &active->sum, &split, &best);
        if (missing->n == 0)
            continue;
        other = split;
        other.is_missing_left = 1;
        other.left.g += missing->g;
        other.left.h += missing->h;
        other.left.n += missing->n;
        consider(grower, &active->sum, &other, &best);
    }
    return best;
}

static void find_splits(void *ctx, uint32_t from, uint32_t to, uint32_t member)
{
    const struct grower *grower = ctx;
    uint32_t n_features = grower->bins->n_features;

    (void)member;
    for (uint32_t item = from; item < to; item++) {
        const struct active *active = &grower->level[item / n_features];
        uint32_t feature = item % n_features;

        grower->splits[item] = active->is_chosen == NULL || active->is_chosen[feature]
                                   ? best_of(grower, active, feature)
                                   : (struct split){0};
    }
}

/* Rows that go left to the front, both parts in their order. Returns where the right ones begin. */
static uint32_t part(const struct grower *grower, const struct active *active)
{
    const struct split *split = &active->split;
    const uint16_t *ids = grower->bins->ids + (size_t)split->feature * grower->bins->n_rows;
    uint32_t left = active->begin;
    uint32_t right = active->begin;

    for (uint32_t i = active->begin; i < active->end; i++) {
        uint32_t row = grower->rows[i];
        uint32_t id = ids[row];

        if (id == grower->bins->most ? split->is_missing_left : id <= split->bin)
            grower->rows[left++] = row;
        else
            grower->spare[right++] = row;
    }
    memcpy(grower->rows + left, grower->spare + active->begin,
           (right - active->begin) * sizeof(*grower->rows));
    return left;
}

static void part_nodes(void *ctx, uint32_t from, uint32_t to, uint32_t member)
{
    const struct grower *grower = ctx;

    (void)member;
    for (uint32_t i = from; i < to; i++) {
        const struct active *active = &grower->level[i];

        if (active->split.gain > 0) {
            uint32_t begin = part(grower, active);

            REQUIRE(begin - active->begin == active->split.left.n);
        }
    }
}

/* A node's figures, and what it is as a leaf. */
static void set_node(const struct grower *grower, uint32_t at, uint32_t parent,
                     const struct sums *sum)
{
    const struct trees_params *params = grower->params;
    double h = sum->h;
    double weight = h < params->min_child_weight || !(h + params->lambda > 0)
                        ? 0
                        : -sum->g / (h + params->lambda);

    grower->tree->nodes[at] =
        (struct grown_node){.value = (float)(weight * params->eta / params->parallel),
                            .parent = parent,
                            .weight = (float)weight,
                            .hessian = (float)h};
}

/* The two children of a node whose rows are parted. */
static int add_children(struct grower *grower, struct active *active, int is_last)
{
    struct grown_tree *tree = grower->tree;
    const struct split *split = &active->split;
    struct grown_node *node = &tree->nodes[active->node];
    struct active *pair = &grower->next[grower->n_next];
    struct sums right = {active->sum.g - split->left.g, active->sum.h - split->left.h,
                         active->sum.n - split->left.n};
    uint32_t middle = active->begin + split->left.n;
    int rc = AGON_OK;

    node->value = grower->bins->cuts[(size_t)split->feature * grower->bins->most + split->bin];
    node->feature = split->feature | (split->is_missing_left ? TREES_MISSING_LEFT : 0);
    node->left = tree->n;
    node->gain = (float)split->gain;
    pair[0] = (struct active){tree->n, active->begin, middle, split->left, NULL, NULL, {0}};
    pair[1] = (struct active){tree->n + 1, middle, active->end, right, NULL, NULL, {0}};
    set_node(grower, tree->n, active->node, &split->left);
    set_node(grower, tree->n + 1, active->node, &right);
    tree->n += 2;
    grower->n_next += 2;
    for (uint32_t i = 0; i < 2 && !is_last && rc >= 0; i++) {
        int is_larger = i == (pair[1].sum.n < pair[0].sum.n ? 0 : 1);

        if (is_larger) {
            pair[i].hist = active->hist;
            active->hist = NULL;
        } else {
            pair[i].hist =
                calloc((size_t)grower->bins->n_features * grower->slots, sizeof(struct sums));
            if (pair[i].hist == NULL)
                rc = AGON_ENOMEM;
        }
        if (grower->params->colsample_node < 1 && rc >= 0)
            pair[i].is_chosen = choose(grower, DRAW_OF_NODE, pair[i].node,
                                       grower->params->colsample_node, grower->is_chosen, &rc);
    }
    return rc;
}

static void free_level(struct active *level, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        free(level[i].hist);
        free(level[i].is_chosen);
    }
    free(level);
}

/* The best split of each node of the level, over its features in their order. */
static int choose_splits(struct grower *grower, uint32_t *n_split)
{
    uint32_t n_features = grower->bins->n_features;
    struct split *splits = calloc((size_t)grower->n_level * n_features, sizeof(*splits));

    *n_split = 0;
    if (splits == NULL)
        return AGON_ENOMEM;
    grower->splits = splits;
    team_run(grower->team, grower->n_level * n_features, 1, find_splits, grower);
    for (uint32_t i = 0; i < grower->n_level; i++) {
        struct split *best = &grower->level[i].split;

        for (uint32_t j = 0; j < n_features; j++)
            if (splits[(size_t)i * n_features + j].gain > best->gain &&
                (grower->is_chosen == NULL || grower->is_chosen[j]))
                *best = splits[(size_t)i * n_features + j];
        if (best->gain <= GAIN_MIN || best->gain < grower->params->gamma)
            best->gain = 0;
        *n_split += best->gain > 0;
    }
    free(splits);
    grower->splits = NULL;
    return AGON_OK;
}

/* From one level to the next. *is_done: there is none. */
static int grow_level(struct grower *grower, uint32_t depth, int *is_done)
{
    struct grown_tree *tree = grower->tree;
    struct grown_node *nodes;
    uint32_t n_split;
    int is_last = depth + 1 == grower->params->max_depth;
    int rc = choose_splits(grower, &n_split);

    *is_done = n_split == 0;
    if (rc < 0 || n_split == 0)
        return rc;
    nodes = realloc(tree->nodes, ((size_t)tree->n + 2 * (size_t)n_split) * sizeof(*nodes));
    if (nodes == NULL)
        return AGON_ENOMEM;
    tree->nodes = nodes;
    grower->next = calloc(2 * (size_t)n_split, sizeof(*grower->next));
    grower->n_next = 0;
    if (grower->next == NULL)
        return AGON_ENOMEM;
    team_run(grower->team, grower->n_level, 1, part_nodes, grower);
    for (uint32_t i = 0; i < grower->n_level && rc >= 0; i++)
        if (grower->level[i].split.gain > 0)
            rc = add_children(grower, &grower->level[i], is_last);
    if (rc >= 0 && !is_last)
        team_run(grower->team, n_split * grower->bins->n_features, 1, sum_pairs, grower);
    free_level(grower->level, grower->n_level);
    grower->level = grower->next;
    grower->n_level = grower->n_next;
    grower->next = NULL;
    grower->n_next = 0;
    *is_done = is_last;
    return rc;
}

/* The rows that this tree sees, and its root. */
static int begin_tree(struct grower *grower)
{
    const struct trees_params *params = grower->params;
    const struct trees_bins *bins = grower->bins;
    double limit = params->subsample * 4294967296.0;
    struct active *root = calloc(1, sizeof(*root));
    int rc = AGON_OK;

    grower->level = root;
    grower->n_level = root != NULL;
    grower->rows = calloc(bins->n_rows, sizeof(*grower->rows));
    grower->spare = calloc(bins->n_rows, sizeof(*grower->spare));
    grower->tree->nodes = calloc(1, sizeof(*grower->tree->nodes));
    if (root == NULL || grower->rows == NULL || grower->spare == NULL ||
        grower->tree->nodes == NULL)
        return AGON_ENOMEM;
    grower->tree->n = 1;
    if (params->colsample_tree < 1)
        grower->is_chosen = choose(grower, DRAW_OF_TREE, 0, params->colsample_tree, NULL, &rc);
    if (params->colsample_node < 1 && rc >= 0)
        root->is_chosen =
            choose(grower, DRAW_OF_NODE, 0, params->colsample_node, grower->is_chosen, &rc);
    root->hist = calloc((size_t)bins->n_features * grower->slots, sizeof(*root->hist));
    if (rc < 0 || root->hist == NULL)
        return AGON_ENOMEM;
    for (uint32_t row = 0; row < bins->n_rows; row++)
        if (params->subsample >= 1 || (double)draw(grower, DRAW_ROWS, 0, row) < limit) {
            grower->rows[root->end++] = row;
            add(&root->sum, &grower->grads[row]);
        }
    set_node(grower, 0, 0, &root->sum);
    return AGON_OK;
}

int trees_grow(const struct trees_params *params, const struct trees_bins *bins,
               const struct trees_grad *grads, struct team *team, uint32_t number,
               struct grown_tree *tree)
{
    struct grower grower = {.params = params,
                            .bins = bins,
                            .grads = grads,
                            .team = team,
                            .number = number,
                            .slots = bins->most + 1,
                            .tree = tree};
    int is_done = 0;
    int rc = begin_tree(&grower);

    if (rc >= 0)
        team_run(team, bins->n_features, 1, sum_root, &grower);
    for (uint32_t depth = 0; depth < params->max_depth && rc >= 0 && !is_done; depth++)
        rc = grow_level(&grower, depth, &is_done);
    free_level(grower.level, grower.n_level);
    free_level(grower.next, grower.n_next);
    free(grower.is_chosen);
    free(grower.rows);
    free(grower.spare);
    return rc;
}
