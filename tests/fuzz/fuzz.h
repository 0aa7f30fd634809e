// SPDX-License-Identifier: Apache-2.0
/* fuzz: what a harness defines. tests/fuzz/fuzz_<name>.c is one; seeds stand in corpus/<name>/.
 * It is found by its name: nothing lists it. */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

/* What a harness may define too: makes the next input of one that is there, with room for max
 * bytes, by libFuzzer's own mutations. */
size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t n, size_t max, unsigned seed);
size_t LLVMFuzzerMutate(uint8_t *bytes, size_t n, size_t max);

/* Most of what mutation makes of a text is refused by its form. A mutator of this begins a third of
 * the inputs again at a text that is right, a step away: that is what reaches the checks of values.
 */
static inline size_t fuzz_step(const char *const *right, size_t n_right, uint8_t *bytes, size_t n,
                               size_t max, unsigned seed)
{
    const char *base = right[seed / 3 % n_right];

    if (seed % 3 == 0 && strlen(base) <= max) {
        n = strlen(base);
        memcpy(bytes, base, n);
    }
    return LLVMFuzzerMutate(bytes, n, max);
}

#endif
