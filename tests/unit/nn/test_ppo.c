// SPDX-License-Identifier: Apache-2.0
/* PPO's update: its loss against finite differences, advantages against their definition, the same
 * bits whatever the processor, and a task so small that what is best is known. */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "kernels/cpu.h"
#include "nn/ppo.h"

#define INPUTS  3u
#define ACTIONS 3u
#define ROWS    24u

static const struct ppo_rules rules = {
    .rate = 0.01, .clip = 0.2, .value_share = 0.7, .entropy_share = 0.03, .norm_most = 0.5};

struct rows {
    real x[ROWS * INPUTS];
    uint32_t actions[ROWS];
    double log_p[ROWS], advantages[ROWS], returns[ROWS];
};

static void begin(struct device *device, struct net *net, struct ppo *ppo)
{
    struct net_shape shape = {.inputs = INPUTS, .outputs = ACTIONS + 1, .hidden = 7, .feed = 5};

    shape.arch = net_arch_find("policy/1");
    ck_assert_ptr_nonnull(shape.arch);
    ck_assert_int_eq(net_init(&shape, net, NULL), AGON_OK);
    ck_assert_int_eq(ppo_init(device, net, ROWS, &rules, 1, ppo), AGON_OK);
}

/* Rows whose r are in bounds and out of them on both sides, with advantages of both signs. */
static struct ppo_batch draw(struct rows *rows, uint64_t seed)
{
    struct rng rng;

    rng_init(&rng, seed);
    for (uint32_t i = 0; i < ROWS; i++) {
        for (uint32_t k = 0; k < INPUTS; k++)
            rows->x[i * INPUTS + k] = (real)rng_normal(&rng);
        rows->actions[i] = (uint32_t)rng_below(&rng, ACTIONS);
        rows->log_p[i] = -1.1 + 0.4 * rng_normal(&rng);
        rows->advantages[i] = 2 * rng_normal(&rng) + 0.3;
        rows->returns[i] = rng_normal(&rng);
    }
    return (struct ppo_batch){rows->x, rows->actions, rows->log_p, rows->advantages, rows->returns};
}

#if REAL_BITS == 64
#define STEP 1e-6

START_TEST(test_gradient_is_the_losses)
{
    struct device *device = cpu_device_new(CPU_BEST, 1);
    struct rows rows;
    struct ppo_batch batch;
    struct ppo_said said;
    struct net net;
    struct ppo ppo;
    double most = 0;
    double clipped = 0;

    begin(device, &net, &ppo);
    for (size_t i = 0; i < net.n_weights; i++) // the last layers begin nearly at nothing
        ppo.weights[i] *=
            net.tensors[4].at <= i && i < net.tensors[4].at + net.tensors[4].n ? 200 : 1;
    for (uint64_t seed = 1; seed <= 3; seed++) {
        real *gradient = calloc(net.n_weights, sizeof(*gradient));

        batch = draw(&rows, seed);
        ppo_gradient(&ppo, &batch, &said);
        clipped = fmax(clipped, said.clipped);
        memcpy(gradient, ppo.dweights, net.n_weights * sizeof(*gradient));
        for (size_t i = 0; i < net.n_weights; i++) {
            real kept = ppo.weights[i];
            double more;
            double slope;

            ppo.weights[i] = kept + STEP;
            ppo_gradient(&ppo, &batch, &said);
            more = said.loss;
            ppo.weights[i] = kept - STEP;
            ppo_gradient(&ppo, &batch, &said);
            slope = (more - said.loss) / (2 * STEP);
            ppo.weights[i] = kept;
            most = fmax(most, fabs(slope - gradient[i]) / (1 + fabs(slope)));
        }
        free(gradient);
    }
    ck_assert_double_lt(most, 1e-8);
    ck_assert_double_gt(clipped, 0.2); // both branches were there
    ck_assert_double_lt(clipped, 0.9);
    ppo_deinit(&ppo);
    device->free(device);
}
END_TEST
#endif

