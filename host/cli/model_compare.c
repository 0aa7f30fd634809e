// SPDX-License-Identifier: Apache-2.0
/* model_compare: `agon models compare|promote|drift`: versions on rows that they have not seen. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/exit.h"
#include "cli/model_cmd.h"
#include "cli/model_keep.h"
#include "sys/clock.h"

struct compared {
    struct model_version new,
        old; /* old.word "": there is none, and the constant is compared with */
    struct model_rows rows;
    struct judged of_new, of_old;
    struct beside beside;
    int is_better;
    char why_alone[512]; /* why the old one is not beside it; "": it is, or there is none */
};

static void compared_free(struct compared *compared)
{
    model_version_close(&compared->new);
    model_version_close(&compared->old);
    train_table_free(&compared->rows.table);
}

static int run(struct compared *compared, const struct model_ask *ask, struct error *err)
{
    const struct model_version *const both[] = {&compared->new, &compared->old};
    uint32_t n = compared->old.word[0] != '\0' ? 2 : 1;
    const struct goal *goal = &compared->new.model.goal;
    struct answers of_new = {0}, of_old = {0};
    const struct train_rows *rows = &compared->rows.rows;
    int rc;

    if (n == 2 && strcmp(compared->new.model.names.goal, compared->old.model.names.goal) != 0)
        return error_set(err, AGON_EINVAL,
                         "%s says %s and %s says %s: they cannot be compared on the same rows; "
                         "expected two versions with one answer",
                         compared->new.word, compared->new.model.names.goal, compared->old.word,
                         compared->old.model.names.goal);
    rc = model_rows_read(&compared->rows, ask, both, n, 0, err);
    if (rc >= 0)
        rc = model_answer(&compared->new.model, rows, compared->rows.table.names, &of_new, err);
    if (rc >= 0 && n == 2)
        rc = model_answer(&compared->old.model, rows, compared->rows.table.names, &of_old, err);
    if (rc >= 0 && n == 2)
        // Both on the same rows: where the windows of one are not full yet, neither is asked.
        for (uint32_t i = 0; i < rows->n_rows; i++)
            of_new.is_asked[i] = of_old.is_asked[i] = of_new.is_asked[i] && of_old.is_asked[i];
    if (rc >= 0) {
        model_judge(goal, rows, &of_new, 0, rows->n_rows, compared->rows.gap, &compared->of_new);
        compared->is_better = judged_is_better(&compared->of_new);
    }
    if (rc >= 0 && n == 2) {
        model_judge(goal, rows, &of_old, 0, rows->n_rows, compared->rows.gap, &compared->of_old);
        model_judge_beside(goal, rows, &of_new, &of_old, compared->rows.gap, &compared->beside);
        compared->is_better = compared->beside.n > 0 && compared->beside.low > 0;
    }
    answers_free(&of_new);
    answers_free(&of_old);
    return rc;
}

static int refuse(int rc, const struct error *why, struct error *err)
{
    (void)error_set(err, rc, "%s", why->text);
    error_hint(err, "without --data, --anyway REASON makes it current and compares nothing");
    return rc;
}

/* Who has a reason to promote it all the same is not held up by a current version that cannot be
 * asked on these rows: another answer, other inputs, another edition of the features. */
static int run_anyway(struct compared *compared, const struct model_ask *ask, struct error *err)
{
    struct error why = {0};
    int rc = run(compared, ask, &why);

    if (rc >= 0)
        return rc;
    if (compared->old.word[0] != '\0' && ask->anyway != NULL) {
        (void)snprintf(compared->why_alone, sizeof(compared->why_alone), "%.511s", why.text);
        if (!ask->is_json)
            printf("%s is not compared with %s: %s\n", compared->new.word, compared->old.word,
                   compared->why_alone);
        model_version_close(&compared->old);
        train_table_free(&compared->rows.table);
        why = (struct error){0};
        rc = run(compared, ask, &why);
        if (rc >= 0)
            return rc;
    }
    return refuse(rc, &why, err);
}

/* By itself it may be better than the constant: that is no better version. */
static int is_better(const struct compared *compared)
{
    return compared->is_better && compared->why_alone[0] == '\0';
}

