// SPDX-License-Identifier: Apache-2.0
/* infer_blob: the file of infer_plugin.c, which lies in this binary. [any] */
#ifndef BENCH_INFER_BLOB_H
#define BENCH_INFER_BLOB_H

#include <stddef.h>

const void *infer_blob(size_t *n);

#endif
