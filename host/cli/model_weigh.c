// SPDX-License-Identifier: Apache-2.0
/* model_weigh: `agon models weigh`: what each input of a model is of use for on rows that it has
 * not seen. The values of one input are shuffled among the rows (L. Breiman, Random Forests,
 * 2001, section 10), the model is asked again, and what it is less right by is what it had from
 * that input. Of any model: trees and nets are asked alike. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/exit.h"
#include "base/rng.h"
#include "cli/model_cmd.h"

#define SHOWN 20u /* lines for people */

struct weighed {
    const char *name;
    double loss;          /* more of it */
    struct beside beside; /* the model as it is, beside itself without the input */
};

static int by_loss(const void *a, const void *b)
{
    const struct weighed *one = a, *other = b;

    if (one->loss != other->loss)
        return one->loss > other->loss ? -1 : 1;
    return strcmp(one->name, other->name);
}

static uint32_t column_of(const struct train_table *table, const char *name)
{
    uint32_t k = 0;

    while (k < table->n_features && strcmp(table->names[k], name) != 0)
        k++;
    return k;
}

/* Each order of the rows is as likely; the input's own, the same for the same table. */
static void shuffle(float *x, const struct train_rows *rows, uint32_t column, uint32_t input)
{
    struct rng rng;

    rng_init(&rng, rng_at(1, input, 0, 0, 0));
    for (uint32_t i = rows->n_rows; i > 1; i--) {
        size_t one = (size_t)(i - 1) * rows->n_features + column;
        size_t other = (size_t)rng_below(&rng, i) * rows->n_features + column;
        float kept = x[one];

        x[one] = x[other];
        x[other] = kept;
    }
}

static int weigh_input(struct model_version *of, const struct model_rows *rows,
                       const struct answers *whole, const struct judged *judged, uint32_t input,
                       float *x, struct weighed *weighed, struct error *err)
{
    const struct goal *goal = &of->model.goal;
    struct train_rows shuffled = rows->rows;
    struct answers without = {0};
    struct judged worse;
    uint32_t column;
    int rc;

    weighed->name = of->model.names.inputs[input];
    column = column_of(&rows->table, weighed->name); // model_answer has found them all
    shuffled.x = x;
    memcpy(x, rows->rows.x, (size_t)shuffled.n_rows * shuffled.n_features * sizeof(*x));
    shuffle(x, &shuffled, column, input);
    rc = model_answer(&of->model, &shuffled, rows->table.names, &without, err);
    if (rc >= 0) {
        model_judge(goal, &rows->rows, &without, 0, shuffled.n_rows, rows->gap, &worse);
        model_judge_beside(goal, &rows->rows, whole, &without, rows->gap, &weighed->beside);
        weighed->loss = worse.loss - judged->loss;
    }
    answers_free(&without);
    return rc;
}

static json_t *weighed_json(const struct model_version *of, const struct model_rows *rows,
                            const struct judged *judged, const struct weighed *all, uint32_t n)
{
    json_t *inputs = json_array();

    for (uint32_t i = 0; i < n; i++)
        (void)json_array_append_new(
            inputs,
            json_pack("{s:s, s:f, s:f, s:f, s:f, s:b}", "input", all[i].name, "loss", all[i].loss,
                      "gain", all[i].beside.gain, "gain_low", all[i].beside.low, "gain_high",
                      all[i].beside.high, "is_of_use", all[i].beside.low > 0));
    return json_pack("{s:s, s:s, s:i, s:i, s:o, s:o}", "version", of->word, "data_sha256",
                     rows->table.sha256, "left_out", (int)rows->n_left_out, "gap", (int)rows->gap,
                     "whole", judged_json(judged), "inputs", inputs);
}

static void print_weighed(const struct model_version *of, const struct model_rows *rows,
                          const struct judged *judged, const struct weighed *all, uint32_t n)
{
    double unit = judged->is_classes ? 100 : 1;
    uint32_t n_of_use = 0;

    for (uint32_t i = 0; i < n; i++)
        n_of_use += all[i].beside.low > 0;
    printf("%s on %u rows that it was not taught by%s: ", of->word, judged->n,
           rows->n_left_out > 0 ? ", the earlier ones left out" : "");
    if (judged->is_classes)
        printf("right %.2f%%, log-loss %.6f\n", 100 * judged->right, judged->loss);
    else
        printf("mean square %.6g\n", judged->loss);
    printf("with the values of one input shuffled among the rows:\n");
    for (uint32_t i = 0; i < n && i < SHOWN; i++)
        printf("  %-32s %s %+.4g, %.4g%s less right (95%%: %.4g to %.4g)%s\n",
               args_safe(all[i].name), judged->is_classes ? "log-loss" : "mean square", all[i].loss,
               unit * all[i].beside.gain, judged->is_classes ? " points" : "",
               unit * all[i].beside.low, unit * all[i].beside.high,
               all[i].beside.low > 0 ? "" : ": no use is shown");
    if (n > SHOWN)
        printf("  and %u more: --json has them\n", n - SHOWN);
    printf("%u of %u inputs are of use beyond their interval\n", n_of_use, n);
}

static int weigh(struct model_version *of, const struct model_ask *ask, struct error *err)
{
    const struct model_version *const one[] = {of};
    uint32_t n = of->model.names.n_inputs;
    struct model_rows rows = {0};
    struct answers whole = {0};
    struct weighed *all = NULL;
    struct judged judged;
    float *x = NULL;
    int rc = model_rows_read(&rows, ask, one, 1, 0, err);

    if (rc >= 0)
        rc = model_answer(&of->model, &rows.rows, rows.table.names, &whole, err);
    if (rc >= 0) {
        model_judge(&of->model.goal, &rows.rows, &whole, 0, rows.rows.n_rows, rows.gap, &judged);
        all = calloc(n, sizeof(*all));
        x = malloc(((size_t)rows.rows.n_rows * rows.rows.n_features + 1) * sizeof(*x));
        if (all == NULL || x == NULL)
            rc = error_set(err, AGON_ENOMEM, "no memory for %u inputs", n);
    }
    for (uint32_t i = 0; i < n && rc >= 0; i++)
        rc = weigh_input(of, &rows, &whole, &judged, i, x, &all[i], err);
    if (rc >= 0) {
        qsort(all, n, sizeof(*all), by_loss);
        if (ask->is_json) {
            json_t *object = weighed_json(of, &rows, &judged, all, n);

            json_dumpf(object, stdout, JSON_INDENT(2));
            printf("\n");
            json_decref(object);
        } else {
            print_weighed(of, &rows, &judged, all, n);
        }
    }
    free(x);
    free(all);
    answers_free(&whole);
    train_table_free(&rows.table);
    return rc;
}

int model_weigh(const struct model_ask *ask, struct error *err)
{
    struct registry *registry = registry_open(ask->dir, REGISTRY_READ, err);
    struct model_version of = {0};
    int rc =
        registry != NULL ? model_version_open(registry, ask->operands.at[1], &of, err) : err->code;

    if (rc >= 0)
        rc = weigh(&of, ask, err);
    model_version_close(&of);
    registry_close(registry);
    return rc < 0 ? model_exit(rc) : EXIT_OK;
}
