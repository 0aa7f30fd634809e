// SPDX-License-Identifier: Apache-2.0
#include "nn/onnx.h"

#include <stdlib.h>
#include <string.h>

#include "nn/net_impl.h"
#include "nn/norm.h"
#include "nn/served.h"

#define REAL_TYPE  (REAL_BITS == 32 ? 1 : 11) /* TensorProto.DataType */
#define INT64_TYPE 7
#define IR_VERSION 8
#define OPSET      17
#define ML_DOMAIN  "ai.onnx.ml"
#define ML_OPSET   3

/* --- protobuf: a field is its number and kind, then a number, or a length and bytes --- */

static void put(struct onnx *onnx, struct onnx_bytes *to, const void *bytes, size_t n)
{
    if (onnx->failed || n == 0)
        return;
    if (to->n + n > to->room) {
        size_t room = 2 * (to->n + n) + 256;
        unsigned char *grown = realloc(to->at, room);

        if (grown == NULL) {
            onnx->failed = 1;
            return;
        }
        to->at = grown;
        to->room = room;
    }
    memcpy(to->at + to->n, bytes, n);
    to->n += n;
}

static void put_varint(struct onnx *onnx, struct onnx_bytes *to, uint64_t value)
{
    unsigned char bytes[10];
    size_t n = 0;

    for (; value >= 0x80; value >>= 7)
        bytes[n++] = (unsigned char)(value | 0x80);
    bytes[n++] = (unsigned char)value;
    put(onnx, to, bytes, n);
}

static void put_number(struct onnx *onnx, struct onnx_bytes *to, uint32_t field, uint64_t value)
{
    put_varint(onnx, to, field << 3);
    put_varint(onnx, to, value);
}

static void put_bytes(struct onnx *onnx, struct onnx_bytes *to, uint32_t field, const void *bytes,
                      size_t n)
{
    put_varint(onnx, to, field << 3 | 2);
    put_varint(onnx, to, n);
    put(onnx, to, bytes, n);
}

static void put_text(struct onnx *onnx, struct onnx_bytes *to, uint32_t field, const char *text)
{
    put_bytes(onnx, to, field, text, strlen(text));
}

/* A message that was put together, which is given back. */
static void put_message(struct onnx *onnx, struct onnx_bytes *to, uint32_t field,
                        struct onnx_bytes *message)
{
    if (!onnx->failed)
        put_bytes(onnx, to, field, message->at, message->n);
    free(message->at);
    *message = (struct onnx_bytes){0};
}

/* --- the parts of a graph --- */

static void put_constant(struct onnx *onnx, const char *name, int type, const int64_t *dims,
                         uint32_t n_dims, const void *values, size_t n)
{
    struct onnx_bytes tensor = {0};

    for (uint32_t i = 0; i < n_dims; i++)
        put_number(onnx, &tensor, 1, (uint64_t)dims[i]);
    put_number(onnx, &tensor, 2, (uint64_t)type);
    put_text(onnx, &tensor, 8, name);
    put_bytes(onnx, &tensor, 9, values, n);
    put_message(onnx, &onnx->constants, 5, &tensor);
}

void onnx_tensor(struct onnx *onnx, const char *name, const real *values, uint32_t d0, uint32_t d1,
                 uint32_t d2)
{
    int64_t dims[] = {d0, d1, d2};
    uint32_t n_dims = 0;
    size_t n = sizeof(real);

    while (n_dims < 3 && dims[n_dims] > 0)
        n *= (size_t)dims[n_dims++];
    put_constant(onnx, name, REAL_TYPE, dims, n_dims, values, n);
}

void onnx_shape(struct onnx *onnx, const char *name, const int64_t *values, uint32_t n)
{
    int64_t dims[] = {n};

    put_constant(onnx, name, INT64_TYPE, dims, 1, values, n * sizeof(*values));
}

