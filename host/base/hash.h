// SPDX-License-Identifier: Apache-2.0
/* hash: 64-bit hashes for tables and draws, BLAKE2b (RFC 7693, by libsodium) for state and files,
 * and SHA-256 (FIPS 180-4, by the same) for what people compare by sha256sum. [any] */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <string.h>

#include <agon/types.h>

/* Mixes a 64-bit value so that each bit of it reaches each bit of the result (the finaliser of
 * SplitMix64). */
static inline uint64_t hash_mix(uint64_t x)
{
    x ^= x >> 30;
    x *= 0xbf58476d1ce4e5b9u;
    x ^= x >> 27;
    x *= 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

/* FNV-1a over bytes, for tables keyed by short names and to compare; not for anything that must
 * resist an enemy. In parts: from HASH_BEGIN on, what came before stands in hash. */
#define HASH_BEGIN ((uint64_t)0xcbf29ce484222325u)
static inline uint64_t hash_more(uint64_t hash, const void *bytes, size_t n)
{
    const unsigned char *at = bytes;

    while (n-- > 0)
        hash = (hash ^ *at++) * 0x100000001b3u;
    return hash;
}
static inline uint64_t hash_bytes(const void *bytes, size_t n)
{
    return hash_more(HASH_BEGIN, bytes, n);
}

/* The low half of hash_bytes, of records in whole words of 8 bytes that are mostly 0: what is 0
 * only multiplies, and any number of such bytes does so at once. */
uint32_t hash_sparse(const void *bytes, size_t n);

#define HASH_SIZE 32 /* bytes of a state or file hash: BLAKE2b-256 */
struct hash {
    _Alignas(64) unsigned char opaque[384];
};
void hash_init(struct hash *hash);
void hash_update(struct hash *hash, const void *bytes, size_t n);
void hash_final(struct hash *hash, unsigned char digest[HASH_SIZE]);
struct sha256 { /* digest: HASH_SIZE bytes */
    _Alignas(8) unsigned char opaque[128];
};
void sha256_init(struct sha256 *hash);
void sha256_update(struct sha256 *hash, const void *bytes, size_t n);
void sha256_final(struct sha256 *hash, unsigned char digest[HASH_SIZE]);
/* Lowercase hex and a NUL. */
void hash_hex(const unsigned char digest[HASH_SIZE], char text[2 * HASH_SIZE + 1]);

#endif