/* Advantages from their definition: sums of discounted differences up to the next end. */
START_TEST(test_advantages_are_their_sums)
{
    enum { N = 50 };
    double rewards[N];
    double values[N + 1];
    double advantages[N];
    double returns[N];
    uint8_t ends[N];
    struct rng rng;

    rng_init(&rng, 5);
    for (uint32_t i = 0; i < N; i++) {
        rewards[i] = rng_normal(&rng);
        values[i] = rng_normal(&rng);
        ends[i] = rng_below(&rng, 9) == 0;
    }
    values[N] = rng_normal(&rng);
    ppo_gae(rewards, values, ends, N, 0.9, 0.8, advantages, returns);
    for (uint32_t i = 0; i < N; i++) {
        double sum = 0;
        double factor = 1;

        for (uint32_t k = i; k < N; k++) {
            sum += factor * (rewards[k] + (ends[k] ? 0 : 0.9 * values[k + 1]) - values[k]);
            if (ends[k])
                break;
            factor *= 0.9 * 0.8;
        }
        ck_assert_double_eq_tol(advantages[i], sum, 1e-12);
        ck_assert_double_eq_tol(returns[i], sum + values[i], 1e-12);
    }
}
END_TEST

START_TEST(test_draws_follow_chances)
{
    const real logits[] = {1, (real)-0.5, 2};
    uint32_t counts[ACTIONS] = {0};
    double p[ACTIONS];
    double log_p[ACTIONS];

    ppo_chances(logits, ACTIONS, p, log_p);
    ck_assert_double_eq_tol(p[0] + p[1] + p[2], 1, 1e-12);
    for (uint32_t i = 0; i < ACTIONS; i++)
        ck_assert_double_eq_tol(exp(log_p[i]), p[i], 1e-12);
    ck_assert_double_eq_tol(log_p[2] - log_p[0], 1, 1e-12);
    for (uint32_t i = 0; i < 100000; i++)
        counts[ppo_draw(p, ACTIONS, (i + 0.5) / 100000)]++;
    for (uint32_t i = 0; i < ACTIONS; i++)
        ck_assert_double_eq_tol(counts[i] / 1e5, p[i], 1e-4);
    ck_assert_uint_eq(ppo_draw(p, ACTIONS, 0), 0);
    ck_assert_uint_eq(ppo_draw(p, ACTIONS, 0x1.fffffffffffffp-1), 2);
}
END_TEST

START_TEST(test_gradient_is_no_longer_than_its_limit)
{
    struct device *device = cpu_device_new(CPU_BEST, 1);
    struct rows rows;
    struct ppo_batch batch = draw(&rows, 2);
    struct ppo_said said;
    struct net net;
    struct ppo ppo;
    double sum = 0;

    begin(device, &net, &ppo);
    ppo.rules.norm_most = 0.05;
    ppo_step(&ppo, &batch, &said);
    ck_assert_double_gt(said.norm, 0.05);
    for (size_t i = 0; i < net.n_weights; i++)
        sum += (double)ppo.dweights[i] * (double)ppo.dweights[i];
    ck_assert_double_eq_tol(sqrt(sum), 0.05, 1e-6);
    ppo.rules.norm_most = 0;
    ppo_step(&ppo, &batch, &said);
    sum = 0;
    for (size_t i = 0; i < net.n_weights; i++)
        sum += (double)ppo.dweights[i] * (double)ppo.dweights[i];
    ck_assert_double_eq_tol(sqrt(sum), said.norm, 1e-6);
    ppo_deinit(&ppo);
    device->free(device);
}
END_TEST

