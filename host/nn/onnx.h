// SPDX-License-Identifier: Apache-2.0
/* onnx: a model as a file of the format ONNX (opset 17), for other programs: x[steps][inputs], as
 * they come, to y[steps][outputs], an answer at each step from reset. Normalisation is inside.
 *
 * The file is a message of protobuf, which is written here field by field. An architecture builds
 * its graph by the calls below (net_impl.h: onnx); values have names, and a node's output is called
 * as the call says. */
#ifndef NN_ONNX_H
#define NN_ONNX_H

#include "nn/net.h"
#include "nn/trees.h"

/* Names carry the type (kernels/real.h). */
#define onnx_write     TYPED(onnx_write)
#define onnx_trees     TYPED(onnx_trees)
#define onnx_finish    TYPED(onnx_finish)
#define onnx_tensor    TYPED(onnx_tensor)
#define onnx_shape     TYPED(onnx_shape)
#define onnx_node      TYPED(onnx_node)
#define onnx_dense     TYPED(onnx_dense)
#define onnx_norm      TYPED(onnx_norm)
#define onnx_gelu      TYPED(onnx_gelu)
#define onnx_reshape   TYPED(onnx_reshape)
#define onnx_transpose TYPED(onnx_transpose)

#define ONNX_STEPS 4096 /* of a file */

/* The file's metadata has what names says, as the model's own card does: agon.model, agon.served,
 * agon.goal, agon.edition and agon.input.0, .1, ... for the columns of x, which x has as its text
 * too. */
struct served_names;

/* For windows of `steps`; weights, mean[inputs] and scale[inputs] in this process's memory.
 * AGON_ENOMEM, AGON_EIO. [any] */
int onnx_write(FILE *file, const struct net *net, const real *weights, const real *mean,
               const real *scale, const struct served_names *names, uint32_t steps,
               struct error *err);

/* Trees: each of the `steps` rows by itself; NaN is missing. Margins in float, whose sum ONNX
 * leaves to who runs it. [any] */
int onnx_trees(FILE *file, const struct trees *trees, const struct served_names *names,
               uint32_t steps, struct error *err);

struct onnx {
    uint32_t steps;
    const struct served_names *names; /* of the model */
    struct onnx_bytes {
        unsigned char *at;
        size_t n, room;
    } nodes, constants; /* owned: fields of the graph */
    int failed;         /* no memory; everything is a no-op from then on */
    uint32_t n_made;    /* names that were made up */
    uint32_t n_gelus;
    int has_trees; /* the file imports ai.onnx.ml */
};

struct onnx_attribute {
    const char *name; /* NULL: no more */
    enum { ONNX_INT = 2, ONNX_REAL = 1, ONNX_FLOATS = 6, ONNX_INTS = 7, ONNX_TEXTS = 8 } kind;
    int64_t value;
    double number;
    int64_t list[4];
    const int64_t *ints; /* instead of list, where there are more */
    const float *floats;
    const char *const *texts;
    uint32_t n; /* of a list */
};
#define ONNX_TREES "TreeEnsembleRegressor" /* the one operator of ai.onnx.ml */

/* The file of what was put together, from x[steps][inputs] to y[steps][outputs]; what onnx holds is
 * given back in any case. AGON_ENOMEM, AGON_EIO. [any] */
int onnx_finish(struct onnx *onnx, FILE *file, const char *name, uint32_t inputs, uint32_t outputs,
                struct error *err);

/* A constant; dims of 0 are none. [any] */
void onnx_tensor(struct onnx *onnx, const char *name, const real *values, uint32_t d0, uint32_t d1,
                 uint32_t d2);
/* A constant of whole numbers, as shapes are. [any] */
void onnx_shape(struct onnx *onnx, const char *name, const int64_t *values, uint32_t n);
/* inputs and outputs: names, a space between; attributes or NULL. [any] */
void onnx_node(struct onnx *onnx, const char *op, const char *inputs, const char *outputs,
               const struct onnx_attribute *attributes);
/* Of weights as in dense.h and norm.h. [any] */
void onnx_dense(struct onnx *onnx, const char *from, const char *to, const real *weights,
                uint32_t inputs, uint32_t outputs);
void onnx_norm(struct onnx *onnx, const char *from, const char *to, const real *weights,
               uint32_t n);
void onnx_gelu(struct onnx *onnx, const char *from, const char *to);
void onnx_reshape(struct onnx *onnx, const char *from, const char *to, uint32_t d0, uint32_t d1,
                  uint32_t d2);
/* perm: "10", "102", "120": the places of the dimensions. [any] */
void onnx_transpose(struct onnx *onnx, const char *from, const char *to, const char *perm);

#endif
