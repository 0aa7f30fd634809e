// SPDX-License-Identifier: Apache-2.0
/* served: a model as it runs beside an agent, from a file of one of two formats.
 *
 * XGBoost's JSON, as nn/trees.h has it: boosted trees or a forest, without a state. An x that is
 * NaN is missing.
 *
 * safetensors, whose card (texts of "__metadata__") says what it is.
 *
 *   agon.model    an architecture (net.c): lstm/1, lstm/2, tcn/1, transformer/1, policy/1
 *   agon.inputs, agon.hidden, agon.layers, agon.outputs   whole numbers, and what else its file
 *                 (lstm_net.c, tcn.c, ...) names: agon.head; agon.taps; agon.heads, .span, .feed
 *   agon.served   "state": it goes on from event to event; "window:N": from nothing over the last N
 *   agon.input.0, .1, ...   what each input is called, as in the table it learned from
 *   agon.device   what it was trained on; left out: a processor
 *   agon.strong   a column it learned from that alone knew more than a market gives (train_leak.h)
 *   agon.edition  of the catalogue of features that these are of; left out: of none
 *   agon.goal     may be there: what its answers are, as the training was asked (served_goal)
 *
 * Tensors: norm.mean[inputs], norm.scale[inputs] (a model sees (x - mean) * scale), and those of
 * its architecture. Nothing else.
 *
 * One thread, that of the device. Memory is taken in served_open alone. */
#ifndef NN_SERVED_H
#define NN_SERVED_H

#include "nn/net.h"
#include "nn/trees.h"

/* Names carry the type (kernels/real.h). */
#define served_open  TYPED(served_open)
#define served_close TYPED(served_close)
#define served_step  TYPED(served_step)
#define served_reset TYPED(served_reset)
#define served_save  TYPED(served_save)
#define served_load  TYPED(served_load)
#define served_parts TYPED(served_parts)
#define served_write TYPED(served_write)
#define served_said  TYPED(served_said)
#define served_hold  TYPED(served_hold)

struct served;
struct served_shape {
    uint32_t inputs, outputs;
    uint32_t window;    /* events; 0: its state goes on */
    size_t state_bytes; /* what served_save writes; 0 of trees */
};

/* From the file's bytes, which are read here and never again; name: of the file, for what is said
 * of it. The device computes where its memory
 * is this process's (kernels/cpu.h). AGON_EINVAL with what is wrong about the file; AGON_ENOMEM.
 * [owner] */
int served_open(struct device *device, const char *name, const void *bytes, size_t n,
                struct served **model, struct served_shape *shape, struct error *err);
void served_close(struct served *model); /* NULL is fine */
/* One event: x[inputs] to y[outputs]. AGON_EINVAL: an x is NaN or infinite, and nothing changed;
 * AGON_EAGAIN: the window is not full yet, y is not written; AGON_ERANGE: an answer of a net is no
 * number, by weights that are too large. [owner] */
int served_step(struct served *model, const real *x, real *y);
/* As after served_open. [owner] */
void served_reset(struct served *model);
/* Asks a net by its inputs' means, and by 3 deviations on either side: weights that are numbers may
 * be too large to be used. AGON_ERANGE: an answer is not a number; AGON_ENOMEM. Reset behind it.
 * [owner] */
int served_check(struct served *model, const char *name, struct error *err);
/* The state, for the same weights only. AGON_EINVAL: of another size or with values that no state
 * has; the model is as it was. [owner] */
void served_save(struct served *model, void *state);
int served_load(struct served *model, const void *state, size_t n);

/* What it is made of, as long as it is open. [any] */
struct served_parts {
    const struct net *net;
    const real *weights, *mean, *scale;
    const struct trees *trees; /* NULL: a net, whose the others are */
};
struct served_parts served_parts(const struct served *model);
#define SERVED_NAMES 136 /* inputs of a net whose names a file keeps */
/* What is said of a model beside its shape. */
struct served_words {
    const char *served;        /* "state" or "window:N" */
    const char *goal;          /* "" or NULL: nothing */
    const char *const *inputs; /* their names, printable ASCII without quotes and backslashes, of
                                  less than CHECKPOINT_VALUE bytes; NULL: nothing, as of more than
                                  SERVED_NAMES */
    uint32_t edition;          /* of the features; 0: they are not of the catalogue */
    const char *device;        /* what it was trained on; "" or NULL: nothing */
    const char *strong;        /* a column that knew more than a market gives; "" or NULL: none */
};
/* The file of a model: its weights, mean[inputs] and scale[inputs] stand in this process's memory.
 * AGON_EIO, AGON_ENOMEM. [any] */
int served_write(FILE *file, const struct net *net, const struct served_words *words, real *mean,
                 real *scale, real *weights, struct error *err);
/* What a file says of its goal and its inputs; "" and 0 where it says nothing. Trees say it in
 * their own way: learner.feature_names, the attribute agon.edition and the objective. AGON_EINVAL:
 * also names that are not as many as the inputs, or two alike; AGON_ENOMEM. [any] */
struct served_names {
    char model[CHECKPOINT_VALUE], served[CHECKPOINT_VALUE], goal[CHECKPOINT_VALUE];
    char (*inputs)[CHECKPOINT_VALUE]; /* owned by the caller: free it */
    uint32_t n_inputs;                /* 0: no names */
    uint32_t edition;                 /* of the features; 0: of none that is known */
};
int served_said(const void *bytes, size_t n, struct served_names *names, struct error *err);
/* Are these the inputs that are given: as many, called so, in this order, of this edition? given:
 * names with a blank between two. AGON_EVERSION: they are not, with what differs and what to do.
 * [any] */
int served_hold(const struct served_names *names, const char *given, uint32_t edition,
                struct error *err);

#endif
