// SPDX-License-Identifier: Apache-2.0
/* Every kernel gives the bits of the reference (tests/support/kernels) on every device: plain C,
 * AVX2, AVX-512, any number of threads, and the card's source run by a stand-in of its driver,
 * whose file is the argument. The hash says the same of compilers: CI builds this with two. */
#include <stdlib.h>
#include <string.h>

#include "../../support/kernels/cases.h"
#include "../../support/kernels/reference.h"
#include "../../support/must.h"
#include "kernels/cpu.h"
#include "kernels/cuda/cuda.h"

/* FNV-1a over the bits of all results of the small cases; a NaN counts as one and the same. */
#define BITS_OF_ALL (REAL_BITS == 32 ? 0x2ceeb20e6921dfb2u : 0x267a15768774dc4du)

static const char *driver;

static void expect_same(const struct case_results *want, struct device *device, int is_large)
{
    struct case_results got;

    ck_assert_ptr_nonnull(device);
    cases_run(device, is_large, &got);
    ck_assert_msg(!got.failed, "%s: %s", device->name, got.err.text);
    ck_assert_uint_eq(got.n, want->n);
    for (uint32_t i = 0; i < got.n; i++) {
        struct case_distance distance = case_compare(&want->at[i], &got.at[i]);

        if (distance.n_different > 0)
            ck_abort_msg("%s, %s: %u of %u differ, first [%u], by %g", device->name, got.at[i].name,
                         distance.n_different, got.at[i].n, distance.first, distance.most);
    }
    cases_free(&got);
    device->free(device);
}

static void reference_results(struct case_results *results)
{
    struct device *reference = reference_new();

    ck_assert_ptr_nonnull(reference);
    cases_run(reference, 0, results);
    reference->free(reference);
}

static const struct {
    enum cpu_isa isa;
    uint32_t threads;
} kinds[] = {{CPU_PLAIN, 1},  {CPU_PLAIN, 4},  {CPU_AVX2, 1},   {CPU_AVX2, 2}, {CPU_AVX2, 8},
             {CPU_AVX512, 1}, {CPU_AVX512, 3}, {CPU_AVX512, 8}, {CPU_BEST, 5}};

START_TEST(registers_and_threads_change_no_bit)
{
    struct case_results want;

    if (kinds[_i].isa != CPU_BEST && kinds[_i].isa > cpu_isa_best())
        return; // this processor has no such registers
    reference_results(&want);
    expect_same(&want, cpu_device_new(kinds[_i].isa, kinds[_i].threads), 0);
    cases_free(&want);
}
END_TEST

/* Sizes that are cut into several tiles, blocks and turns, where the reference would take long. */
START_TEST(large_shapes_are_the_same_on_all)
{
    struct device *device = cpu_device_new(CPU_BEST, 1);
    struct case_results want;

    ck_assert_ptr_nonnull(device);
    cases_run(device, 1, &want);
    device->free(device);
    expect_same(&want, cpu_device_new(CPU_BEST, 3), 1);
    if (cpu_isa_best() == CPU_AVX512)
        expect_same(&want, cpu_device_new(CPU_AVX2, 4), 1);
    cases_free(&want);
}
END_TEST

START_TEST(bits_are_those_of_every_compiler)
{
    struct device *device = cpu_device_new(CPU_BEST, 2);
    struct case_results results;
    uint64_t hash = 0xcbf29ce484222325u;

    ck_assert_ptr_nonnull(device);
    cases_run(device, 0, &results);
    for (uint32_t i = 0; i < results.n; i++)
        for (uint32_t j = 0; j < results.at[i].n; j++) {
            real value = results.at[i].values[j];
            real_bits bits = 1;

            if (value == value)
                memcpy(&bits, &value, sizeof(bits));
            for (uint32_t byte = 0; byte < sizeof(bits); byte++)
                hash = (hash ^ (bits >> 8 * byte & 0xff)) * 0x100000001b3u;
        }
    cases_free(&results);
    device->free(device);
    ck_assert_msg(hash == BITS_OF_ALL, "%016llx", (unsigned long long)hash);
}
END_TEST

