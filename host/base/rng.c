// SPDX-License-Identifier: Apache-2.0
#include "base/rng.h"

#include <math.h>

#include "base/error.h"
#include "base/fmath.h"
#include "base/hash.h"
#include "base/num.h"

#define GOLDEN 0x9e3779b97f4a7c15u

uint64_t rng_at(uint64_t seed, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    uint64_t x = hash_mix(seed + GOLDEN);

    x = hash_mix((x ^ a) + GOLDEN);
    x = hash_mix((x ^ b) + GOLDEN);
    x = hash_mix((x ^ c) + GOLDEN);
    return hash_mix((x ^ d) + GOLDEN);
}

static uint64_t rotl(uint64_t x, int k)
{
    return (x << k) | (x >> (64 - k));
}

void rng_init(struct rng *rng, uint64_t seed)
{
    for (int i = 0; i < 4; i++) {
        seed += GOLDEN;
        rng->s[i] = hash_mix(seed);
    }
}

uint64_t rng_u64(struct rng *rng)
{
    uint64_t *s = rng->s;
    uint64_t result = rotl(s[1] * 5, 7) * 9;
    uint64_t t = s[1] << 17;

    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotl(s[3], 45);
    return result;
}

uint64_t rng_below(struct rng *rng, uint64_t n)
{
    // Lemire's method: a multiplication, and a rare second draw where the low part would be biased.
    __extension__ typedef unsigned __int128 wide_t;
    wide_t product;

    REQUIRE(n > 0);
    product = (wide_t)rng_u64(rng) * n;
    if ((uint64_t)product < n) {
        uint64_t least = (0 - n) % n;

        while ((uint64_t)product < least)
            product = (wide_t)rng_u64(rng) * n;
    }
    return (uint64_t)(product >> 64);
}

double rng_unit(struct rng *rng)
{
    return (double)(rng_u64(rng) >> 11) * 0x1p-53;
}

double rng_normal(struct rng *rng)
{
    // Box and Muller; 1 - u lies in (0, 1], so that the logarithm is finite.
    double radius = sqrt(-2.0 * fmath_log(1.0 - rng_unit(rng)));

    return radius * fmath_cos(6.283185307179586 * rng_unit(rng));
}

int rng_chance(struct rng *rng, uint32_t ppm)
{
    return rng_below(rng, 1000000) < ppm;
}
