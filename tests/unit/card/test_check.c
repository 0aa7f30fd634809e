// SPDX-License-Identifier: Apache-2.0
/* Whatever arguments a call has: what the check lets through runs on memory with pages before and
 * behind it that nobody may touch, and writes nothing to what is resident. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../support/must.h"
#include "card/check.h"
#include "kernels/cpu.h"

#define PAGE     ((size_t)4096)
#define BYTES    (2 * PAGE)
#define RESIDENT PAGE
#define CALLS    60000

static const char *const names[] = {
#define NAME(name, type) #name,
    KERNELS(NAME)};

struct draw {
    uint64_t state;
};

static uint32_t draw(struct draw *draw, uint32_t below)
{
    draw->state = draw->state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(draw->state >> 33) % below;
}

/* Mostly small, now and then at or beyond an edge. */
static uint32_t size(struct draw *at)
{
    static const uint32_t odd[] = {0, 1, 2048, 65535, 0x7fffffff, 0x80000000, 0xffffffff};
    uint32_t kind = draw(at, 40);

    if (kind < 1)
        return odd[draw(at, sizeof(odd) / sizeof(odd[0]))];
    return 1 + draw(at, kind < 30 ? 6 : 40);
}

/* An address of one of the two ranges: mostly within, often just before their end. */
static uintptr_t address(struct draw *at, uint32_t align)
{
    uint32_t kind = draw(at, 40);
    uint64_t offset = draw(at, BYTES);

    if (kind == 0)
        return 0;
    if (kind == 1)
        offset = BYTES - draw(at, 128);
    if (kind == 2)
        return (uintptr_t)draw(at, 1u << 31) << draw(at, 33);
    if (kind > 2)
        offset = offset / align * align;
    return (uintptr_t)((kind % 8 == 3 ? CARD_RESIDENT : CARD_JOB) + offset);
}

#define AT(field)  args->field = (void *)address(at, sizeof(*args->field))
#define DIM(field) args->field = size(at)

#define DRAW_MAP                                                                                   \
    AT(a), AT(b), AT(c), AT(y), DIM(n), args->op = draw(at, MAP_OPS + 1), args->scale = (real)2
#define DRAW_ADAM    AT(w), AT(m), AT(v), AT(g), DIM(n)
#define DRAW_DROPOUT AT(a), AT(y), DIM(n)
#define DRAW_ROLLING AT(a), AT(y), DIM(rows), DIM(n), DIM(window), args->op = draw(at, 5)
#define DRAW_GATES   AT(gates), AT(c_prev), AT(c), AT(tanh_c), AT(h), DIM(rows), DIM(hidden)
#define DRAW_BACK                                                                                  \
    AT(gates), AT(c_prev), AT(tanh_c), AT(dh), AT(dc), AT(dgates), DIM(rows), DIM(hidden)
#define DRAW_EMBED    AT(table), AT(ids), AT(y), DIM(n), DIM(width)
#define DRAW_UNEMBED  AT(dy), AT(ids), AT(dtable), DIM(n), DIM(width)
#define DRAW_REDUCE   AT(a), AT(b), AT(y), DIM(rows), DIM(n), args->op = draw(at, 4)
#define DRAW_COLUMNS  AT(a), AT(y), DIM(rows), DIM(n), args->add = draw(at, 2)
#define DRAW_NORM     AT(a), AT(gain), AT(bias), AT(y), AT(mean), AT(rstd), DIM(rows), DIM(n)
#define DRAW_UNNORM   AT(a), AT(gain), AT(mean), AT(rstd), AT(dy), AT(da), DIM(rows), DIM(n)
#define DRAW_PARAMS   AT(a), AT(mean), AT(rstd), AT(dy), AT(dgain), AT(dbias), DIM(rows), DIM(n)
#define DRAW_SOFTMAX  AT(a), AT(y), DIM(rows), DIM(n)
#define DRAW_UNSOFTEN AT(y), AT(dy), AT(da), DIM(rows), DIM(n)
#define DRAW_GEMM                                                                                  \
    AT(a), AT(b), AT(bias), AT(c), DIM(m), DIM(n), DIM(k), DIM(lda), DIM(ldb), DIM(ldc),           \
        args->a_turned = draw(at, 2), args->b_turned = draw(at, 2), args->start = draw(at, 4),     \
        args->batch = draw(at, 3), args->a_step = draw(at, 50), args->b_step = draw(at, 50),       \
        args->c_step = draw(at, 50)
