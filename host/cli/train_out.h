// SPDX-License-Identifier: Apache-2.0
/* train_out: what every kind of training ends with: the model is read as a plugin's would be and
 * judged, written whole or not at all, reported, and kept as a version where that was asked. */
#ifndef CLI_TRAIN_OUT_H
#define CLI_TRAIN_OUT_H

#include <jansson.h>

#include "cli/model_eval.h"

struct train_out {
    const struct train_ask *ask;
    const struct train_data *data;
    char trained[160], loss[160]; /* lines of the report */
    json_t *said;            /* of the report as JSON: what the kind says of itself; borrowed */
    json_t *params;          /* borrowed */
    double seconds, step_ms; /* step_ms: of a step; 0: there is none */
    const char *device;      /* borrowed, as devices; NULL: the processor */
    const char *devices;     /* of all that trained it (train_device.h) */
    /* Filled in. */
    struct judged learnt, valid, held;
    char sha256[2 * HASH_SIZE + 1];
    char version[96];  /* NAME@3, where it was kept */
    uint32_t n_judged; /* versions of it that the same rows judged before */
};
/* Returns an exit code; the reason is in err where it is none. */
int train_out(struct train_out *out, const void *bytes, size_t n, struct error *err);
int train_out_exit(int rc); /* of a training's error */
/* Whole or not at all: under another name first. AGON_EIO, AGON_EINVAL. */
int train_out_write(const char *path, const void *bytes, size_t n, struct error *err);

#endif
