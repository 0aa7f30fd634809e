// SPDX-License-Identifier: Apache-2.0
/* secret: a key that nothing prints.
 *
 * There is no function that gives it as text and no format for it; only the signer reads the bytes.
 * It is wiped when it goes. [any] */
#ifndef VENUE_SECRET_H
#define VENUE_SECRET_H

#include <agon/types.h>

#define SECRET_MAX 1024

struct secret {
    size_t n; /* 0: none */
    unsigned char bytes[SECRET_MAX];
};
/* AGON_ERANGE: longer than SECRET_MAX. White space at the end, as files have it, is left out. */
int secret_set(struct secret *secret, const void *bytes, size_t n);
void secret_wipe(struct secret *secret);

#endif
