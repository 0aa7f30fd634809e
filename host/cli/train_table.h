// SPDX-License-Identifier: Apache-2.0
/* train_table: a table of numbers, gzip or not: a line of names, then rows; one column is the
 * target, others are features. A feature that is empty or nan is missing. [any] */
#ifndef CLI_TRAIN_TABLE_H
#define CLI_TRAIN_TABLE_H

#include "args/args.h"
#include "base/error.h"

struct train_table {
    char *head;         /* owned: the first line, taken apart */
    const char **names; /* owned: of the features */
    float *x, *y;       /* owned: [n_rows][n_features], [n_rows] */
    uint32_t n_rows, n_features;
};
/* ignore: columns that are no features. AGON_EINVAL with file, line and column; AGON_ENOMEM; what
 * data_file_open says. The table is for train_table_free in every case. */
int train_table_read(struct train_table *table, const char *path, const char *target,
                     const struct arg_list *ignore, struct error *err);
void train_table_free(struct train_table *table);

#endif