static json_t *compared_json(const struct compared *compared)
{
    int has_old = compared->old.word[0] != '\0';
    json_t *object =
        json_pack("{s:s, s:s, s:i, s:i, s:o, s:b}", "new", compared->new.word, "data_sha256",
                  compared->rows.table.sha256, "left_out", (int)compared->rows.n_left_out, "gap",
                  (int)compared->rows.gap, "of_new", judged_json(&compared->of_new), "is_better",
                  is_better(compared));

    if (compared->why_alone[0] != '\0')
        (void)json_object_set_new(object, "not_compared", json_string(compared->why_alone));
    if (!has_old)
        return object;
    (void)json_object_set_new(object, "old", json_string(compared->old.word));
    (void)json_object_set_new(object, "of_old", judged_json(&compared->of_old));
    (void)json_object_set_new(object, "gain", json_real(compared->beside.gain));
    (void)json_object_set_new(object, "gain_low", json_real(compared->beside.low));
    (void)json_object_set_new(object, "gain_high", json_real(compared->beside.high));
    return object;
}

static void print_judged(const char *word, const struct judged *judged)
{
    if (judged->is_classes)
        printf(
            "%-24s right %.2f%% (95%%: %.2f to %.2f), log-loss %.6f; the constant %.2f%%, %.6f\n",
            word, 100 * judged->right, 100 * judged->low, 100 * judged->high, judged->loss,
            100 * judged->constant, judged->loss_constant);
    else
        printf("%-24s mean square %.6g; the constant %.6g\n", word, judged->loss,
               judged->loss_constant);
}

static void print_compared(const struct compared *compared)
{
    const struct beside *beside = &compared->beside;
    double unit = compared->of_new.is_classes ? 100 : 1;

    printf("%u rows that %s taught by%s\n", compared->of_new.n,
           compared->old.word[0] != '\0' ? "neither was" : "it was not",
           compared->rows.n_left_out > 0 ? ", the earlier ones left out" : "");
    print_judged(compared->new.word, &compared->of_new);
    if (compared->old.word[0] == '\0') {
        printf("%s: %s\n", compared->new.word,
               compared->is_better ? "better than the constant"
                                   : "no edge over the constant is shown");
        return;
    }
    print_judged(compared->old.word, &compared->of_old);
    printf("%s beside %s: %+.4g (95%%: %+.4g to %+.4g)%s: %s\n", compared->new.word,
           compared->old.word, unit * beside->gain, unit * beside->low, unit * beside->high,
           compared->of_new.is_classes ? " points" : "",
           compared->is_better ? "better" : "not better beyond the interval");
}

static void dump(json_t *object)
{
    json_dumpf(object, stdout, JSON_INDENT(2));
    printf("\n");
    json_decref(object);
}

int model_compare(const struct model_ask *ask, struct error *err)
{
    struct registry *registry = registry_open(ask->dir, REGISTRY_READ, err);
    struct compared compared = {0};
    char name[REGISTRY_NAME];
    uint32_t number = 0;
    int rc = registry != NULL ? registry_parse(ask->operands.at[1], name, &number, err) : err->code;

    if (rc >= 0)
        rc = model_version_open(registry, ask->operands.at[1], &compared.new, err);
    if (rc >= 0)
        rc = model_version_open(registry, ask->operands.n > 2 ? ask->operands.at[2] : name,
                                &compared.old, err);
    if (rc >= 0)
        rc = run(&compared, ask, err);
    if (rc >= 0 && ask->is_json)
        dump(compared_json(&compared));
    else if (rc >= 0)
        print_compared(&compared);
    compared_free(&compared);
    registry_close(registry);
    return rc < 0 ? model_exit(rc) : EXIT_OK;
}

/* --- promote --- */

static int move(const struct model_ask *ask, struct registry *registry, const struct compared *by,
                int is_judged, struct error *err)
{
    json_t *evidence = is_judged ? compared_json(by) : NULL;
    char *text = evidence != NULL ? json_dumps(evidence, JSON_COMPACT | JSON_ENSURE_ASCII) : NULL;
    char reason[512];
    struct registry_move move = {
        .at_ns = clock_now(), .by = model_who(ask->by), .reason = reason, .evidence = text};
    int rc;

    (void)snprintf(reason, sizeof(reason), "%s%.400s", is_judged && is_better(by) ? "" : "anyway: ",
                   is_judged && is_better(by) ? (ask->reason != NULL ? ask->reason : "better")
                                              : ask->anyway);
    rc = registry_promote(registry, by->new.version.name, by->new.version.version, &move, err);
    if (rc >= 0 && is_judged) {
        uint32_t n_before;

        rc = registry_look(registry, by->new.version.name, by->new.version.version,
                           by->rows.table.sha256, &n_before, err);
    }
    json_decref(evidence);
    free(text);
    return rc;
}

