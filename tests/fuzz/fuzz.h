// SPDX-License-Identifier: Apache-2.0
/* fuzz: what a harness defines. tests/fuzz/fuzz_<name>.c is one; seeds stand in corpus/<name>/.
 * It is found by its name: nothing lists it. */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

#endif
