// SPDX-License-Identifier: Apache-2.0
/* net: a model as a whole. What it is stands in its shape, its weights are one block of tensors
 * with names, and it answers over windows, forward and back, and event by event with the same bits.
 *
 * Architectures are rows of a table (net.c), each a file of its own: lstm_net.c, tcn.c,
 * transformer.c, policy_net.c. Those files say what is computed and which tensors there are. */
#ifndef NN_NET_H
#define NN_NET_H

#include <stdio.h>

#include "kernels/device.h"
#include "nn/checkpoint.h"

/* Names carry the type (kernels/real.h). */
#define net_arch_find     TYPED(net_arch_find)
#define net_arch_name     TYPED(net_arch_name)
#define net_init          TYPED(net_init)
#define net_list          TYPED(net_list)
#define net_card          TYPED(net_card)
#define net_draw          TYPED(net_draw)
#define net_read_card     TYPED(net_read_card)
#define net_is_by_step    TYPED(net_is_by_step)
#define net_tape_init     TYPED(net_tape_init)
#define net_tape_deinit   TYPED(net_tape_deinit)
#define net_forward       TYPED(net_forward)
#define net_backward      TYPED(net_backward)
#define net_stream_init   TYPED(net_stream_init)
#define net_stream_deinit TYPED(net_stream_deinit)
#define net_stream_reset  TYPED(net_stream_reset)
#define net_stream_bytes  TYPED(net_stream_bytes)
#define net_stream_save   TYPED(net_stream_save)
#define net_stream_load   TYPED(net_stream_load)
#define net_step          TYPED(net_step)
#define net_answer        TYPED(net_answer)

#define NET_WIDTH   4096 /* no number of a shape is more */
#define NET_LAYERS  8
#define NET_TENSORS 128
#define NET_NAME    32

struct net_arch; /* net_impl.h */

/* What is not of an architecture is 0. */
struct net_shape {
    const struct net_arch *arch;
    uint32_t inputs, outputs, hidden, layers;
    uint32_t head;              /* lstm/2: width of the dense layer with ReLU before the last */
    uint32_t taps;              /* of a convolution */
    uint32_t heads, span, feed; /* of attention: how far back, itself counted; width in between */
};

struct net_tensor {
    char name[NET_NAME];
    uint32_t n_dims, dims[3];
    size_t at, n;  /* in the block */
    double spread; /* net_draw draws evenly from -spread to spread; 0: all are `start` */
    double start;
};

struct net {
    struct net_shape shape;
    uint32_t n_tensors;
    size_t n_weights;
    struct net_tensor tensors[NET_TENSORS];
};

const struct net_arch *net_arch_find(const char *name); /* "tcn/1"; NULL: there is none [any] */
const char *net_arch_name(const struct net_arch *arch); /* [any] */
/* Lays it out. AGON_EINVAL: there is no model of this shape. [any] */
int net_init(const struct net_shape *shape, struct net *net, struct error *err);
/* Its tensors in a block of weights, for a checkpoint; tensors has room for n_tensors. [any] */
void net_list(const struct net *net, real *weights, struct checkpoint_tensor *tensors);
/* Its card, but for how it is served; texts has room for CHECKPOINT_TEXTS. Returns how many. [any]
 */
uint32_t net_card(const struct net *net, struct checkpoint_text *texts);
/* Weights to begin a training with, a function of the seed, into this process's memory. [any] */
void net_draw(const struct net *net, uint64_t seed, real *weights);
/* Lays out the model that a checkpoint's card is of ("agon.model", "agon.inputs" and so on).
 * AGON_EINVAL. [owner] */
int net_read_card(FILE *file, struct net *net, struct error *err);

/* A window's rows stand [steps][batch], and not [batch][steps]. [any] */
int net_is_by_step(const struct net *net);

/* What is kept of a window for the way back. */
struct net_tape {
    const struct net *net; /* borrowed */
    struct device *device; /* borrowed */
    uint32_t steps, batch;
    /* Dropout of what is added inside: its share, 0 for none, and which draws. May be set between
     * forwards. */
    double drop;
    uint64_t seed, turn;
    void *own;
};
/* AGON_ENOMEM. [owner] */
int net_tape_init(struct device *device, const struct net *net, uint32_t steps, uint32_t batch,
                  struct net_tape *tape);
void net_tape_deinit(struct net_tape *tape);
/* x[rows][inputs] gives y[rows][outputs]: an answer at each step. [owner] */
void net_forward(struct net_tape *tape, const real *weights, const real *x, real *y);
/* Of the last forward, once each: adds to dweights; dx may be NULL. [owner] */
void net_backward(struct net_tape *tape, const real *weights, const real *x, const real *dy,
                  real *dweights, real *dx);

/* What a series that goes on event by event has to remember. Weights are given each time. */
struct net_stream {
    const struct net *net; /* borrowed */
    struct device *device; /* borrowed; one whose memory is this process's */
    uint64_t n_events;
    void *own;
};
/* All memory is taken here. AGON_ENOMEM. [owner] */
int net_stream_init(struct device *device, const struct net *net, struct net_stream *stream);
void net_stream_deinit(struct net_stream *stream);
void net_stream_reset(struct net_stream *stream); /* as after net_stream_init [owner] */
/* x[inputs]. [owner] */
void net_step(struct net_stream *stream, const real *weights, const real *x);
/* y[outputs] after the last event. [owner] */
void net_answer(struct net_stream *stream, const real *weights, real *y);
/* The state as bytes. AGON_EINVAL: values that no state has; the stream is as it was. [owner] */
size_t net_stream_bytes(struct net_stream *stream);
void net_stream_save(struct net_stream *stream, void *state);
int net_stream_load(struct net_stream *stream, const void *state);

#endif