#define DRAW_BAND_DOT AT(a), AT(b), AT(y), DIM(batch), DIM(steps), DIM(width), DIM(window)
#define DRAW_BAND     AT(p), AT(a), AT(y), DIM(batch), DIM(steps), DIM(width), DIM(window)

#define DRAW_PATHS                                                                                 \
    AT(value), AT(drift), AT(factor), AT(y), DIM(n), DIM(m), args->steps = draw(at, 9)
#define DRAW_SETS                                                                                  \
    AT(a), AT(price), AT(fill), AT(pairs), AT(enter), AT(leave), AT(y), DIM(n), DIM(steps),        \
        DIM(rows)

union any_args {
#define MEMBER(name, type) struct type##_args name;
    KERNELS(MEMBER)
};

static void draw_args(struct draw *at, enum kernel kernel, union any_args *all)
{
    memset(all, 0, sizeof(*all));
#define DRAW(name, type, fields)                                                                   \
    if (kernel == KERNEL_##name) {                                                                 \
        struct type##_args *args = &all->name;                                                     \
        (void)(fields);                                                                            \
    }
    DRAW(map, map, (DRAW_MAP))
    DRAW(adam, adam, (DRAW_ADAM))
    DRAW(dropout, dropout, (DRAW_DROPOUT))
    DRAW(rolling, rolling, (DRAW_ROLLING))
    DRAW(lstm_gates, lstm_gates, (DRAW_GATES))
    DRAW(lstm_gates_back, lstm_gates_back, (DRAW_BACK))
    DRAW(embed, embed, (DRAW_EMBED))
    DRAW(embed_back, embed_back, (DRAW_UNEMBED))
    DRAW(reduce, reduce, (DRAW_REDUCE))
    DRAW(column_sum, column_sum, (DRAW_COLUMNS))
    DRAW(norm, norm, (DRAW_NORM))
    DRAW(norm_back, norm_back, (DRAW_UNNORM))
    DRAW(norm_params, norm_params, (DRAW_PARAMS))
    DRAW(softmax, softmax, (DRAW_SOFTMAX))
    DRAW(softmax_back, softmax_back, (DRAW_UNSOFTEN))
    DRAW(gemm, gemm, (DRAW_GEMM))
    DRAW(band_dot, band_dot, (DRAW_BAND_DOT))
    DRAW(band_apply, band_apply, (DRAW_BAND))
    DRAW(band_gather, band_apply, (DRAW_BAND))
    DRAW(scenarios, scenarios, (DRAW_PATHS))
    DRAW(sweeps, sweeps, (DRAW_SETS))
}

