// SPDX-License-Identifier: Apache-2.0
/* rng: randomness that is a function. There is no global generator: a draw is a hash of named
 * coordinates, or comes from a small generator that its owner seeded. Integer arithmetic only, so
 * that a seed gives the same draws on every machine. [any] */
#ifndef BASE_RNG_H
#define BASE_RNG_H

#include <agon/types.h>

/* hash(seed, a, b, c, d): the draw of a stream at a place, with no state. */
uint64_t rng_at(uint64_t seed, uint64_t a, uint64_t b, uint64_t c, uint64_t d);

/* xoshiro256** (Blackman and Vigna, 2018), seeded through SplitMix64. */
struct rng {
    uint64_t s[4];
};
void rng_init(struct rng *rng, uint64_t seed);
uint64_t rng_u64(struct rng *rng);
/* Uniform in [0, n), without bias; n > 0. */
uint64_t rng_below(struct rng *rng, uint64_t n);
/* Uniform in [0, 1), 53 bits. */
double rng_unit(struct rng *rng);
/* Standard normal, by fmath (the same on every CPU). */
double rng_normal(struct rng *rng);
/* True with probability ppm / 1,000,000. */
int rng_chance(struct rng *rng, uint32_t ppm);

#endif
