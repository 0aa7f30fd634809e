// SPDX-License-Identifier: Apache-2.0
/* arena: pieces are aligned, zeroed, apart, and end where the memory ends. */
#include <stdlib.h>

#include "../../support/must.h"
#include "base/arena.h"
#include "base/rng.h"

START_TEST(pieces_are_aligned_zeroed_and_apart)
{
    unsigned char *memory = malloc(100000); // exact, so that a sanitizer sees a step outside
    struct arena arena;
    struct rng rng;

    rng_init(&rng, 61);
    memset(memory, 0xee, 100000);
    for (int round = 0; round < 200; round++) {
        unsigned char *end = memory + rng_below(&rng, 60);

        arena_init(&arena, end, (uint64_t)(memory + 100000 - end));
        for (;;) {
            uint64_t align = (uint64_t)1 << rng_below(&rng, 13);
            uint64_t bytes = rng_below(&rng, 3000);
            unsigned char *piece = arena_take(&arena, bytes, align);

            if (piece == NULL) {
                // It did not fit: neither does it when done by hand.
                uint64_t at = ((uint64_t)(uintptr_t)end + align - 1) / align * align;

                MUST(at + bytes > (uint64_t)(uintptr_t)(memory + 100000));
                break;
            }
            MUST((uintptr_t)piece % align == 0);
            MUST(piece >= end && piece + bytes <= memory + 100000);
            for (uint64_t i = 0; i < bytes; i++)
                MUST(piece[i] == 0);
            memset(piece, 0xee, bytes);
            end = piece + bytes;
        }
    }
    free(memory);
}
END_TEST

/* With a shift and a page more, what fits is what fits without, wherever the pieces come to lie. */
START_TEST(a_shift_alters_nothing_of_what_fits)
{
    static _Alignas(4096) unsigned char memory[20 * 4096], other[20 * 4096];
    struct rng rng;

    rng_init(&rng, 62);
    for (int round = 0; round < 2000; round++) {
        uint64_t whole = 4096 * (1 + rng_below(&rng, 16));
        uint64_t bytes = whole - rng_below(&rng, 4096);
        uint64_t shift = rng_below(&rng, (whole - bytes) / 64 + 1) * 64;
        struct arena plain, shifted;
        unsigned char *end = memory + shift;
        int n_refused = 0, is_large = 0;

        memset(memory, 0xee, sizeof(memory));
        arena_init(&plain, other, bytes);
        arena_init(&shifted, memory, bytes);
        arena_shift(&shifted, shift, whole);
        while (n_refused < 3) {
            uint64_t align = (uint64_t)1 << rng_below(&rng, 13);
            uint64_t n = 1 + rng_below(&rng, 3000);
            int fits = arena_fits(&shifted, n, align);
            unsigned char *piece = arena_take(&shifted, n, align);

            MUST((arena_take(&plain, n, align) != NULL) == fits);
            is_large |= fits && align > 64;
            if (fits && piece == NULL) { // a page more, once, where alignments ask for it
                MUST(is_large && shifted.room == whole);
                shifted.room += 4096;
                piece = arena_take(&shifted, n, align);
            }
            MUST((piece != NULL) == fits);
            n_refused += !fits;
            if (piece == NULL)
                continue;
            MUST((uintptr_t)piece % align == 0 && piece >= end);
            MUST(piece + n <= memory + shifted.room);
            for (uint64_t i = 0; i < n; i++)
                MUST(piece[i] == 0);
            memset(piece, 0xee, n);
            end = piece + n;
        }
    }
}
END_TEST

START_TEST(odd_wishes_get_nothing_and_reset_gives_all_back)
{
    static _Alignas(64) unsigned char memory[64];
    struct arena arena;

    arena_init(&arena, memory, 64);
    MUST(arena_take(&arena, 8, 0) == NULL);
    MUST(arena_take(&arena, 8, 3) == NULL);
    MUST(arena_take(&arena, 8, 8192) == NULL);
    MUST(arena_take(&arena, UINT64_MAX, 1) == NULL);
    MUST(arena_take(&arena, 65, 1) == NULL);
    MUST(arena_take(&arena, 64, 64) == memory);
    MUST(arena_take(&arena, 1, 1) == NULL);
    MUST(arena_take(&arena, 0, 1) != NULL);
    arena_reset(&arena);
    MUST(arena_take(&arena, 64, 1) == memory);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("arena");
    TCase *tcase = tcase_create("promises");
    SRunner *runner = srunner_create(suite);
    int n_failed;

    tcase_set_timeout(tcase, 100);
    tcase_add_test(tcase, pieces_are_aligned_zeroed_and_apart);
    tcase_add_test(tcase, a_shift_alters_nothing_of_what_fits);
    tcase_add_test(tcase, odd_wishes_get_nothing_and_reset_gives_all_back);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed != 0;
}