static void put_names(struct onnx *onnx, struct onnx_bytes *to, uint32_t field, const char *names)
{
    while (*names != '\0') {
        size_t n = strcspn(names, " ");

        if (n == 1 && *names == '-') // one that is left out
            put_bytes(onnx, to, field, "", 0);
        else
            put_bytes(onnx, to, field, names, n);
        names += n + (names[n] == ' ');
    }
}

static void put_attribute(struct onnx *onnx, struct onnx_bytes *to,
                          const struct onnx_attribute *attribute)
{
    struct onnx_bytes message = {0};
    float number = (float)attribute->number;

    put_text(onnx, &message, 1, attribute->name);
    if (attribute->kind == ONNX_FLOATS) {
        for (uint32_t i = 0; i < attribute->n; i++) {
            put_varint(onnx, &message, 7 << 3 | 5);
            put(onnx, &message, &attribute->floats[i], sizeof(float));
        }
    } else if (attribute->kind == ONNX_TEXTS) {
        for (uint32_t i = 0; i < attribute->n; i++)
            put_text(onnx, &message, 9, attribute->texts[i]);
    } else if (attribute->kind == ONNX_INT) {
        put_number(onnx, &message, 3, (uint64_t)attribute->value);
    } else if (attribute->kind == ONNX_REAL) {
        put_varint(onnx, &message, 2 << 3 | 5);
        put(onnx, &message, &number, sizeof(number));
    } else {
        for (uint32_t i = 0; i < attribute->n; i++)
            put_number(
                onnx, &message, 8,
                (uint64_t)(attribute->ints != NULL ? attribute->ints[i] : attribute->list[i]));
    }
    put_number(onnx, &message, 20, attribute->kind);
    put_message(onnx, to, 5, &message);
}

void onnx_node(struct onnx *onnx, const char *op, const char *inputs, const char *outputs,
               const struct onnx_attribute *attributes)
{
    struct onnx_bytes node = {0};

    put_names(onnx, &node, 1, inputs);
    put_names(onnx, &node, 2, outputs);
    put_text(onnx, &node, 4, op);
    for (; attributes != NULL && attributes->name != NULL; attributes++)
        put_attribute(onnx, &node, attributes);
    if (strcmp(op, ONNX_TREES) == 0) {
        put_text(onnx, &node, 7, ML_DOMAIN);
        onnx->has_trees = 1;
    }
    put_message(onnx, &onnx->nodes, 1, &node);
}

void onnx_dense(struct onnx *onnx, const char *from, const char *to, const real *weights,
                uint32_t inputs, uint32_t outputs)
{
    char names[128];
    char w[24];
    char b[24];

    (void)snprintf(w, sizeof(w), "w%u", ++onnx->n_made);
    (void)snprintf(b, sizeof(b), "b%u", onnx->n_made);
    (void)snprintf(names, sizeof(names), "%.48s %s %s", from, w, b);
    onnx_tensor(onnx, w, weights, inputs, outputs, 0);
    onnx_tensor(onnx, b, weights + (size_t)inputs * outputs, outputs, 0, 0);
    onnx_node(onnx, "Gemm", names, to, NULL);
}

void onnx_norm(struct onnx *onnx, const char *from, const char *to, const real *weights, uint32_t n)
{
    const struct onnx_attribute attributes[] = {
        {.name = "axis", .kind = ONNX_INT, .value = -1},
        {.name = "epsilon", .kind = ONNX_REAL, .number = NORM_EPS},
        {0}};
    char names[128];
    char gain[24];
    char bias[24];

    (void)snprintf(gain, sizeof(gain), "gain%u", ++onnx->n_made);
    (void)snprintf(bias, sizeof(bias), "bias%u", onnx->n_made);
    (void)snprintf(names, sizeof(names), "%.48s %s %s", from, gain, bias);
    onnx_tensor(onnx, gain, weights, n, 0, 0);
    onnx_tensor(onnx, bias, weights + n, n, 0, 0);
    onnx_node(onnx, "LayerNormalization", names, to, attributes);
}

