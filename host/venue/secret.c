// SPDX-License-Identifier: Apache-2.0
#include "venue/secret.h"

#include <sodium.h>

#define ALIGN                                                                                      \
    64u /* sodium_malloc puts the end at a page's, so the length decides the alignment             \
         */

void *secret_new(size_t n)
{
    void *bytes;

    n = (n + ALIGN - 1) / ALIGN * ALIGN;
    if (sodium_init() < 0)
        return NULL;
    // Locked as far as the limit for locked memory allows, and never in a core file.
    bytes = sodium_malloc(n);
    if (bytes != NULL)
        memset(bytes, 0, n);
    return bytes;
}

void secret_free(void *bytes)
{
    sodium_free(bytes);
}

int secret_set(struct secret *secret, const void *bytes, size_t n)
{
    const unsigned char *text = bytes;

    while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == '\r' || text[n - 1] == ' '))
        n--;
    secret_wipe(secret);
    if (n > SECRET_MAX)
        return AGON_ERANGE;
    secret->bytes = secret_new(SECRET_MAX);
    if (secret->bytes == NULL)
        return AGON_ENOMEM;
    memcpy(secret->bytes, text, n);
    secret->n = n;
    return AGON_OK;
}

void secret_wipe(struct secret *secret)
{
    secret_free(secret->bytes);
    secret->bytes = NULL;
    secret->n = 0;
}
