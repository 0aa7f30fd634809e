// SPDX-License-Identifier: Apache-2.0
/* The hash without EVP: its contexts lie in OpenSSL's heap and are copied by it, which takes as
 * long as the hash of a short message, and would be a second place for what is secret. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "venue/hmac.h"

#include <openssl/sha.h>
#include <sodium.h>
#include <string.h>

#include "base/error.h"

#define BLOCK 64

struct state {
    SHA256_CTX inner, outer;
};
_Static_assert(sizeof(struct state) <= sizeof(struct hmac_key), "room");
_Static_assert(_Alignof(struct state) <= _Alignof(struct hmac_key), "place");
_Static_assert(SHA256_DIGEST_LENGTH == HMAC_BYTES, "digest");

static struct state *state_of(struct hmac_key *key)
{
    return (struct state *)(void *)key->opaque;
}

static void begin(SHA256_CTX *hash, unsigned char pad[BLOCK], unsigned char flip)
{
    for (int i = 0; i < BLOCK; i++)
        pad[i] ^= flip;
    REQUIRE(SHA256_Init(hash) == 1 && SHA256_Update(hash, pad, BLOCK) == 1);
    for (int i = 0; i < BLOCK; i++)
        pad[i] ^= flip;
}

void hmac_key_init(struct hmac_key *key, const void *secret, size_t n)
{
    struct state *state = state_of(key);
    unsigned char pad[BLOCK] = {0};

    if (n > BLOCK) {
        SHA256_CTX hash;

        REQUIRE(SHA256_Init(&hash) == 1 && SHA256_Update(&hash, secret, n) == 1 &&
                SHA256_Final(pad, &hash) == 1);
        sodium_memzero(&hash, sizeof(hash));
    } else if (n > 0) {
        memcpy(pad, secret, n);
    }
    begin(&state->inner, pad, 0x36);
    begin(&state->outer, pad, 0x5c);
    sodium_memzero(pad, sizeof(pad));
}

size_t hmac_key_ahead(struct hmac_key *key, const void *bytes, size_t n)
{
    n -= n % BLOCK;
    REQUIRE(n == 0 || SHA256_Update(&state_of(key)->inner, bytes, n) == 1);
    return n;
}

void hmac_begin(struct hmac *hmac, const struct hmac_key *key)
{
    memcpy(&hmac->state, key, sizeof(*key));
}

void hmac_add(struct hmac *hmac, const void *bytes, size_t n)
{
    REQUIRE(SHA256_Update(&state_of(&hmac->state)->inner, bytes, n) == 1);
}

void hmac_end(struct hmac *hmac, unsigned char mac[HMAC_BYTES])
{
    struct state *state = state_of(&hmac->state);

    REQUIRE(SHA256_Final(mac, &state->inner) == 1 &&
            SHA256_Update(&state->outer, mac, HMAC_BYTES) == 1 &&
            SHA256_Final(mac, &state->outer) == 1);
    sodium_memzero(hmac, sizeof(*hmac));
}
