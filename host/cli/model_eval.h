// SPDX-License-Identifier: Apache-2.0
/* model_eval: what a model says of rows, and how often it is right, beside the best constant guess.
 * Rows go through the model as events do through a plugin's (nn/served.h), one after the other, so
 * that trees and nets are asked alike, and as they are asked in a run.
 *
 * What a model's answers are is its goal: "value", a number; "up", the probability that the target
 * is 1 and not 0; "direction:BPS", those of up, flat and down, of a target that is a logarithmic
 * return, where less than BPS basis points either way is flat. [one thread] */
#ifndef CLI_MODEL_EVAL_H
#define CLI_MODEL_EVAL_H

#include <jansson.h>

#include "cli/train_data.h"
#include "nn/served.h"

#define GOAL_ANSWERS 3

enum goal_kind { GOAL_VALUE = 0, GOAL_UP, GOAL_DIRECTION };
struct goal {
    enum goal_kind kind;
    double flat_bps;
};
int goal_parse(const char *text, struct goal *goal); /* AGON_EINVAL */
void goal_text(const struct goal *goal, char text[CHECKPOINT_VALUE]);
uint32_t goal_classes(const struct goal *goal); /* 0: a number */
/* The class of a target, from 0; up is 0. */
uint32_t goal_class(const struct goal *goal, float target);
/* AGON_EINVAL with the row: a target that it cannot have; or targets of another goal. */
int goal_check(const struct goal *goal, const struct train_rows *rows, struct error *err);

struct model {
    struct device *device; /* owned, as the two below */
    struct served *served;
    struct served_shape shape;
    struct served_names names;
    struct goal goal;
    char sha256[2 * HASH_SIZE + 1];
    uint64_t n_bytes;
};
/* From bytes, or a file. goal: what its file should say; "": what it says. AGON_EINVAL;
 * AGON_ENOMEM; of a file also AGON_ENOENT, AGON_EIO. For model_close in every case. */
int model_open(struct model *model, const char *name, const void *bytes, size_t n,
               struct error *err);
int model_open_file(struct model *model, const char *path, struct error *err);
void model_close(struct model *model);

/* What it answers at each row: probabilities of the classes, or its number in the first. A row
 * whose window was not full is not asked. */
struct answers {
    float (*y)[GOAL_ANSWERS];
    uint8_t *is_asked;
    uint32_t n, n_asked;
};
/* Columns are found by the names of the model's inputs. AGON_EVERSION: it has none, or the table is
 * of another edition of the features; AGON_EINVAL: a column is not there, a value is missing;
 * AGON_ENOMEM. For answers_free. */
int model_answer(struct model *model, const struct train_rows *rows, const char *const *names,
                 struct answers *answers, struct error *err);
void answers_free(struct answers *answers);

/* Over the rows that were asked, in the order of time. */
struct judged {
    uint32_t n;
    double n_alone; /* rows that count, where targets overlap */
    int is_classes;
    double right, low, high, constant; /* classes: shares of right guesses, their 95 % (Wilson) */
    double loss, loss_constant;        /* log-loss, or mean square; of the best constant there */
    double gain, gain_low, gain_high;  /* of the loss, less than that of the constant; 95 % */
};
/* gap: rows that a target looks ahead: so many count as one. Rows [from, to). */
void model_judge(const struct goal *goal, const struct train_rows *rows,
                 const struct answers *answers, uint32_t from, uint32_t to, uint32_t gap,
                 struct judged *judged);
/* Less than half of the constant's mistakes (or of its loss) are left, beyond the interval: no
 * market gives that, and a file with a leak does. */
int judged_is_suspect(const struct judged *judged);
int judged_is_better(const struct judged *judged); /* than the constant, beyond the interval */
/* One model beside another on rows that both were asked: how much more often the first is right, or
 * how much smaller its square, in the mean of the rows; and its 95 %. */
struct beside {
    uint32_t n;
    double gain, low, high;
};
void model_judge_beside(const struct goal *goal, const struct train_rows *rows,
                        const struct answers *one, const struct answers *other, uint32_t gap,
                        struct beside *beside);
/* Wilson's interval of 95 % of a share of n rows. */
void judged_interval(double share, double n, double *low, double *high);
json_t *judged_json(const struct judged *judged);

#endif
