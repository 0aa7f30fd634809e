// SPDX-License-Identifier: Apache-2.0
/* pack: messages that travel compressed. Reading holds to a bound, so that a small frame cannot
 * become a large memory; nothing is allocated behind the first message. [any, one thread at a time]
 */
#ifndef NET_PACK_H
#define NET_PACK_H

#include <stddef.h>

enum pack_kind {
    PACK_GZIP = 1,   /* RFC 1952 */
    PACK_DEFLATE = 2 /* RFC 1951: no header, no sum */
};
struct pack;

/* Of messages that have at most most bytes when they are read. AGON_ENOMEM. */
int pack_new(struct pack **pack, enum pack_kind kind, size_t most);
void pack_free(struct pack *pack); /* NULL is fine */
/* bytes are one whole message: AGON_OK, and text stands until the next call. AGON_EINVAL: damaged,
 * cut off, or more behind its end. AGON_ENOSPC: it is longer than most. AGON_ENOMEM. */
int pack_read(struct pack *pack, const void *bytes, size_t n, const void **text, size_t *n_text);
/* The other way: what pack_read reads. AGON_ENOSPC: it is longer than most. AGON_ENOMEM. */
int pack_write(struct pack *pack, const void *text, size_t n, const void **bytes, size_t *n_bytes);

#endif
