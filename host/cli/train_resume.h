// SPDX-License-Identifier: Apache-2.0
/* train_resume: where a training stands after an epoch, as a file beside what it will write
 * (OUT.resume): the settings that it is of, how it went so far, weights and moments, and the best
 * epoch's weights, with the SHA-256 of all that. Written whole or not at all. [any] */
#ifndef CLI_TRAIN_RESUME_H
#define CLI_TRAIN_RESUME_H

#include "cli/train_device.h"
#include "nn/train.h"

struct train_course {
    uint32_t epoch, best_epoch; /* that ended; best_epoch 0: none yet */
    double loss, valid;         /* of the last one */
    double best_loss, best_valid;
    char devices[TRAIN_DEVICES]; /* on which it was trained so far */
};

/* mark: settings and data, an object of JSON as text; who goes on has the same. AGON_EIO,
 * AGON_ENOMEM. */
int train_resume_save(const char *out, const char *mark, const struct train_course *course,
                      struct train *train, const float *best, struct error *err);
/* AGON_ENOENT: there is none; AGON_EINVAL: it is of other settings or data, and the error says
 * which; AGON_ECORRUPT. */
int train_resume_load(const char *out, const char *mark, struct train_course *course,
                      struct train *train, float *best, struct error *err);
void train_resume_remove(const char *out);
/* A training that was interrupted stands at OUT.resume, or at path where out is NULL, and would be
 * written over: 1, and it is said with the ways out. 0: nothing is there. */
int train_resume_is_lost(const char *out, const char *path);

#endif
