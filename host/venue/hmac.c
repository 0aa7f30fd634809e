// SPDX-License-Identifier: Apache-2.0
/* The hash without EVP: its contexts lie in OpenSSL's heap and are copied by it, which takes as
 * long as the hash of a short message, and would be a second place for what is secret. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "venue/hmac.h"

#include <openssl/sha.h>
#include <sodium.h>
#include <stdint.h>
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

/* The words of a state, or a length, as the standard has them: the highest byte first. */
static inline void write_words(unsigned char *to, const SHA_LONG *words, int n)
{
    for (int i = 0; i < n; i++) {
        SHA_LONG word = __builtin_bswap32(words[i]);

        memcpy(to + 4 * i, &word, 4);
    }
}

/* Ends a block at whose byte n (below BLOCK) the message does (FIPS 180-4, 5.1.1): a 1 bit behind
 * it, zeros, and its length in bits. */
static inline void end_message(SHA256_CTX *hash, unsigned char block[BLOCK], size_t n,
                               uint64_t n_bits)
{
    const SHA_LONG length[2] = {(SHA_LONG)(n_bits >> 32), (SHA_LONG)n_bits};

    block[n] = 0x80;
    if (n >= BLOCK - 8) {
        SHA256_Transform(hash, block);
        memset(block, 0, BLOCK);
    }
    write_words(block + BLOCK - 8, length, 2);
    SHA256_Transform(hash, block);
}

void hmac_whole(const struct hmac_key *key, const void *bytes, size_t n,
                unsigned char mac[HMAC_BYTES])
{
    const struct state *state = (const struct state *)(const void *)key->opaque;
    struct {
        SHA256_CTX hash; // its chained state alone: the rest is for Update
        unsigned char block[BLOCK];
    } work;
    const unsigned char *at = bytes;
    uint64_t n_bits = ((uint64_t)state->inner.Nh << 32 | state->inner.Nl) + (uint64_t)n * 8;

    REQUIRE(state->inner.num == 0 && state->outer.num == 0);
    memcpy(work.hash.h, state->inner.h, sizeof(work.hash.h));
    for (; n >= BLOCK; at += BLOCK, n -= BLOCK)
        SHA256_Transform(&work.hash, at);
    memset(work.block, 0, BLOCK);
    memcpy(work.block, at, n);
    end_message(&work.hash, work.block, n, n_bits);
    memset(work.block, 0, BLOCK);
    write_words(work.block, work.hash.h, 8);
    memcpy(work.hash.h, state->outer.h, sizeof(work.hash.h));
    end_message(&work.hash, work.block, HMAC_BYTES, (BLOCK + HMAC_BYTES) * 8);
    write_words(mac, work.hash.h, 8);
    sodium_memzero(&work, sizeof(work));
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