int model_promote(const struct model_ask *ask, struct error *err)
{
    struct registry *registry = registry_open(ask->dir, REGISTRY_WRITE, err);
    struct compared compared = {0};
    struct error none = {0};
    int is_judged = ask->data != NULL;
    int code = EXIT_OK;
    int rc = registry != NULL
                 ? model_version_open(registry, ask->operands.at[1], &compared.new, err)
                 : err->code;

    if (rc >= 0 && strcmp(compared.new.version.state, "current") == 0)
        rc = error_set(err, AGON_EINVAL, "%s is current already; name another as NAME@N",
                       compared.new.word);
    if (rc >= 0 && is_judged) {
        rc = model_version_open(registry, compared.new.version.name, &compared.old, &none);
        if (rc == AGON_ENOENT && compared.old.version.version == 0)
            rc = AGON_OK; // the first
        else if (rc < 0)
            rc = refuse(rc, &none, err);
    }
    if (rc >= 0 && is_judged)
        rc = run_anyway(&compared, ask, err);
    if (rc >= 0 && is_judged && !ask->is_json)
        print_compared(&compared);
    if (rc >= 0 && is_judged && !compared.is_better && ask->anyway == NULL) {
        code = EXIT_CHECK;
        (void)error_set(err, AGON_EINVAL,
                        "%s stays %s: it is not better than %s beyond the interval; "
                        "--anyway REASON promotes it all the same",
                        compared.new.word, compared.new.version.state,
                        compared.old.word[0] != '\0' ? compared.old.word : "the constant guess");
    } else if (rc >= 0) {
        rc = move(ask, registry, &compared, is_judged, err);
    }
    if (rc >= 0 && ask->is_json && is_judged)
        dump(compared_json(&compared));
    if (rc >= 0 && code == EXIT_OK && !ask->is_json)
        printf("%s is current; running agents take it at their next reload\n", compared.new.word);
    compared_free(&compared);
    registry_close(registry);
    return rc < 0 ? model_exit(rc) : code;
}

/* --- drift --- */

struct moved {
    char name[CHECKPOINT_VALUE];
    struct drift drift;
};

static int by_psi(const void *a, const void *b)
{
    double x = ((const struct moved *)a)->drift.psi, y = ((const struct moved *)b)->drift.psi;

    return (x < y) - (x > y);
}

static int measure(const struct model_version *of, const struct model_rows *rows,
                   struct moved *moved, uint32_t *n_moved, struct error *err)
{
    json_t *quantiles = json_loads(of->version.quantiles, 0, NULL);
    int rc = AGON_OK;

    *n_moved = 0;
    for (uint32_t k = 0; k < rows->table.n_features && rc >= 0; k++) {
        struct moved *one = &moved[*n_moved];

        rc = drift_of(quantiles, &rows->rows, rows->table.names[k], k, &one->drift, err);
        if (rc < 0 || !one->drift.is_known)
            continue;
        (void)snprintf(one->name, sizeof(one->name), "%s", rows->table.names[k]);
        ++*n_moved;
    }
    if (rc >= 0 && *n_moved == 0)
        rc = error_set(err, AGON_EINVAL,
                       "the registry has no quantiles of these columns for %s; expected a version "
                       "that was trained with --register, or added with --data",
                       of->word);
    qsort(moved, *n_moved, sizeof(*moved), by_psi);
    json_decref(quantiles);
    return rc;
}

struct part {
    struct judged judged;
    double first_ms;
};

/* Is it less right in the last part than it was when it was judged, beyond both intervals? */
static int is_worse(const struct model_version *of, const struct part *last)
{
    const json_t *low = json_object_get(json_object_get(of->metrics, "holdout"), "right_low");

    return last->judged.is_classes && last->judged.n > 0 && json_is_number(low) &&
           last->judged.high < json_number_value(low);
}

