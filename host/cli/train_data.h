// SPDX-License-Identifier: Apache-2.0
/* train_data: the rows of a training in three parts, in the order of time: those that are learnt
 * from, those that say when to end, and those that judge. Of a table with parts (agon features make
 * --parts) they are its own, and what is held out comes from a file of its own; any other table is
 * divided here, with a gap before each part. A column that has the answer in it is found. [any] */
#ifndef CLI_TRAIN_DATA_H
#define CLI_TRAIN_DATA_H

#include "cli/train_kinds.h"
#include "cli/train_table.h"

#define TRAIN_LEAK 0.99 /* correlation with the target, or share of pairs that are told apart */

struct train_rows {
    const float *x, *y;  /* borrowed from a table */
    const double *times; /* NULL: the table has none */
    uint32_t n_rows, n_features;
    uint32_t edition; /* of the features; 0: unknown */
};
struct train_share { /* how a table without parts is divided */
    uint32_t validation_ppm, holdout_ppm;
    uint32_t gap; /* 0, with parts: what lies between them */
    uint32_t fewest;
    int has_validation;
};
struct train_data {
    struct train_table table, holdout; /* owned; holdout: of a file of its own, or empty */
    struct train_rows learnt, valid, held;
    uint32_t gap; /* rows that the target looks ahead, as far as is known */
    char held_path[512], held_sha256[2 * HASH_SIZE + 1]; /* of where what judges stands */
};

/* AGON_EINVAL, with what is wrong; AGON_ENOMEM; what train_table_read says. For train_data_free in
 * every case. */
int train_data_read(struct train_data *data, const struct train_ask *ask,
                    const struct train_share *share, struct error *err);
void train_data_free(struct train_data *data);
/* A feature that alone tells the target's order, by its value or by where it has none, or that is
 * the target of another row, of which nothing is known yet: of any row behind, and of those less
 * than gap before, as a target looks gap rows ahead. AGON_EINVAL, with its name. */
int train_data_leak(const struct train_rows *rows, const char *const *names, uint32_t gap,
                    struct error *err);

#endif
