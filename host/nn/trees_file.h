// SPDX-License-Identifier: Apache-2.0
/* trees_file: a model's file as XGBoost writes it, taken apart: its JSON, or the binary form of the
 * same (UBJSON, what save_model writes from 2.1 on where a name does not end with .json). What is
 * in it is checked by who reads it. */
#ifndef NN_TREES_FILE_H
#define NN_TREES_FILE_H

#include <stddef.h>

#include <jansson.h>

#include "base/error.h"
#include "kernels/real.h"

#define trees_is_file TYPED(trees_is_file)
#define trees_file    TYPED(trees_file)
#define trees_ubjson  TYPED(trees_ubjson)

#define TREES_DEPTH 16u /* of nested arrays and objects; XGBoost's have 8 */
/* What it may take to be read, and what is counted for a value, besides that for a text, for a key,
 * for an array or an object, by what jansson takes of an allocator. A model of XGBoost's of
 * TREES_BYTES of JSON is below it. */
#define TREES_ROOM       ((size_t)640u << 20u)
#define TREES_COST_VALUE 56u
#define TREES_COST_TEXT  64u
#define TREES_COST_KEY   96u
#define TREES_COST_ARRAY 304u

enum trees_form { TREES_NONE = 0, TREES_JSON, TREES_UBJSON };
/* By its first bytes, which no safetensors has. [any] */
enum trees_form trees_is_file(const void *bytes, size_t n);
/* The whole of it; freed by json_decref. AGON_EINVAL with the place, before memory is taken for
 * more than TREES_ROOM; AGON_ENOMEM. [any] */
int trees_file(const char *bytes, size_t n, json_t **root, struct error *err);
/* ... of UBJSON, whose lists of what nobody here reads (parents, sums of hessians, categories) are
 * null in it. */
int trees_ubjson(const char *bytes, size_t n, json_t **root, struct error *err);

#endif
