// SPDX-License-Identifier: Apache-2.0
/* data_hash: what a file of data is, found out by a thread of its own while the file is used (ADR
 * 162). [one thread] */
#ifndef LAB_DATA_HASH_H
#define LAB_DATA_HASH_H

#include "base/error.h"
#include "base/hash.h"

struct data_hash;

/* The file is open from here on. NULL with the reason: AGON_ENOENT, AGON_EINVAL (no regular file),
 * AGON_EPERM, AGON_ENOMEM. */
struct data_hash *data_hash_open(const char *path, struct error *err);
/* Where there is no second processor, or no thread, data_hash_end does it all. */
void data_hash_begin(struct data_hash *of);
/* Waits for it. BLAKE2b of the whole file, and its bytes; AGON_EIO. As often as is wanted. */
int data_hash_end(struct data_hash *of, unsigned char hash[HASH_SIZE], uint64_t *n_bytes,
                  struct error *err);
void data_hash_free(struct data_hash *of); /* NULL is fine */

/* All of it at once, by the thread that asks. Errors as of both. */
int data_hash_now(const char *path, unsigned char hash[HASH_SIZE], uint64_t *n_bytes,
                  struct error *err);

#endif