/* One value of this graph's own by a node of two. */
static void made(struct onnx *onnx, const char *op, const char *a, const char *b, char to[24])
{
    char names[128];

    (void)snprintf(to, 24, "v%u", ++onnx->n_made);
    (void)snprintf(names, sizeof(names), *b == '\0' ? "%.48s" : "%.48s %.48s", a, b);
    onnx_node(onnx, op, names, to, NULL);
}

void onnx_gelu(struct onnx *onnx, const char *from, const char *to)
{
    static const real constants[] = {(real)0.044715, (real)0.7978845608028654 /* sqrt(2 / pi) */, 1,
                                     (real)0.5};
    char square[24];
    char cube[24];
    char share[24];
    char inner[24];
    char scaled[24];
    char tanh_of[24];
    char more[24];
    char half[24];
    char names[128];

    if (onnx->n_gelus++ == 0) {
        onnx_tensor(onnx, "gelu_cube", &constants[0], 1, 0, 0);
        onnx_tensor(onnx, "gelu_scale", &constants[1], 1, 0, 0);
        onnx_tensor(onnx, "gelu_one", &constants[2], 1, 0, 0);
        onnx_tensor(onnx, "gelu_half", &constants[3], 1, 0, 0);
    }
    made(onnx, "Mul", from, from, square);
    made(onnx, "Mul", square, from, cube);
    made(onnx, "Mul", cube, "gelu_cube", share);
    made(onnx, "Add", from, share, inner);
    made(onnx, "Mul", inner, "gelu_scale", scaled);
    made(onnx, "Tanh", scaled, "", tanh_of);
    made(onnx, "Add", tanh_of, "gelu_one", more);
    made(onnx, "Mul", from, "gelu_half", half);
    (void)snprintf(names, sizeof(names), "%s %s", half, more);
    onnx_node(onnx, "Mul", names, to, NULL);
}

void onnx_reshape(struct onnx *onnx, const char *from, const char *to, uint32_t d0, uint32_t d1,
                  uint32_t d2)
{
    int64_t dims[] = {d0, d1, d2};
    char names[128];
    char shape[24];

    (void)snprintf(shape, sizeof(shape), "shape%u", ++onnx->n_made);
    (void)snprintf(names, sizeof(names), "%.48s %s", from, shape);
    onnx_shape(onnx, shape, dims, d2 > 0 ? 3 : 2);
    onnx_node(onnx, "Reshape", names, to, NULL);
}

void onnx_transpose(struct onnx *onnx, const char *from, const char *to, const char *perm)
{
    struct onnx_attribute attributes[] = {{.name = "perm", .kind = ONNX_INTS}, {0}};

    for (; *perm != '\0'; perm++)
        attributes[0].list[attributes[0].n++] = *perm - '0';
    onnx_node(onnx, "Transpose", from, to, attributes);
}

/* What the columns of x are called, a blank between two. */
static void put_columns(struct onnx *onnx, struct onnx_bytes *value)
{
    struct onnx_bytes text = {0};

    for (uint32_t i = 0; i < onnx->names->n_inputs; i++) {
        put(onnx, &text, " ", i > 0);
        put(onnx, &text, onnx->names->inputs[i], strlen(onnx->names->inputs[i]));
    }
    if (text.n > 0)
        put_message(onnx, value, 3, &text);
}

/* x or y: [rows][columns] of this type. */
static void put_value(struct onnx *onnx, struct onnx_bytes *graph, uint32_t field, const char *name,
                      uint32_t rows, uint32_t columns)
{
    uint32_t dims[] = {rows, columns};
    struct onnx_bytes value = {0};
    struct onnx_bytes type = {0};
    struct onnx_bytes tensor = {0};
    struct onnx_bytes shape = {0};

    for (uint32_t i = 0; i < 2; i++) {
        struct onnx_bytes dim = {0};

        put_number(onnx, &dim, 1, dims[i]);
        put_message(onnx, &shape, 1, &dim);
    }
    put_number(onnx, &tensor, 1, REAL_TYPE);
    put_message(onnx, &tensor, 2, &shape);
    put_message(onnx, &type, 1, &tensor);
    put_text(onnx, &value, 1, name);
    put_message(onnx, &value, 2, &type);
    if (*name == 'x')
        put_columns(onnx, &value);
    put_message(onnx, graph, field, &value);
}

