// SPDX-License-Identifier: Apache-2.0
/* fuzz_ubjson: any bytes as UBJSON. They are refused with a reason, or are a tree of values of no
 * more depth than a model's, each of whose values took a byte or more; and the same bytes say the
 * same again.
 *
 * decodes: host/nn/trees_ubjson.c */
#include <stdlib.h>

#include "fuzz.h"
#include "nn/trees_file.h"

static const char *const right[] = {
    "{i\001a[$l#i\002\001\002\003\004\005\006\007\010i\001bSi\002hi}",
    "{L\001\001\001\001\001\001\001\001",
    "{i\001a[#U\003TFZi\001b[i\007d\101\102\103\104{i\001cI\001\002}]}",
    "{i\003sum[$D#i\001\100\101\102\103\104\105\106\107i\007parents[$U#i\004abcd}",
};

size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t n, size_t max, unsigned seed)
{
    return fuzz_step(right, sizeof(right) / sizeof(right[0]), bytes, n, max, seed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error err = {0};
    json_t *root, *again;
    /* Of its own length, so that a byte beyond is somebody else's. */
    char *bytes = malloc(size > 0 ? size : 1);

    REQUIRE(bytes != NULL);
    memcpy(bytes, data, size);
    if (trees_ubjson(bytes, size, &root, &err) < 0) {
        REQUIRE(root == NULL && err.code < 0 && err.text[0] != '\0');
        free(bytes);
        return 0;
    }
    REQUIRE(json_is_object(root));
    REQUIRE(trees_ubjson(bytes, size, &again, &err) == AGON_OK && json_equal(root, again));
    json_decref(root);
    json_decref(again);
    /* None of its beginnings is whole. */
    REQUIRE(trees_ubjson(bytes, size - 1, &root, &err) < 0 && root == NULL);
    free(bytes);
    return 0;
}
