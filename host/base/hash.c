// SPDX-License-Identifier: Apache-2.0
#include "base/hash.h"

#include <sodium.h>

#include "base/error.h"
#include "base/hot.h"

#if defined(__x86_64__)
#include <emmintrin.h>
#endif

_Static_assert(sizeof(crypto_generichash_state) <= sizeof(((struct hash *)0)->opaque),
               "room for the state of libsodium");

/* Before main, and so before any thread and any sandbox: until it has looked at the processor it
 * hashes by the code that runs on each. */
__attribute__((constructor)) static void look_at_processor(void)
{
    REQUIRE(sodium_init() >= 0);
}

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

/* The prime of FNV-1a in 32 bits, and its powers. */
#define P1       0x1b3u
#define P2       (P1 * P1)
#define P4       (P2 * P2)
#define P8       (P4 * P4)
#define P16      (P8 * P8)
#define P32      (P16 * P16)
#define P64      (P32 * P32)
#define FOUR(n)  (n), (n)*P1, (n)*P2, (n)*P1 *P2
#define LONG(n)  FOUR(n), FOUR((n)*P4), FOUR((n)*P8), FOUR((n)*P4 *P8)
#define HASH_FAR 64

static uint32_t by_words(uint32_t hash, const unsigned char *at, size_t n)
{
    for (; n >= 8; at += 8, n -= 8) {
        uint64_t word;

        memcpy(&word, at, 8);
        if (word == 0) {
            hash *= P8;
            continue;
        }
        for (int i = 0; i < 8; i++, word >>= 8)
            hash = (hash ^ (uint32_t)(word & 0xff)) * P1;
    }
    return hash;
}

#if defined(__x86_64__)
static inline uint64_t are_set(const unsigned char *at)
{
    __m128i word = _mm_loadu_si128((const __m128i *)(const void *)at);

    return 0xffffu ^ (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(word, _mm_setzero_si128()));
}

/* A step of the hash waits for the one before it. So none is made for what is 0: the product that a
 * byte brings is that of all such bytes behind it too. */
static inline uint32_t by_bytes(uint32_t hash, const unsigned char *at)
{
    static const uint32_t powers[HASH_FAR + 1] = {LONG(1u), LONG(P16), LONG(P32), LONG(P32 * P16),
                                                  P64};
    uint64_t set =
        are_set(at) | are_set(at + 16) << 16 | are_set(at + 32) << 32 | are_set(at + 48) << 48;
    uint32_t done = 0;

    for (; set != 0; set &= set - 1) {
        uint32_t i = (uint32_t)__builtin_ctzll(set);

        hash = (hash * powers[i - done]) ^ at[i];
        done = i;
    }
    return hash * powers[HASH_FAR - done];
}
#endif

HOT uint32_t hash_sparse(const void *bytes, size_t n)
{
    const unsigned char *at = bytes;
    uint32_t hash = (uint32_t)HASH_BEGIN;

#if defined(__x86_64__)
    for (; n >= HASH_FAR; at += HASH_FAR, n -= HASH_FAR)
        hash = by_bytes(hash, at);
#endif
    return by_words(hash, at, n);
}
