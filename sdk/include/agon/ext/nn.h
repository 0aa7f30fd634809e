// SPDX-License-Identifier: MIT
/* agon.nn/2: models that the host serves to a plugin, out of its files (agon.asset). A model is a
 * file of the format safetensors with a card that says what it is, or trees as XGBoost writes them
 * (JSON); it computes in float, on the plugin's own thread, the same bits on each processor and in
 * each mode.
 *
 * A model names its inputs, and who asks it says what he gives, in which order, and by which
 * edition of the catalogue it was computed: a model of others is not opened, and a step with
 * another count is not taken. agon.nn/1, where nobody said so, is not served. Frozen per revision:
 * a new need is agon.nn/3, and /2 stays served. */
#ifndef AGON_EXT_NN_H
#define AGON_EXT_NN_H

#include "agon/plugin.h"

#define AGON_EXT_NN "agon.nn/2"
#define AGON_NN_MAX 8 /* models of a plugin */
/* What a plugin gives. */
struct agon_nn_inputs {
    const char *names; /* of x, in its order, with a blank between two (agon_features_text) */
    uint32_t edition;  /* AGON_FEATURES_EDITION where they are of the catalogue; 0: all its own */
    uint32_t pad;
};
struct agon_nn_shape {
    uint32_t inputs, outputs; /* values of an event, and of its answer */
    uint32_t window;          /* events that an answer is of; 0: of all since the last reset */
    uint32_t pad;
    uint64_t state_bytes; /* that save writes; 0 of trees: any pointer, NULL too, will do */
};
AGON_SIZE_IS(agon_nn_shape, 24);
struct agon_host_nn {
    /* The model in the file of that name, in create and on_start. AGON_ENOENT: there is no such
     * file; AGON_ECORRUPT: what is in it is not served; AGON_EVERSION: it is asked by other inputs
     * than these, or names none; of both a line in the log says what and why. AGON_ENOSPC:
     * AGON_NN_MAX are open; AGON_ENOMEM. [agent] */
    int (*open)(const struct agon_host *host, const char *name, const struct agon_nn_inputs *inputs,
                uint32_t *model, struct agon_nn_shape *shape);
    /* One event: x[n_x] to y[n_y]. AGON_EINVAL: n_x or n_y is not the model's, an x is infinite, or
     * NaN (which trees take for missing), or there is no such model; AGON_EAGAIN: its window is not
     * full yet, and y is not written then; AGON_ERANGE: an answer is not a number, as the weights
     * are too large for what it is asked. [agent] */
    int (*step)(const struct agon_host *host, uint32_t model, const float *x, uint32_t n_x,
                float *y, uint32_t n_y);
    /* As after open. [agent] */
    int (*reset)(const struct agon_host *host, uint32_t model);
    /* What it has seen, as state_bytes that a plugin writes with its own state. [agent] */
    int (*save)(const struct agon_host *host, uint32_t model, void *state);
    /* Of a model of the same shape. AGON_EINVAL: it is no such state, and the model is as it was.
     * [agent] */
    int (*load)(const struct agon_host *host, uint32_t model, const void *state, uint64_t n);
};

#endif
