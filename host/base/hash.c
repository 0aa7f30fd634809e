// SPDX-License-Identifier: Apache-2.0
#include "base/hash.h"

#include <sodium.h>

#include "base/error.h"

_Static_assert(sizeof(crypto_generichash_state) <= sizeof(((struct hash *)0)->opaque),
               "room for the state of libsodium");

static crypto_generichash_state *state_of(struct hash *hash)
{
    return (crypto_generichash_state *)(void *)hash->opaque;
}

void hash_init(struct hash *hash)
{
    REQUIRE(crypto_generichash_init(state_of(hash), NULL, 0, HASH_SIZE) == 0);
}

void hash_update(struct hash *hash, const void *bytes, size_t n)
{
    REQUIRE(crypto_generichash_update(state_of(hash), bytes, n) == 0);
}

void hash_final(struct hash *hash, unsigned char digest[HASH_SIZE])
{
    REQUIRE(crypto_generichash_final(state_of(hash), digest, HASH_SIZE) == 0);
}

void hash_hex(const unsigned char digest[HASH_SIZE], char text[2 * HASH_SIZE + 1])
{
    static const char hex[] = "0123456789abcdef";

    for (int i = 0; i < HASH_SIZE; i++) {
        text[2 * i] = hex[digest[i] >> 4];
        text[2 * i + 1] = hex[digest[i] & 15];
    }
    text[2 * HASH_SIZE] = '\0';
}