static void print_drift(const struct model_ask *ask, const struct model_version *of,
                        const struct model_rows *rows, const struct moved *moved, uint32_t n_moved,
                        const struct part *parts, int is_less_right)
{
    char time[CLOCK_TEXT];

    printf("%s on %u rows; population stability index, above %.3g is drift\n", of->word,
           rows->rows.n_rows, ask->psi);
    for (uint32_t i = 0; i < n_moved; i++)
        printf("  %-32s %8.4f%s\n", args_safe(moved[i].name), moved[i].drift.psi,
               moved[i].drift.psi > ask->psi ? "  drift" : "");
    for (int64_t i = 0; i < ask->parts; i++) {
        if (parts[i].judged.n == 0)
            continue;
        clock_text((agon_ns_t)(parts[i].first_ms * 1e6), time);
        printf("  %s  ", rows->table.times != NULL ? time : "rows");
        print_judged("", &parts[i].judged);
    }
    if (is_less_right)
        printf("less right in the last part than where it was judged, beyond both intervals\n");
}

static json_t *drift_json(const struct model_ask *ask, const struct model_version *of,
                          const struct moved *moved, uint32_t n_moved, const struct part *parts,
                          int has_drifted)
{
    json_t *features = json_array(), *over = json_array();

    for (uint32_t i = 0; i < n_moved; i++)
        (void)json_array_append_new(
            features, json_pack("{s:s, s:f, s:f, s:b}", "name", args_safe(moved[i].name), "psi",
                                moved[i].drift.psi, "missing", moved[i].drift.missing, "is_drift",
                                moved[i].drift.psi > ask->psi));
    for (int64_t i = 0; i < ask->parts; i++) {
        json_t *part = judged_json(&parts[i].judged);

        (void)json_object_set_new(part, "first_ms", json_real(parts[i].first_ms));
        (void)json_array_append_new(over, part);
    }
    return json_pack("{s:s, s:f, s:b, s:o, s:o}", "version", of->word, "threshold", ask->psi,
                     "has_drifted", has_drifted, "features", features, "parts", over);
}

static int judge_parts(const struct model_ask *ask, struct model_version *of,
                       const struct model_rows *rows, struct part *parts, struct error *err)
{
    struct answers answers;
    int rc = model_answer(&of->model, &rows->rows, rows->table.names, &answers, err);

    for (int64_t i = 0; i < ask->parts && rc >= 0; i++) {
        uint32_t n = rows->rows.n_rows;
        uint32_t from = (uint32_t)((uint64_t)n * (uint64_t)i / (uint64_t)ask->parts);
        uint32_t to = (uint32_t)((uint64_t)n * (uint64_t)(i + 1) / (uint64_t)ask->parts);

        model_judge(&of->model.goal, &rows->rows, &answers, from, to, rows->gap, &parts[i].judged);
        if (rows->rows.times != NULL && from < n)
            parts[i].first_ms = rows->rows.times[from];
    }
    answers_free(&answers);
    return rc;
}

int model_drift(const struct model_ask *ask, struct error *err)
{
    struct registry *registry = registry_open(ask->dir, REGISTRY_READ, err);
    struct model_version of = {0};
    const struct model_version *const one[] = {&of};
    struct model_rows rows = {0};
    struct moved *moved = NULL;
    struct part *parts = calloc((size_t)ask->parts, sizeof(*parts));
    uint32_t n_moved = 0;
    int is_less_right = 0, has_drifted = 0;
    int rc =
        registry != NULL ? model_version_open(registry, ask->operands.at[1], &of, err) : err->code;

    if (rc >= 0)
        rc = model_rows_read(&rows, ask, one, 1, 1, err);
    if (rc >= 0) {
        moved = calloc(rows.table.n_features, sizeof(*moved));
        if (moved == NULL || parts == NULL)
            rc = error_set(err, AGON_ENOMEM, "no memory for %u columns", rows.table.n_features);
    }
    if (rc >= 0)
        rc = measure(&of, &rows, moved, &n_moved, err);
    if (rc >= 0)
        rc = judge_parts(ask, &of, &rows, parts, err);
    if (rc >= 0) {
        is_less_right = is_worse(&of, &parts[ask->parts - 1]);
        has_drifted = is_less_right || moved[0].drift.psi > ask->psi;
    }
    if (rc >= 0 && ask->is_json)
        dump(drift_json(ask, &of, moved, n_moved, parts, has_drifted));
    else if (rc >= 0)
        print_drift(ask, &of, &rows, moved, n_moved, parts, is_less_right);
    free(moved);
    free(parts);
    train_table_free(&rows.table);
    model_version_close(&of);
    registry_close(registry);
    return rc < 0 ? model_exit(rc) : has_drifted ? EXIT_CHECK : EXIT_OK;
}
