// SPDX-License-Identifier: Apache-2.0
/* sealed: files that plugins are given (weights, tables), as memory that nobody can change any
 * more. The contents are copied once for each hash, whatever the number of agents that are given
 * them, and all together stay within a limit. What a plugin's process gets is the descriptor: it
 * needs no access to files. A gigabyte takes seconds: [any] thread but the core's, one at a time.
 */
#ifndef SYS_SEALED_H
#define SYS_SEALED_H

#include "base/error.h"
#include "base/hash.h"

#define SEALED_MAX 64 /* different contents at a time */

struct sealed {
    unsigned char digest[HASH_SIZE]; /* SHA-256, as sha256sum prints it */
    uint64_t bytes;                  /* never 0 while it is held */
    uint32_t n_users; /* sealed_open and sealed_again less sealed_close; 0: nothing is held here */
    int fd;           /* sealed: no write, no other size; close-on-exec */
};

struct sealed_set {
    uint64_t limit, held; /* bytes: that may be held, that are */
    int is_dry;           /* files are read and counted, and nothing is held (fd is -1) */
    struct sealed all[SEALED_MAX];
};

void sealed_init(struct sealed_set *set, uint64_t limit);
/* The contents of the file as they are now, for one user more. Links are followed. NULL, and
 * nothing is held that was not before: AGON_ENOENT, AGON_EPERM: no such file, none that may be
 * read; AGON_EINVAL: no regular file, or an empty one; AGON_ERANGE: over the limit, or too many;
 * AGON_EAGAIN: it changed while it was read; AGON_ENOMEM, AGON_EIO,
 * AGON_ENOTSUP as memfd.h has them. */
struct sealed *sealed_open(struct sealed_set *set, const char *path, struct error *err);
/* One user more of what is held. */
void sealed_again(struct sealed *sealed);
/* One user less; after the last one the memory goes back (mappings that were made stay). */
void sealed_close(struct sealed_set *set, struct sealed *sealed);

#endif