START_TEST(the_cards_source_gives_the_same_bits)
{
    struct error err = {0};
    struct device *device = cuda_device_new("", 0, driver, &err);
    struct case_results want;

    ck_assert_msg(device != NULL, "%s", err.text);
    ck_assert_str_eq(device->name, "cuda emulated");
    reference_results(&want);
    expect_same(&want, device, 0);
    cases_free(&want);
}
END_TEST

static void expect_refused(uint32_t card, const char *file, const char *want)
{
    struct error err = {0};

    ck_assert_ptr_null(cuda_device_new("", card, file, &err));
    ck_assert_msg(strstr(err.text, want) != NULL, "%s", err.text);
}

START_TEST(without_a_card_the_reason_is_said)
{
    expect_refused(0, "libno-such-driver.so", "no CUDA driver: libno-such-driver.so");
    expect_refused(0, "libm.so.6", "libm.so.6 has no cuInit: the driver is too old");
    expect_refused(1, driver, "CUDA_ERROR (101) in device_get");
    setenv("EMULATED_FAILS", "cuInit", 1);
    expect_refused(0, driver, "CUDA_ERROR (100) in init");
    setenv("EMULATED_FAILS", "cuModuleLoadData", 1);
    expect_refused(0, driver, "CUDA_ERROR (209) in module_load");
}
END_TEST

START_TEST(what_fails_on_the_card_is_said_by_wait)
{
    struct error err = {0};
    struct device *device = cuda_device_new("", 0, driver, &err);
    struct map_args args = {.n = 3, .op = MAP_ADD};
    real *at;

    ck_assert_msg(device != NULL, "%s", err.text);
    at = device->alloc(device, 3 * sizeof(real));
    ck_assert_ptr_nonnull(at);
    args.a = args.b = args.y = at;
    setenv("EMULATED_FAILS", "cuLaunchKernel", 1);
    kernel_map(device, &args);
    setenv("EMULATED_FAILS", "", 1);
    kernel_map(device, &args); // what comes behind it does not hide it
    ck_assert_int_eq(device->wait(device, &err), AGON_EIO);
    ck_assert_msg(strstr(err.text, "cuda emulated: CUDA_ERROR (1) in launch") != NULL, "%s",
                  err.text);
    ck_assert_int_eq(device->wait(device, NULL), AGON_OK);
    setenv("EMULATED_FAILS", "cuCtxSynchronize", 1);
    err = (struct error){0};
    ck_assert_int_eq(device->wait(device, &err), AGON_EIO);
    ck_assert_msg(strstr(err.text, "CUDA_ERROR_LAUNCH_FAILED (719)") != NULL, "%s", err.text);
    setenv("EMULATED_FAILS", "cuMemAlloc_v2", 1);
    ck_assert_ptr_null(device->alloc(device, 8));
    setenv("EMULATED_FAILS", "", 1);
    ck_assert_int_eq(device->wait(device, NULL), AGON_OK); // no memory is no failure of the card
    device->release(device, at);
    device->release(device, NULL);
    device->free(device);
}
END_TEST

int main(int argc, char **argv)
{
    Suite *suite = suite_create("devices");
    TCase *tcase = tcase_create("devices");
    SRunner *runner;
    int failed;

    driver = argc > 1 ? argv[1] : NULL;
    if (driver == NULL)
        return EXIT_FAILURE;
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, registers_and_threads_change_no_bit, 0,
                        (int)(sizeof(kinds) / sizeof(kinds[0])));
    tcase_add_test(tcase, large_shapes_are_the_same_on_all);
    tcase_add_test(tcase, bits_are_those_of_every_compiler);
    tcase_add_test(tcase, the_cards_source_gives_the_same_bits);
    tcase_add_test(tcase, without_a_card_the_reason_is_said);
    tcase_add_test(tcase, what_fails_on_the_card_is_said_by_wait);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
