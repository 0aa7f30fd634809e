// SPDX-License-Identifier: Apache-2.0
#include "venue/secret.h"

#include <sodium.h>
#include <stdatomic.h>
#include <sys/mman.h>

#define ALIGN                                                                                      \
    64u /* sodium_malloc puts the end at a page's, so the length decides the alignment             \
         */

static _Atomic int is_unlocked; // some page was made that could not be locked

void *secret_new(size_t n)
{
    void *bytes;

    n = (n + ALIGN - 1) / ALIGN * ALIGN;
    if (sodium_init() < 0)
        return NULL;
    // Locked as far as the limit for locked memory allows, and never in a core file.
    bytes = sodium_malloc(n);
    if (bytes == NULL)
        return NULL;
    // sodium_malloc keeps to itself that it could not lock them. To lock them once more changes
    // nothing, and says it.
    if (mlock(bytes, n) != 0)
        atomic_store(&is_unlocked, 1);
    memset(bytes, 0, n);
    return bytes;
}

int secret_is_locked(void)
{
    return !atomic_load(&is_unlocked);
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
