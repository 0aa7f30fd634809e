// SPDX-License-Identifier: Apache-2.0
#include "venue/secret.h"

#include <sodium.h>

int secret_set(struct secret *secret, const void *bytes, size_t n)
{
    const unsigned char *text = bytes;

    while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == '\r' || text[n - 1] == ' '))
        n--;
    secret_wipe(secret);
    if (n > sizeof(secret->bytes))
        return AGON_ERANGE;
    memcpy(secret->bytes, text, n);
    secret->n = n;
    return AGON_OK;
}

void secret_wipe(struct secret *secret)
{
    sodium_memzero(secret, sizeof(*secret));
}
