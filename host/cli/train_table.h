// SPDX-License-Identifier: Apache-2.0
/* train_table: a table of numbers, gzip or not: a line of names, then rows; one column is the
 * target, others are features but for time_ms, part and edition, which agon features make writes. A
 * feature that is empty or nan is missing. [any] */
#ifndef CLI_TRAIN_TABLE_H
#define CLI_TRAIN_TABLE_H

#include "args/args.h"
#include "base/error.h"
#include "base/hash.h"

enum train_part { TRAIN_LEARNT = 0, TRAIN_VALIDATION, TRAIN_HOLDOUT }; /* of column part */
struct train_table {
    char *head;         /* owned: the first line, taken apart */
    const char **names; /* owned: of the features */
    float *x, *y;       /* owned: [n_rows][n_features], [n_rows] */
    double *times;      /* owned: of column time_ms; NULL: it has none */
    uint8_t *parts;     /* owned: enum train_part; NULL: no column part */
    uint32_t n_rows, n_features;
    uint32_t edition;               /* of the features, of column edition; 0: it has none */
    char sha256[2 * HASH_SIZE + 1]; /* of the file */
};
struct train_wants {
    const char *path, *target;
    const struct arg_list
        *ignore;  /* columns that are no features; time_ms, part and edition never are */
    int is_judge; /* the rows judge: those of a hold-out may be among them */
};
/* AGON_EINVAL with file, line and column; AGON_ENOMEM; what data_file_open says. The table is for
 * train_table_free in every case. */
int train_table_read(struct train_table *table, const struct train_wants *wants, struct error *err);
void train_table_free(struct train_table *table);

#endif
