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

/* Sixteen bytes at once: a word that is read where narrower ones were written a moment ago waits
 * until these have left for the cache, so that a block is made of whole ones, and read as such. */
typedef uint8_t bytes16 __attribute__((vector_size(16)));
typedef int8_t signed16 __attribute__((vector_size(16)));
typedef uint32_t words4 __attribute__((vector_size(16)));
#define LANES (BLOCK / 16)

/* The words of a state as the standard has them: the highest byte first. */
static inline words4 turned(words4 words)
{
    words = (words << 8 & 0xff00ff00u) | (words >> 8 & 0x00ff00ffu);
    return words << 16 | words >> 16;
}

static inline words4 words_at(const void *from)
{
    words4 words;

    memcpy(&words, from, sizeof(words));
    return words;
}

/* A block at whose byte n (up to BLOCK) the message ends: a 1 bit behind it, and zeros (FIPS 180-4,
 * 5.1.1). Of the text a whole block is read. */
static inline void end_text(words4 block[LANES], const unsigned char *text, size_t n)
{
    signed16 at = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    signed16 end = (signed16){0} + (signed char)n;

    for (int i = 0; i < LANES; i++, at += 16)
        block[i] =
            (words_at(text + 16 * i) & (words4)(at < end)) | (words4)((bytes16)(at == end) & 0x80);
}

/* A block's last eight bytes: the message's length in bits. */
static inline words4 length_of(uint64_t n_bits)
{
    return (words4){0, 0, __builtin_bswap32((uint32_t)(n_bits >> 32)),
                    __builtin_bswap32((uint32_t)n_bits)};
}

void hmac_whole(const struct hmac_key *key, const void *bytes, size_t n, size_t room,
                unsigned char mac[HMAC_BYTES])
{
    const struct state *state = (const struct state *)(const void *)key->opaque;
    struct {
        SHA256_CTX hash; // its chained state alone: the rest is for Update
        words4 block[LANES];
    } work;
    const unsigned char *at = bytes;
    uint64_t n_bits = ((uint64_t)state->inner.Nh << 32 | state->inner.Nl) + (uint64_t)n * 8;
    words4 half;

    REQUIRE(state->inner.num == 0 && state->outer.num == 0 && n <= room);
    memcpy(work.hash.h, state->inner.h, sizeof(work.hash.h));
    for (; n >= BLOCK; at += BLOCK, n -= BLOCK, room -= BLOCK)
        SHA256_Transform(&work.hash, at);
    if (room < BLOCK) {
        memset(work.block, 0, BLOCK);
        memcpy(work.block, at, n);
        at = (const unsigned char *)work.block;
    }
    end_text(work.block, at, n);
    if (n >= BLOCK - 8) {
        SHA256_Transform(&work.hash, (const unsigned char *)work.block);
        memset(work.block, 0, BLOCK);
    }
    work.block[3] |= length_of(n_bits);
    SHA256_Transform(&work.hash, (const unsigned char *)work.block);
    work.block[0] = turned(words_at(work.hash.h));
    work.block[1] = turned(words_at(work.hash.h + 4));
    work.block[2] = (words4){__builtin_bswap32(0x80000000)};
    work.block[3] = length_of((BLOCK + HMAC_BYTES) * 8);
    memcpy(work.hash.h, state->outer.h, sizeof(work.hash.h));
    SHA256_Transform(&work.hash, (const unsigned char *)work.block);
    half = turned(words_at(work.hash.h));
    memcpy(mac, &half, sizeof(half));
    half = turned(words_at(work.hash.h + 4));
    memcpy(mac + 16, &half, sizeof(half));
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
