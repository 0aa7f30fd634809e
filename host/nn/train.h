// SPDX-License-Identifier: Apache-2.0
/* train: a net that learns, batch by batch, by Adam. What it does next is a function of what its
 * checkpoint holds and of the batch that it is given, to the bit. */
#ifndef NN_TRAIN_H
#define NN_TRAIN_H

#include "nn/adam.h"
#include "nn/net.h"

/* Names carry the type (kernels/real.h). */
#define train_init    TYPED(train_init)
#define train_deinit  TYPED(train_deinit)
#define train_forward TYPED(train_forward)
#define train_step    TYPED(train_step)
#define train_loss    TYPED(train_loss)
#define train_save    TYPED(train_save)
#define train_load    TYPED(train_load)

/* Of a row's outputs y and its target t, times their share:
 * SQUARE: (y - t)^2; CLASSES: -t log(softmax(y)), the regression and the classifier. */
enum train_goal { TRAIN_SQUARE = 0, TRAIN_CLASSES };

struct train {
    struct device *device; /* borrowed */
    const struct net *net; /* borrowed */
    enum train_goal goal;
    struct net_tape tape; /* its drop may be set */
    struct adam adam;     /* its rate may be set */
    uint64_t n_steps;
    size_t n_x, n_y;
    real *weights, *dweights, *x, *y, *target, *share, *dy; /* the device's */
    real *block;                                            /* owned */
    real *here; /* owned; this process's: room for weights, m and v, or for y and target */
};

/* Weights are drawn by the seed, and dropout's draws come from it. AGON_ENOMEM. [owner] */
int train_init(struct device *device, const struct net *net, uint32_t steps, uint32_t batch,
               enum train_goal goal, double rate, uint64_t seed, struct train *train);
void train_deinit(struct train *train);
/* x[rows][inputs] to train->y, without dropout. [owner] */
void train_forward(struct train *train, const real *x);
/* One step on a batch: x[rows][inputs]; target and share [rows][outputs], share being what each
 * counts, 0 for nothing. [owner] */
void train_step(struct train *train, const real *x, const real *target, const real *share);
/* The sum over the last forward's rows, of this target and share. [owner] */
double train_loss(struct train *train, const real *target, const real *share);
/* All that the next steps depend on: weights, Adam's moments, how many steps there were; not the
 * rate and dropout's share and seed, which are its caller's. AGON_EIO, AGON_ENOMEM. [owner] */
int train_save(struct train *train, FILE *file, struct error *err);
/* AGON_EINVAL: it is of another net, or none; AGON_EIO. The training is as it was then. [owner] */
int train_load(struct train *train, FILE *file, struct error *err);

#endif
