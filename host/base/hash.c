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

_Static_assert(sizeof(crypto_hash_sha256_state) <= sizeof(((struct sha256 *)0)->opaque),
               "room for the state of libsodium");
_Static_assert(crypto_hash_sha256_BYTES == HASH_SIZE, "digests are of one size");

void sha256_init(struct sha256 *hash)
{
    REQUIRE(crypto_hash_sha256_init((crypto_hash_sha256_state *)(void *)hash->opaque) == 0);
}

void sha256_update(struct sha256 *hash, const void *bytes, size_t n)
{
    REQUIRE(crypto_hash_sha256_update((crypto_hash_sha256_state *)(void *)hash->opaque, bytes, n) ==
            0);
}

void sha256_final(struct sha256 *hash, unsigned char digest[HASH_SIZE])
{
    REQUIRE(crypto_hash_sha256_final((crypto_hash_sha256_state *)(void *)hash->opaque, digest) ==
            0);
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
