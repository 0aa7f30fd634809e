// SPDX-License-Identifier: Apache-2.0
/* net_impl: what an architecture is to net.c, and what the files of architectures share. */
#ifndef NN_NET_IMPL_H
#define NN_NET_IMPL_H

#include <stddef.h>

#include "nn/net.h"
#include "nn/onnx.h"

/* Names carry the type (kernels/real.h). */
#define lstm_net_arch    TYPED(lstm_net_arch)
#define lstm_head_arch   TYPED(lstm_head_arch)
#define tcn_arch         TYPED(tcn_arch)
#define transformer_arch TYPED(transformer_arch)
#define policy_net_arch  TYPED(policy_net_arch)
#define net_tensor_add   TYPED(net_tensor_add)
#define net_drop         TYPED(net_drop)
#define net_gelu         TYPED(net_gelu)
#define net_gelu_back    TYPED(net_gelu_back)
#define net_add          TYPED(net_add)

typedef void (*net_piece_fn)(void *ctx, real *at, size_t n);
struct net_key {
    const char *key; /* of the card; a whole number */
    size_t at;       /* in struct net_shape */
};
#define NET_KEY(field)                                                                             \
    {                                                                                              \
        "agon." #field, offsetof(struct net_shape, field)                                          \
    }

struct net_arch {
    const char *name;
    struct net_key keys[9]; /* the last has no key */
    int by_step;
    int (*check)(const struct net_shape *shape, struct error *err); /* or NULL */
    void (*lay)(struct net *net);                                   /* by net_tensor_add */
    int (*tape_init)(struct net_tape *tape);
    void (*tape_deinit)(struct net_tape *tape);
    void (*forward)(struct net_tape *tape, const real *weights, const real *x, real *y);
    void (*backward)(struct net_tape *tape, const real *weights, const real *x, const real *dy,
                     real *dweights, real *dx);
    int (*stream_init)(struct net_stream *stream);
    void (*stream_deinit)(struct net_stream *stream);
    void (*step)(struct net_stream *stream, const real *weights, const real *x);
    void (*answer)(struct net_stream *stream, const real *weights, real *y);
    /* Every piece of its memory that the next events depend on. */
    void (*pieces)(struct net_stream *stream, net_piece_fn fn, void *ctx);
    /* The pieces hold what was seen in n_events: sets what follows from that. */
    void (*resume)(struct net_stream *stream);
    /* From the value `from`, [steps][inputs], to `to`, [steps][outputs]. No memory shows in onnx.
     */
    void (*onnx)(const struct net *net, const real *weights, const char *from, const char *to,
                 struct onnx *onnx);
};
extern const struct net_arch lstm_net_arch, lstm_head_arch, tcn_arch, transformer_arch,
    policy_net_arch;

/* One more tensor, behind the others. rows 0: it has `columns` values and one dimension. n_in: sums
 * of so many terms go through it, and it is drawn by that; 0: all its values are `start`. */
void net_tensor_add(struct net *net, uint32_t planes, uint32_t rows, uint32_t columns,
                    uint32_t n_in, double start, const char *format, ...)
    __attribute__((format(printf, 7, 8)));

/* Memory by one counting pass with base NULL and one that hands it out. */
struct net_room {
    real *base;
    size_t n;
};
static inline real *net_take(struct net_room *room, size_t n)
{
    real *at = room->base == NULL ? NULL : room->base + room->n;

    room->n += n;
    return at;
}

/* Where the weights of tensor i stand. */
static inline const real *net_at(const struct net *net, const real *weights, uint32_t i)
{
    return weights + net->tensors[i].at;
}
static inline real *net_into(const struct net *net, real *weights, uint32_t i)
{
    return weights + net->tensors[i].at;
}

/* Dropout in place, of the place-th draw of this forward or of its way back. */
void net_drop(const struct net_tape *tape, real *a, size_t n, uint32_t place);
void net_gelu(struct device *device, const real *a, real *y, size_t n);
void net_gelu_back(struct device *device, const real *a, const real *dy, real *da, size_t n);
void net_add(struct device *device, const real *a, real *to, size_t n); /* to += a */

#endif