/* The same bits from each kind of registers, and from any number of threads. */
START_TEST(test_bits_are_the_same_everywhere)
{
    real *first = NULL;

    for (enum cpu_isa isa = CPU_PLAIN; isa <= CPU_AVX512; isa++)
        for (uint32_t n_threads = 1; n_threads <= 3; n_threads++) {
            struct device *device = cpu_device_new(isa, n_threads);
            struct rows rows;
            struct ppo_said said;
            struct net net;
            struct ppo ppo;

            if (device == NULL)
                continue; // this processor has no such registers
            begin(device, &net, &ppo);
            for (uint64_t i = 0; i < 20; i++) {
                struct ppo_batch batch = draw(&rows, i + 1);

                ppo_step(&ppo, &batch, &said);
            }
            if (first == NULL) {
                first = calloc(net.n_weights, sizeof(*first));
                memcpy(first, ppo.weights, net.n_weights * sizeof(*first));
            }
            ck_assert_mem_eq(first, ppo.weights, net.n_weights * sizeof(*first));
            ppo_deinit(&ppo);
            device->free(device);
        }
    free(first);
}
END_TEST

/* What is best is the action that the first input names; nothing follows from anything. */
START_TEST(test_learns_what_is_best)
{
    struct device *device = cpu_device_new(CPU_BEST, 1);
    uint32_t n_right = 0;
    struct rows rows;
    struct ppo_said said;
    struct net net;
    struct ppo ppo;

    begin(device, &net, &ppo);
    for (uint64_t turn = 0; turn < 300; turn++) {
        struct ppo_batch batch = draw(&rows, 100 + turn);
        real *y = calloc(ROWS * (ACTIONS + 1), sizeof(*y));
        struct rng rng;

        rng_init(&rng, turn);
        net_forward(&ppo.tape, ppo.weights, rows.x, y);
        n_right = 0;
        for (uint32_t i = 0; i < ROWS; i++) {
            uint32_t best = rows.x[i * INPUTS] > 0 ? 2 : 0;
            double p[ACTIONS];
            double log_p[ACTIONS];

            ppo_chances(y + (size_t)i * (ACTIONS + 1), ACTIONS, p, log_p);
            rows.actions[i] = ppo_draw(p, ACTIONS, rng_unit(&rng));
            rows.log_p[i] = log_p[rows.actions[i]];
            rows.advantages[i] = rows.actions[i] == best ? 1 : 0;
            rows.returns[i] = rows.advantages[i];
            n_right += rows.actions[i] == best;
        }
        for (uint32_t pass = 0; pass < 4; pass++)
            ppo_step(&ppo, &batch, &said);
        free(y);
    }
    ck_assert_uint_gt(n_right, ROWS * 9 / 10 - 1);
    ck_assert_double_lt(said.square, 0.3);
    ppo_deinit(&ppo);
    device->free(device);
}
END_TEST

START_TEST(test_refuses_other_nets)
{
    struct device *device = cpu_device_new(CPU_BEST, 1);
    struct net_shape shape = {.inputs = 3, .outputs = 4, .hidden = 5, .layers = 1};
    struct net net;
    struct ppo ppo;

    shape.arch = net_arch_find("lstm/1");
    ck_assert_int_eq(net_init(&shape, &net, NULL), AGON_OK);
    ck_assert_int_eq(ppo_init(device, &net, ROWS, &rules, 1, &ppo), AGON_EINVAL);
    ppo_deinit(&ppo);
    shape = (struct net_shape){
        .arch = net_arch_find("policy/1"), .inputs = 3, .outputs = 1, .hidden = 5, .feed = 5};
    ck_assert_int_eq(net_init(&shape, &net, NULL), AGON_EINVAL);
    device->free(device);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ppo");
    TCase *tcase = tcase_create("ppo");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tcase, 60);
#if REAL_BITS == 64
    tcase_add_test(tcase, test_gradient_is_the_losses);
#endif
    tcase_add_test(tcase, test_advantages_are_their_sums);
    tcase_add_test(tcase, test_draws_follow_chances);
    tcase_add_test(tcase, test_gradient_is_no_longer_than_its_limit);
    tcase_add_test(tcase, test_bits_are_the_same_everywhere);
    tcase_add_test(tcase, test_learns_what_is_best);
    tcase_add_test(tcase, test_refuses_other_nets);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