static void put_opset(struct onnx *onnx, struct onnx_bytes *model, const char *domain, uint32_t n)
{
    struct onnx_bytes opset = {0};

    put_text(onnx, &opset, 1, domain);
    put_number(onnx, &opset, 2, n);
    put_message(onnx, model, 8, &opset);
}

/* One of the file's texts; "": it is left out. */
static void put_said(struct onnx *onnx, struct onnx_bytes *model, const char *key, const char *text)
{
    struct onnx_bytes entry = {0};

    if (*text == '\0')
        return;
    put_text(onnx, &entry, 1, key);
    put_text(onnx, &entry, 2, text);
    put_message(onnx, model, 14, &entry);
}

static void put_card(struct onnx *onnx, struct onnx_bytes *model)
{
    const struct served_names *names = onnx->names;
    char key[32];

    put_said(onnx, model, "agon.model", names->model);
    put_said(onnx, model, "agon.served", names->served);
    put_said(onnx, model, "agon.goal", names->goal);
    if (names->edition > 0) {
        (void)snprintf(key, sizeof(key), "%u", names->edition);
        put_said(onnx, model, "agon.edition", key);
    }
    for (uint32_t i = 0; i < names->n_inputs; i++) {
        (void)snprintf(key, sizeof(key), "agon.input.%u", i);
        put_said(onnx, model, key, names->inputs[i]);
    }
}

int onnx_finish(struct onnx *onnx, FILE *file, const char *name, uint32_t inputs, uint32_t outputs,
                struct error *err)
{
    struct onnx_bytes model = {0};
    struct onnx_bytes graph = {0};
    int rc = AGON_OK;

    put_number(onnx, &model, 1, IR_VERSION);
    put_text(onnx, &model, 2, "agon");
    put(onnx, &graph, onnx->nodes.at, onnx->nodes.n);
    put_text(onnx, &graph, 2, name);
    if (onnx->constants.n > 0)
        put(onnx, &graph, onnx->constants.at, onnx->constants.n);
    put_value(onnx, &graph, 11, "x", onnx->steps, inputs);
    put_value(onnx, &graph, 12, "y", onnx->steps, outputs);
    put_message(onnx, &model, 7, &graph);
    put_opset(onnx, &model, "", OPSET);
    if (onnx->has_trees)
        put_opset(onnx, &model, ML_DOMAIN, ML_OPSET);
    put_card(onnx, &model);
    if (onnx->failed)
        rc = error_set(err, AGON_ENOMEM, "no memory for an ONNX file");
    else if (fwrite(model.at, 1, model.n, file) != model.n || fflush(file) != 0)
        rc = error_set(err, AGON_EIO, "the ONNX file does not take it all");
    free(model.at);
    free(onnx->nodes.at);
    free(onnx->constants.at);
    return rc;
}

int onnx_write(FILE *file, const struct net *net, const real *weights, const real *mean,
               const real *scale, const struct served_names *names, uint32_t steps,
               struct error *err)
{
    struct onnx onnx = {.steps = steps, .names = names};

    if (steps == 0 || steps > ONNX_STEPS)
        return error_set(err, AGON_EINVAL, "%u steps; expected from 1 to %d", steps, ONNX_STEPS);
    onnx_tensor(&onnx, "mean", mean, net->shape.inputs, 0, 0);
    onnx_tensor(&onnx, "scale", scale, net->shape.inputs, 0, 0);
    onnx_node(&onnx, "Sub", "x mean", "centred", NULL);
    onnx_node(&onnx, "Mul", "centred scale", "normal", NULL);
    net->shape.arch->onnx(net, weights, "normal", "y", &onnx);
    return onnx_finish(&onnx, file, net_arch_name(net->shape.arch), net->shape.inputs,
                       net->shape.outputs, err);
}
