// SPDX-License-Identifier: Apache-2.0
/* train_data: the rows of a training in three parts, in the order of time: those that are learnt
 * from, those that say when to end, and those that judge. Of a table with parts (agon features make
 * --parts) they are its own, and what is held out comes from a file of its own; any other table is
 * divided here, with a gap before each part. A column that has the answer in it is found
 * (train_leak.h). [any] */
#ifndef CLI_TRAIN_DATA_H
#define CLI_TRAIN_DATA_H

#include "cli/train_kinds.h"
#include "cli/train_leak.h"
#include "cli/train_table.h"

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
    uint32_t gap;                 /* rows that the target looks ahead, as far as is known */
    struct train_strongs strongs; /* of a training: columns that know much of it alone */
    char held_path[512], held_sha256[2 * HASH_SIZE + 1]; /* of where what judges stands */
};

/* AGON_EINVAL, with what is wrong; AGON_ENOMEM; what train_table_read says. For train_data_free in
 * every case. */
int train_data_read(struct train_data *data, const struct train_ask *ask,
                    const struct train_share *share, struct error *err);
void train_data_free(struct train_data *data);
/* Looks for strong columns among what is learnt from, and says them on stderr unless asked to be
 * quiet: before a training that may take long. AGON_ENOMEM. */
int train_data_look(struct train_data *data, const struct train_ask *ask, struct error *err);
/* A sentence for people of one of them, in text[TRAIN_STRONG_TEXT]. */
#define TRAIN_STRONG_TEXT 400
#define TRAIN_STRONG_WHY                                                                           \
    "that is more than a market is known to give; leave it out by --ignore where it knows what "   \
    "comes behind its row"
void train_data_strong(const struct train_data *data, uint32_t nth, char *text);

#endif
