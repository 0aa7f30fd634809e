// SPDX-License-Identifier: Apache-2.0
/* checkpoint: named tensors as a file in the format safetensors: eight bytes with the length of a
 * header, a header of JSON that says of each tensor its type, shape and place, and the values.
 * Other programs write and read the same (numpy, torch), and nothing in it is code. Little-endian
 * machines alone. */
#ifndef NN_CHECKPOINT_H
#define NN_CHECKPOINT_H

#include <stdio.h>

#include "base/error.h"
#include "kernels/real.h"

/* Names carry the type (kernels/real.h). */
#define checkpoint_write TYPED(checkpoint_write)
#define checkpoint_read  TYPED(checkpoint_read)
#define checkpoint_texts TYPED(checkpoint_texts)
#define checkpoint_card  TYPED(checkpoint_card)

#define CHECKPOINT_TENSORS 1024 /* of a file */
#define CHECKPOINT_NAME    64   /* bytes of a name: letters, digits, "." and "_" */
#define CHECKPOINT_DIMS    4
#define CHECKPOINT_TEXTS   160
#define CHECKPOINT_VALUE   48                /* bytes of a text, its end included */
#define CHECKPOINT_HEADER  ((size_t)1 << 20) /* bytes */

struct checkpoint_tensor {
    const char *name;
    uint32_t n_dims, dims[CHECKPOINT_DIMS];
    real *values; /* in this process's memory */
};

struct checkpoint_text {
    const char *key;
    char value[CHECKPOINT_VALUE];
};

/* With these texts as "__metadata__", printable ASCII without quotes and backslashes. AGON_EIO: the
 * file does not take it. [owner] */
int checkpoint_write(FILE *file, const struct checkpoint_text *texts, uint32_t n_texts,
                     const struct checkpoint_tensor *tensors, uint32_t n, struct error *err);
/* Fills the values of these tensors, which have to be all that are there, in any order, with the
 * same shapes and this type. AGON_EINVAL: the file is something else, or of other tensors; no value
 * was touched. AGON_EIO. The file has to be one that can be sought in. [owner] */
int checkpoint_read(FILE *file, const struct checkpoint_tensor *tensors, uint32_t n,
                    struct error *err);

/* Fills the values of these keys of "__metadata__". AGON_EINVAL: one is not there, is no text or
 * too long, or the file is something else. [owner] */
int checkpoint_texts(FILE *file, struct checkpoint_text *texts, uint32_t n, struct error *err);
/* All of "__metadata__", as it stands there, for json_decref; NULL: there is none. [owner] */
struct json_t *checkpoint_card(FILE *file);

#endif
