// SPDX-License-Identifier: Apache-2.0
/* fuzz_setup: any bytes as a setup block; what is taken encodes to the same bytes again.
 *
 * decodes: host/agent/setup.c host/base/codec.c */
#include <stdlib.h>
#include <string.h>

#include "agent/setup.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t n)
{
    uint64_t *copy = malloc(n > 0 ? n : 1), n_again; // exactly: a read past the end is seen
    struct setup setup;
    void *again;

    REQUIRE(copy != NULL);
    memcpy(copy, bytes, n);
    if (setup_decode(&setup, copy, n, NULL) >= 0) {
        again = setup_encode_dup(&setup, &n_again);
        REQUIRE(again && n_again == n && memcmp(again, copy, n) == 0);
        free(again);
    }
    free(copy);
    return 0;
}
