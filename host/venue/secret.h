// SPDX-License-Identifier: Apache-2.0
/* secret: a key that nothing prints.
 *
 * There is no function that gives it as text and no format for it; only the signer reads the bytes.
 * They lie in pages of their own, which are locked (no swap) where the limit for locked memory lets
 * them be, are left out of core files and have guard pages around them, and are wiped when they go.
 * A copy of the struct borrows them: the one that was set is wiped. [any] */
#ifndef VENUE_SECRET_H
#define VENUE_SECRET_H

#include <agon/types.h>

#define SECRET_MAX 1024

struct secret {
    size_t n;             /* 0: none */
    unsigned char *bytes; /* owned by the one that was set */
};
/* AGON_ERANGE: longer than SECRET_MAX; AGON_ENOMEM. White space at the end, as files have it, is
 * left out. */
int secret_set(struct secret *secret, const void *bytes, size_t n);
void secret_wipe(struct secret *secret);
/* n bytes, zeroed, of such pages, for what is made of a secret. NULL: no memory. */
void *secret_new(size_t n);
void secret_free(void *bytes); /* wipes; NULL is fine */
/* Could every page that secret_new gave to this process be locked? Who holds keys says so where
 * not: they may be written to swap. */
int secret_is_locked(void);

#endif