/* Bytes that end, or begin, at a page that nobody may touch. */
static unsigned char *fenced(size_t bytes, int is_read_only)
{
    unsigned char *at =
        mmap(NULL, bytes + 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    ck_assert_ptr_ne(at, MAP_FAILED);
    ck_assert_int_eq(mprotect(at, PAGE, PROT_NONE), 0);
    ck_assert_int_eq(mprotect(at + PAGE + bytes, PAGE, PROT_NONE), 0);
    if (is_read_only)
        ck_assert_int_eq(mprotect(at + PAGE, bytes, PROT_READ), 0);
    return at + PAGE;
}

static char doing[200];

static void on_fault(int signal_number)
{
    static const char text[] = "FAIL: a call that was let through touched what is not its own: ";

    (void)!write(2, text, sizeof(text) - 1);
    (void)!write(2, doing, strlen(doing));
    _exit(signal_number);
}

START_TEST(what_is_let_through_stays_within_its_memory)
{
    enum kernel kernel = (enum kernel)_i;
    struct device *device = cpu_device_new(CPU_BEST, 1);
    struct card_space space = {fenced(BYTES, 0), fenced(RESIDENT, 1), BYTES, RESIDENT};
    struct draw at = {.state = (uint64_t)_i + 1};
    uint32_t n_good = 0;

    ck_assert_ptr_nonnull(device);
    (void)signal(SIGSEGV, on_fault);
    (void)signal(SIGBUS, on_fault);
    for (uint32_t i = 0; i < CALLS; i++) {
        struct card_ids ids;
        union any_args args;
        int is_good = 1;

        draw_args(&at, kernel, &args);
        if (card_check(kernel, &args, &space, &ids, NULL) < 0)
            continue;
        for (uint32_t j = 0; j < BYTES; j += 4) {
            uint32_t word = draw(&at, 8);

            memcpy(space.memory + j, &word, sizeof(word)); // as ids they are small
        }
        for (uint32_t j = 0; j < ids.n; j++) {
            uint32_t id;

            memcpy(&id, ids.ids + j, sizeof(id));
            is_good &= id < ids.below;
        }
        (void)snprintf(doing, sizeof(doing), "%s, call %u\n", names[kernel], i);
        if (is_good) {
            device->run(device, kernel, &args);
            n_good++;
        }
    }
    ck_assert_msg(n_good > 50 && n_good < CALLS, "%s: %u", names[kernel], n_good);
    device->free(device);
}
END_TEST

/* The last call that fits, and the same with one element more of each. */
START_TEST(the_last_element_is_the_last)
{
    struct card_space space = {(unsigned char *)(uintptr_t)(1 << 20), NULL, 64 * sizeof(real), 0};
    struct error err = {0};
    struct card_ids ids;

    for (uint32_t n = 63; n <= 65; n++) {
        struct softmax_args args = {
            .a = (real *)(uintptr_t)CARD_JOB, .y = (real *)(uintptr_t)CARD_JOB, .rows = 1, .n = n};

        ck_assert_int_eq(card_check(KERNEL_softmax, &args, &space, &ids, &err),
                         n <= 64 ? AGON_OK : AGON_ERANGE);
    }
    ck_assert_str_eq(err.text, "softmax: a lies outside of its memory");
}
END_TEST

/* An output over an input would be a result of chance. */
START_TEST(outputs_lie_apart_but_where_the_contract_allows)
{
    struct card_space space = {(unsigned char *)(uintptr_t)(1 << 20), NULL, 64 * sizeof(real), 0};
    struct map_args map = {.n = 8, .op = MAP_ADD};
    struct rolling_args rolling = {.rows = 1, .n = 8, .window = 2};
    struct error err = {0};
    struct card_ids ids;

    map.a = map.b = map.y = (real *)(uintptr_t)CARD_JOB;
    ck_assert_int_eq(card_check(KERNEL_map, &map, &space, &ids, &err), AGON_OK);
    map.a = map.b = (real *)(uintptr_t)CARD_JOB;
    map.y = (real *)(uintptr_t)CARD_JOB + 1;
    ck_assert_int_eq(card_check(KERNEL_map, &map, &space, &ids, &err), AGON_EINVAL);
    ck_assert_str_eq(err.text, "map: y lies over another argument");
    rolling.a = rolling.y = (real *)(uintptr_t)CARD_JOB;
    ck_assert_int_eq(card_check(KERNEL_rolling, &rolling, &space, &ids, NULL), AGON_EINVAL);
}
END_TEST

/* What nothing reads is 0: another version may read it. */
START_TEST(what_is_not_used_is_0)
{
    struct card_space space = {(unsigned char *)(uintptr_t)(1 << 20), NULL, 64 * sizeof(real), 0};
    struct map_args map = {.n = 8, .op = MAP_SCALE, .scale = 2};
    struct error err = {0};
    struct card_ids ids;

    map.a = map.y = (real *)(uintptr_t)CARD_JOB;
    for (size_t i = 0; i <= sizeof(((struct card_call *)0)->args); i++) {
        struct card_call call = {.kernel = KERNEL_map};

        memcpy(call.args, &map, sizeof(map));
        if (i < sizeof(map))
            continue;
        if (i < sizeof(call.args))
            call.args[i] = 1;
        ck_assert_int_eq(card_check_call(&call, &space, &ids, &err),
                         i < sizeof(call.args) ? AGON_EINVAL : AGON_OK);
    }
    ck_assert_str_eq(err.text + strlen(err.text) - 10, "expected 0");
    for (int field = 0; field < 3; field++) {
        struct card_call call = {.kernel = KERNEL_map, .pad = field == 2};
        struct map_args odd = map;

        odd.b = field == 0 ? map.a : NULL;
        odd.c = field == 1 ? map.a : NULL;
        memcpy(call.args, &odd, sizeof(odd));
        ck_assert_int_eq(card_check_call(&call, &space, &ids, &err), AGON_EINVAL);
        ck_assert_ptr_nonnull(strstr(err.text, field == 0   ? "map: b is not used"
                                               : field == 1 ? "map: c is not used"
                                                            : "map: pad is 1"));
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("card_check");
    TCase *tcase = tcase_create("check");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, what_is_let_through_stays_within_its_memory, 0, KERNEL_COUNT);
    tcase_add_test(tcase, the_last_element_is_the_last);
    tcase_add_test(tcase, outputs_lie_apart_but_where_the_contract_allows);
    tcase_add_test(tcase, what_is_not_used_is_0);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
