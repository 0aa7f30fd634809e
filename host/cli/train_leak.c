// SPDX-License-Identifier: Apache-2.0
#include "cli/train_leak.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "args/args.h"
#include "cli/model_eval.h"

#define LEAK_ROWS      20000u /* that are looked at, evenly over all */
#define LEAK_FEWEST    20u    /* rows that say something */
#define LEAK_ROWS_AWAY 64     /* whose targets are looked at */
#define STRONG_PARTS   16u    /* as many rows in each, by the column's value */
#define STRONG_FEWEST  50u    /* rows that judge, where those that overlap count as one */
#define STRONG_LEARNT  0.5    /* of the rows: what each part mostly is; the others judge */
#define STRONG_LEFT    0.8    /* of the constant's mistakes */
#define COPY_ALIKE     0.99   /* of the rows have the other column's value of rows before */
#define COPY_OTHER     0.9    /* and fewer than that have its value of now, or it has its own */
#define COPY_FEWEST    50u

struct pair {
    double x, y;
};

static int by_x(const void *a, const void *b)
{
    const struct pair *one = a, *two = b;

    return (one->x > two->x) - (one->x < two->x);
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double correlation(const struct pair *pairs, uint32_t n)
{
    double mx = 0, my = 0, xx = 0, yy = 0, xy = 0;
    int is_moved[2] = {0, 0};

    for (uint32_t i = 1; i < n; i++) {
        is_moved[0] |= pairs[i].x > pairs[0].x || pairs[i].x < pairs[0].x;
        is_moved[1] |= pairs[i].y > pairs[0].y || pairs[i].y < pairs[0].y;
    }
    if (!is_moved[0] || !is_moved[1])
        return 0; // a constant has rounding, and no variance

    for (uint32_t i = 0; i < n; i++) {
        mx += pairs[i].x / n;
        my += pairs[i].y / n;
    }
    for (uint32_t i = 0; i < n; i++) {
        xx += (pairs[i].x - mx) * (pairs[i].x - mx);
        yy += (pairs[i].y - my) * (pairs[i].y - my);
        xy += (pairs[i].x - mx) * (pairs[i].y - my);
    }
    return xx > 0 && yy > 0 ? xy / sqrt(xx * yy) : 0;
}

/* The share of pairs of one row above 0 and one not that x puts in order (the area under the ROC
 * curve); ties count half. 0.5 where there is one class alone. */
static double told_apart(struct pair *pairs, uint32_t n)
{
    double n_up = 0, n_down = 0, sum = 0;

    qsort(pairs, n, sizeof(*pairs), by_x);
    for (uint32_t i = 0; i < n;) {
        double up = 0, down = 0;
        uint32_t k = i;

        for (; k < n && !(pairs[k].x > pairs[i].x); k++)
            *(pairs[k].y > 0 ? &up : &down) += 1;
        sum += up * (n_down + down / 2);
        n_up += up;
        n_down += down;
        i = k;
    }
    return n_up > 0 && n_down > 0 ? sum / (n_up * n_down) : 0.5;
}

struct leak {
    const struct train_rows *rows;
    const char *name; /* of the column that is looked at */
    struct pair *pairs;
    uint32_t column, every;
};

static double value_of(const struct leak *leak, uint32_t row)
{
    return (double)leak->rows->x[(size_t)row * leak->rows->n_features + leak->column];
}

/* The column of one row beside the target of another, `away` rows behind it; where it has a value.
 */
static uint32_t pair_up(struct leak *leak, int32_t away)
{
    uint32_t n_rows = leak->rows->n_rows, n = 0;

    for (uint32_t i = 0; i < n_rows; i += leak->every) {
        int64_t other = (int64_t)i + away;

        if (other >= 0 && other < n_rows && isfinite(value_of(leak, i)))
            leak->pairs[n++] = (struct pair){value_of(leak, i), (double)leak->rows->y[other]};
    }
    return n < LEAK_FEWEST ? 0 : n;
}

static int check_value(struct leak *leak, struct error *err)
{
    uint32_t n = pair_up(leak, 0);
    double alike = n > 0 ? fabs(correlation(leak->pairs, n)) : 0;
    double apart = n > 0 ? told_apart(leak->pairs, n) : 0.5;

    apart = apart < 0.5 ? 1 - apart : apart;
    if (alike < TRAIN_LEAK && apart < TRAIN_LEAK)
        return AGON_OK;
    return error_set(err, AGON_EINVAL,
                     "column %.64s has the answer in it: its correlation with the target is %.4f, "
                     "and it parts %.4f of the ups from the rest; leave it out by --ignore, or say "
                     "--allow-leak",
                     args_safe(leak->name), alike, apart);
}

/* The answer with some of its signs changed: whatever it says of up and down, its size is known. */
static int check_size(struct leak *leak, struct error *err)
{
    uint32_t n = pair_up(leak, 0), n_below = 0;
    double *sizes = malloc((size_t)(n + 1) * sizeof(*sizes));
    double apart, middle;

    if (sizes == NULL)
        return error_set(err, AGON_ENOMEM, "no memory to look for a leak");
    for (uint32_t i = 0; i < n; i++) {
        n_below += leak->pairs[i].y < 0;
        leak->pairs[i] = (struct pair){fabs(leak->pairs[i].x), fabs(leak->pairs[i].y)};
        sizes[i] = leak->pairs[i].y;
    }
    qsort(sizes, n, sizeof(*sizes), by_size);
    middle = n > 0 ? sizes[n / 2] : 0;
    free(sizes);
    for (uint32_t i = 0; i < n; i++)
        leak->pairs[i].y -= middle;
    apart = n_below > 0 ? told_apart(leak->pairs, n) : 0.5;
    apart = apart < 0.5 ? 1 - apart : apart;
    return apart < TRAIN_LEAK
               ? AGON_OK
               : error_set(
                     err, AGON_EINVAL,
                     "column %.64s has the size of the answer in it: it parts %.4f of the "
                     "larger ones from the smaller ones, whatever their sign; leave it out by "
                     "--ignore, or say --allow-leak",
                     args_safe(leak->name), apart);
}

static int check_missing(struct leak *leak, struct error *err)
{
    uint32_t n = 0, n_missing = 0;
    double apart;

    for (uint32_t i = 0; i < leak->rows->n_rows; i += leak->every) {
        int is_missing = !isfinite(value_of(leak, i));

        n_missing += is_missing != 0;
        leak->pairs[n++] = (struct pair){is_missing, (double)leak->rows->y[i]};
    }
    if (n_missing < LEAK_FEWEST || n - n_missing < LEAK_FEWEST)
        return AGON_OK;
    apart = told_apart(leak->pairs, n);
    apart = apart < 0.5 ? 1 - apart : apart;
    return apart < TRAIN_LEAK
               ? AGON_OK
               : error_set(err, AGON_EINVAL,
                           "column %.64s has the answer in it by where it has no value: that parts "
                           "%.4f of the ups from the rest; leave it out by --ignore, or say "
                           "--allow-leak",
                           args_safe(leak->name), apart);
}

/* What is past at its row shares some of its bars with the target of a row less than gap before,
 * the more the nearer gap: a correlation of 1 - 1 / gap there is nobody's answer. */
static int check_others(struct leak *leak, uint32_t gap, struct error *err)
{
    int32_t behind = gap < LEAK_ROWS_AWAY ? (int32_t)gap : LEAK_ROWS_AWAY;
    double most = gap > 0 && 0.25 / gap < 1 - TRAIN_LEAK ? 1 - 0.25 / gap : TRAIN_LEAK;
    double most_apart = gap > 2 ? 1 - 0.02 / gap : TRAIN_LEAK;

    for (int32_t away = 1 - behind; away <= (behind > 4 ? behind : 4); away++) {
        uint32_t n = away != 0 ? pair_up(leak, away) : 0;
        double alike = n > 0 ? fabs(correlation(leak->pairs, n)) : 0;
        double apart = n > 0 ? told_apart(leak->pairs, n) : 0.5;

        apart = apart < 0.5 ? 1 - apart : apart;
        if (alike >= most || apart >= most_apart)
            return error_set(err, AGON_EINVAL,
                             "column %.64s knows the target of the row %u %s: its correlation with "
                             "that is %.4f, it parts %.4f of its ups from the rest, and it is not "
                             "known yet, as a target looks %u rows ahead; leave it out by "
                             "--ignore, or say --allow-leak",
                             args_safe(leak->name), (uint32_t)(away < 0 ? -away : away),
                             away < 0 ? "before" : "behind", alike, apart, gap > 0 ? gap : 1);
    }
    return AGON_OK;
}

int train_leak_check(const struct train_rows *rows, const char *const *names, uint32_t gap,
                     struct error *err)
{
    struct leak leak = {.rows = rows, .every = 1 + rows->n_rows / LEAK_ROWS};
    int rc = AGON_OK;

    leak.pairs = malloc((size_t)(rows->n_rows / leak.every + 1) * sizeof(*leak.pairs));
    if (leak.pairs == NULL)
        return error_set(err, AGON_ENOMEM, "no memory to look for a leak");
    for (; leak.column < rows->n_features && rc >= 0; leak.column++) {
        leak.name = names[leak.column];
        rc = check_value(&leak, err);
        rc = rc < 0 ? rc : check_size(&leak, err);
        rc = rc < 0 ? rc : check_missing(&leak, err);
        rc = rc < 0 ? rc : check_others(&leak, gap, err);
    }
    free(leak.pairs);
    return rc;
}

/* --- strong columns --- */

/* Which part of the values it lies in; what has none is a part of its own. */
static uint32_t part_of(const double *edges, uint32_t n_edges, double value)
{
    uint32_t part = 0;

    if (!isfinite(value))
        return STRONG_PARTS + 1;
    while (part < n_edges && !(value < edges[part]))
        part++;
    return part;
}

/* Edges of parts of as many values each; equal ones stay together. */
static uint32_t edges_of(const struct leak *leak, uint32_t to, double *values,
                         double edges[STRONG_PARTS])
{
    uint32_t n = 0, n_edges = 0;

    for (uint32_t i = 0; i < to; i += leak->every)
        if (isfinite(value_of(leak, i)))
            values[n++] = value_of(leak, i);
    qsort(values, n, sizeof(*values), by_size);
    for (uint32_t part = 0; part < STRONG_PARTS && n > 0; part++) {
        double edge = values[(uint64_t)part * n / STRONG_PARTS];

        if (n_edges == 0 || edge > edges[n_edges - 1])
            edges[n_edges++] = edge;
    }
    return n_edges;
}

/* What the column is right in alone: each part says what most of its rows were among the first
 * ones, the last ones judge. n_alone below STRONG_FEWEST: that says nothing. */
static double judge_alone(const struct leak *leak, uint32_t gap, double *values,
                          struct train_strong *strong)
{
    uint32_t n_rows = leak->rows->n_rows, to = (uint32_t)(n_rows * STRONG_LEARNT);
    uint32_t n_up = 0, n_right = 0, n_ups[STRONG_PARTS + 2] = {0}, n_of[STRONG_PARTS + 2] = {0};
    uint32_t n_edges, n_all = 0, n_all_up = 0;
    double edges[STRONG_PARTS] = {0}, n_alone;

    *strong = (struct train_strong){.column = leak->column};
    n_edges = edges_of(leak, to, values, edges);
    for (uint32_t i = 0; i < to; i += leak->every) {
        uint32_t part = part_of(edges, n_edges, value_of(leak, i));
        uint32_t is_up = leak->rows->y[i] > 0;

        n_of[part]++;
        n_ups[part] += is_up;
        n_all++;
        n_all_up += is_up;
    }
    for (uint64_t i = (uint64_t)to + gap; i < n_rows; i += leak->every) {
        uint32_t part = part_of(edges, n_edges, value_of(leak, (uint32_t)i));
        int is_up = leak->rows->y[i] > 0;
        int says_up = n_of[part] > 0 ? 2 * n_ups[part] > n_of[part] : 2 * n_all_up > n_all;

        strong->n++;
        n_up += (uint32_t)is_up;
        n_right += is_up == says_up;
    }
    if (n_up == 0 || n_up == strong->n || n_all_up == 0 || n_all_up == n_all)
        return 0; // one class alone
    n_alone = (double)strong->n * leak->every / (gap > 1 ? gap : 1);
    n_alone = n_alone < strong->n ? n_alone : strong->n;
    strong->right = (double)n_right / strong->n;
    strong->constant = (double)(2 * n_up > strong->n ? n_up : strong->n - n_up) / strong->n;
    judged_interval(strong->right, n_alone, &strong->low, &strong->high);
    return n_alone;
}

/* Is it what another column was `before` rows earlier? */
static int is_copy(const struct leak *leak, uint32_t other, uint32_t before)
{
    const struct train_rows *rows = leak->rows;
    uint32_t n = 0, n_same = 0, n_now = 0, n_kept = 0;

    for (uint32_t i = before; i < rows->n_rows; i++) {
        const float *row = rows->x + (size_t)i * rows->n_features;
        float own = row[leak->column], now = row[other];
        float then = rows->x[(size_t)(i - before) * rows->n_features + other];

        if (!isfinite(own) || !isfinite(now) || !isfinite(then))
            continue;
        n++;
        n_same += !(own < then) && !(own > then);
        n_now += !(own < now) && !(own > now);
        n_kept += !(now < then) && !(now > then);
        if (n >= COPY_FEWEST && n_same < 0.9 * n)
            return 0;
    }
    // One that does not move has the same value then and now, which shows nothing.
    return n >= COPY_FEWEST && n_same >= COPY_ALIKE * n && n_now < COPY_OTHER * n &&
           n_kept < COPY_OTHER * n;
}

/* Is shown by the table itself that its values are known at their rows? */
static int is_past(struct leak *leak, uint32_t gap)
{
    uint32_t first = gap > 0 ? gap : 1;

    for (uint32_t before = first; before < first + LEAK_ROWS_AWAY; before++) {
        uint32_t n;

        for (uint32_t other = 0; other < leak->rows->n_features; other++)
            if (other != leak->column && is_copy(leak, other, before))
                return 1;
        n = pair_up(leak, -(int32_t)before);
        if (n > 0) {
            double alike = fabs(correlation(leak->pairs, n));
            double apart = told_apart(leak->pairs, n);

            if (alike >= TRAIN_LEAK || apart >= TRAIN_LEAK || apart <= 1 - TRAIN_LEAK)
                return 1;
        }
    }
    return 0;
}

static double edge_of(const struct train_strong *strong)
{
    return (strong->low - strong->constant) / (1 - strong->constant);
}

static void keep(struct train_strongs *strongs, const struct train_strong *strong)
{
    uint32_t n = strongs->n < TRAIN_STRONG ? strongs->n : TRAIN_STRONG, at = n;

    strongs->n++;
    while (at > 0 && edge_of(&strongs->at[at - 1]) < edge_of(strong))
        at--;
    for (uint32_t i = n < TRAIN_STRONG ? n : TRAIN_STRONG - 1; i > at; i--)
        strongs->at[i] = strongs->at[i - 1];
    if (at < TRAIN_STRONG)
        strongs->at[at] = *strong;
}

int train_leak_strong(const struct train_rows *rows, uint32_t gap, struct train_strongs *strongs,
                      struct error *err)
{
    struct leak leak = {.rows = rows, .every = 1 + rows->n_rows / LEAK_ROWS};
    size_t n = rows->n_rows / leak.every + 1;
    double *values = malloc(n * sizeof(*values));

    *strongs = (struct train_strongs){0};
    leak.pairs = malloc(n * sizeof(*leak.pairs));
    if (leak.pairs == NULL || values == NULL) {
        free(leak.pairs);
        free(values);
        return error_set(err, AGON_ENOMEM, "no memory to look for a leak");
    }
    for (; leak.column < rows->n_features; leak.column++) {
        struct train_strong strong;

        if (judge_alone(&leak, gap, values, &strong) >= STRONG_FEWEST &&
            edge_of(&strong) > 1 - STRONG_LEFT && !is_past(&leak, gap))
            keep(strongs, &strong);
    }
    free(leak.pairs);
    free(values);
    return AGON_OK;
}

void train_leak_card(const struct train_strongs *strongs, const char *const *names, char *text,
                     size_t room)
{
    int n = strongs->n > 0 ? snprintf(text, room, "%.24s %.2f%%", names[strongs->at[0].column],
                                      100 * strongs->at[0].right)
                           : snprintf(text, room, "%s", "");

    if (strongs->n > 1 && n > 0 && (size_t)n < room)
        (void)snprintf(text + n, room - (size_t)n, " and %u more", strongs->n - 1);
}
