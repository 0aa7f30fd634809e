// SPDX-License-Identifier: Apache-2.0
#include "lab/features.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/num.h"
#include "lab/data_file.h"
#include "lab/data_hash.h"
#include "market/bars.h"
#include "sys/file.h"

#define NS 1000000000

const char *const features_parts[FEATURES_PARTS] = {"train", "validation", "holdout"};

struct run {
    const struct features_config *config;
    struct features_made *made;
    struct agon_features *set; /* owned; what is asked for, and no bars */
    struct agon_feature_bar *all;
    uint64_t n, room;
    struct bars bars;
    uint32_t length_s;
    agon_ns_t grace_ns;
    int8_t px_exp, qty_exp;
    int rc;
    uint64_t begins[FEATURES_PARTS + 1]; /* of each part its first bar */
    FILE *files[FEATURES_PARTS];         /* owned; two parts share the first */
    char paths[2][600];                  /* what is written until all is well */
};

// As a plugin's set does: what does not end behind the one before is passed over.
static void keep(void *ctx, const struct agon_bar *bar)
{
    struct run *run = ctx;
    struct agon_feature_bar made;

    if (bar->length_s != run->length_s || run->rc < 0 ||
        agon_feature_bar_of(bar, run->n > 0 ? &run->all[run->n - 1] : NULL, run->px_exp,
                            run->qty_exp, &made) < 0)
        return;
    if (run->n == run->room) {
        uint64_t wanted = run->room == 0 ? 65536 : 2 * run->room;
        uint64_t room = wanted < FEATURES_BARS_MAX ? wanted : FEATURES_BARS_MAX;
        struct agon_feature_bar *more =
            run->n < FEATURES_BARS_MAX ? realloc(run->all, room * sizeof(*more)) : NULL;

        if (more == NULL) {
            run->rc = run->n < FEATURES_BARS_MAX ? AGON_ENOMEM : AGON_ERANGE;
            return;
        }
        run->all = more;
        run->room = room;
    }
    run->made->n_flat += bar->volume_qty == 0;
    run->all[run->n++] = made;
}

/* The bars that an engine makes of it for whoever subscribes that length (engine/market.c). */
static void take(struct run *run, const struct agon_event_hdr *event)
{
    bars_on_time(&run->bars, event->t - 1, run->grace_ns, keep, run);
    if (event->type == AGON_EVENT_TRADE) {
        bars_on_trade(&run->bars, (const struct agon_trade *)(const void *)event, keep, run);
    } else if (event->type == AGON_EVENT_BAR) {
        const struct agon_bar *bar = (const struct agon_bar *)(const void *)event;

        keep(run, bar);
        (void)bars_on_bar(&run->bars, bar, keep, run);
    }
}

static int choose_length(struct run *run, struct error *err)
{
    const struct tape_info *info = &run->made->info;
    uint32_t base_s = info->kind == TAPE_BARS ? info->length_s : bars_length_s[0];
    uint32_t wanted_s = run->config->length_s == 0 ? base_s : run->config->length_s;
    int is_there = wanted_s == base_s;

    for (int i = 0; i < BARS_LENGTHS; i++)
        is_there |= wanted_s == bars_length_s[i] && wanted_s > base_s && wanted_s % base_s == 0;
    if (!is_there)
        return error_set(err, AGON_EINVAL,
                         "%s: bars of %u s cannot be made of it, which has %s%u s; they are those "
                         "of 1m, 3m, 5m, 10m, 15m, 1h, 4h and 1d that are whole multiples",
                         run->config->word, wanted_s,
                         info->kind == TAPE_BARS ? "bars of " : "trades, and makes bars from ",
                         base_s);
    run->length_s = run->made->length_s = wanted_s;
    run->grace_ns = info->kind == TAPE_BARS ? (agon_ns_t)base_s * NS : BARS_GRACE_NS;
    return bars_set_base(&run->bars, base_s) < 0 && wanted_s != base_s
               ? error_set(err, AGON_EINVAL, "%s: of bars of %u s no longer ones can be made",
                           run->config->word, base_s)
               : AGON_OK;
}

static int read_bars(struct run *run, struct error *err)
{
    const struct features_config *config = run->config;
    struct features_made *made = run->made;
    struct tape_config from;
    struct tape *tape = NULL;
    const struct agon_event_hdr *event;
    uint64_t n_bytes;
    int rc = tape_open_bare(&tape, config->word, config->listings, config->n_listings, &from,
                            &made->listed, err);

    if (rc < 0)
        return rc;
    made->info = from.info;
    run->px_exp = from.instrument.px_exp;
    run->qty_exp = from.instrument.qty_exp;
    bars_init(&run->bars, from.instrument.hdr.instrument, run->px_exp, run->qty_exp,
              from.quote_exp);
    rc = choose_length(run, err);
    while (rc >= 0 && run->rc >= 0 && (event = tape_next(tape)) != NULL)
        take(run, event);
    tape_report(tape, &made->report);
    tape_close(tape);
    if (rc < 0)
        return rc;
    if (made->report.err.code < 0) {
        *err = made->report.err;
        return err->code;
    }
    if (run->rc < 0)
        return error_set(err, run->rc, "%s: its bars %s", from.path,
                         run->rc == AGON_ENOMEM ? "do not fit into memory"
                                                : "are more than a training file may have");
    made->n_bars = run->n;
    return data_hash_now(from.path, made->sha256, &n_bytes, err);
}

/* Of rows of that bar: 0 when it is left out. */
static uint32_t part_of(struct run *run, uint64_t i)
{
    uint32_t part = 0;

    while (i >= run->begins[part + 1])
        part++;
    if (part + 1 < FEATURES_PARTS && i + run->config->ahead >= run->begins[part + 1] &&
        run->begins[part + 1] < run->begins[FEATURES_PARTS]) {
        run->made->n_purged++;
        return FEATURES_PARTS;
    }
    if (part > 0 && run->begins[part] > run->begins[0] &&
        i < run->begins[part] + run->config->embargo) {
        run->made->n_embargo++;
        return FEATURES_PARTS;
    }
    return part;
}

/* From the first bar that has all it looks back on to the last that has its target. */
static int share(struct run *run, struct error *err)
{
    const struct features_config *config = run->config;
    uint64_t first = run->set->back - 1, rows;
    uint32_t so_far = 0;

    if (run->n < first + 1 + config->ahead)
        return error_set(err, AGON_ERANGE,
                         "%s has %llu bars of %u s; the features look back on %u and the target "
                         "ahead by %u: expected %llu or more",
                         config->word, (unsigned long long)run->n, run->length_s, run->set->back,
                         config->ahead, (unsigned long long)first + 1 + config->ahead);
    rows = run->n - config->ahead - first;
    run->begins[0] = first;
    for (uint32_t part = 0; part < FEATURES_PARTS; part++) {
        so_far += config->shares[part];
        run->begins[part + 1] = first + rows * so_far / 100;
    }
    for (uint32_t part = 0; part < FEATURES_PARTS; part++)
        if (config->shares[part] > 0 &&
            run->begins[part + 1] <= run->begins[part] + config->ahead + config->embargo)
            return error_set(err, AGON_ERANGE,
                             "%s: %llu rows, of which part %s would have %llu, the target looks %u "
                             "ahead and the embargo takes %u: nothing would be left of it",
                             config->word, (unsigned long long)rows, features_parts[part],
                             (unsigned long long)(run->begins[part + 1] - run->begins[part]),
                             config->ahead, config->embargo);
    if (so_far == 0) // one part
        run->begins[1] = run->begins[2] = run->begins[3] = first + rows;
    return AGON_OK;
}

/* What is there already is a training file by its head, and not somebody's data: that is kept. */
static int check_out(const char *path, struct error *err)
{
    static const char begins[] = "time_ms,", ends[] = ",part,edition\n";
    char head[AGON_FEATURES_MAX * (AGON_FEATURE_TEXT + 1) + 64];
    struct stat of;
    FILE *file;
    size_t n;
    int is_ours;

    if (lstat(path, &of) != 0)
        return AGON_OK;
    file = S_ISREG(of.st_mode) ? fopen(path, "re") : NULL;
    is_ours = file != NULL && fgets(head, sizeof(head), file) != NULL;
    if (file != NULL)
        (void)fclose(file);
    n = is_ours ? strlen(head) : 0;
    if (is_ours && n >= sizeof(ends) && strncmp(head, begins, sizeof(begins) - 1) == 0 &&
        strcmp(head + n + 1 - sizeof(ends), ends) == 0)
        return AGON_OK;
    return error_set(err, AGON_EBUSY,
                     "%.400s is there already, and is not a training file of agon features make: "
                     "remove it, or name another by --out",
                     path);
}

static int open_files(struct run *run, struct error *err)
{
    const char *names[2] = {run->config->out, run->config->holdout};

    for (int k = 0; k < 2; k++) {
        FILE **file = &run->files[k == 0 ? 0 : 2];

        if (names[k] == NULL)
            continue;
        if (snprintf(run->paths[k], sizeof(run->paths[k]), "%s.new", names[k]) >=
            (int)sizeof(run->paths[k])) {
            run->paths[k][0] = '\0';
            return error_set(err, AGON_ERANGE, "%.60s...: the name is too long", names[k]);
        }
        *file = fopen(run->paths[k], "wxe");
        if (*file == NULL && remove(run->paths[k]) == 0)
            *file = fopen(run->paths[k], "wxe");
        if (*file == NULL) {
            run->paths[k][0] = '\0';
            return file_refuse_write(names[k], errno, 0, err);
        }
        fprintf(*file, "time_ms");
        for (uint32_t i = 0; i < run->set->n; i++) {
            char text[AGON_FEATURE_TEXT];

            agon_feature_text(&run->set->all[i], text);
            fprintf(*file, ",%s", text);
        }
        fprintf(*file, "%s,part,edition\n", run->config->ahead > 0 ? ",target" : "");
    }
    run->files[1] = run->files[0];
    return AGON_OK;
}

static void write_row(struct run *run, uint64_t i, uint32_t part)
{
    FILE *file = run->files[part];
    const struct agon_feature_bar *last = &run->all[i];

    fprintf(file, "%lld", (long long)(last->t_close / 1000000));
    for (uint32_t k = 0; k < run->set->n; k++)
        fprintf(file, ",%.17g", agon_feature_value(&run->set->all[k], last));
    if (run->config->ahead > 0) {
        // A return like any other, of the bar that is so far ahead.
        struct agon_feature target = {.id = 0, .param = {run->config->ahead}};
        double value = agon_feature_value(&target, last + run->config->ahead);

        if (run->config->is_up)
            fprintf(file, ",%d", value > 0);
        else
            fprintf(file, ",%.17g", value);
    }
    fprintf(file, ",%s,%d\n", features_parts[part], AGON_FEATURES_EDITION);
    run->made->n_rows[part]++;
}

static int close_files(struct run *run, int rc, struct error *err)
{
    const char *names[2] = {run->config->out, run->config->holdout};

    for (int k = 0; k < 2; k++) {
        FILE *file = run->files[k == 0 ? 0 : 2];
        int is_bad = 0;

        if (file == NULL)
            continue;
        is_bad = ferror(file) != 0 || fflush(file) != 0 || (rc >= 0 && fsync(fileno(file)) != 0);
        is_bad |= fclose(file) != 0;
        if (rc >= 0 && is_bad)
            rc = file_refuse_write(names[k], errno, AGON_EIO, err);
    }
    for (int k = 0; k < 2; k++) {
        if (run->paths[k][0] == '\0')
            continue;
        if (rc >= 0 && rename(run->paths[k], names[k]) != 0)
            rc = file_refuse_write(names[k], errno, 0, err);
        if (rc < 0)
            (void)remove(run->paths[k]);
    }
    return rc;
}

static int write_all(struct run *run, struct error *err)
{
    int rc = share(run, err);

    if (rc >= 0)
        rc = open_files(run, err);
    for (uint64_t i = run->begins[0]; rc >= 0 && i < run->begins[FEATURES_PARTS]; i++) {
        uint32_t part = part_of(run, i);

        if (part < FEATURES_PARTS)
            write_row(run, i, part);
        if (i % 4096 == 0 && ferror(run->files[0]))
            break;
    }
    return close_files(run, rc, err);
}

int features_make(const struct features_config *config, struct features_made *made,
                  struct error *err)
{
    struct run run = {.config = config, .made = made};
    uint32_t at = 0;
    int rc = AGON_ENOMEM;

    memset(made, 0, sizeof(*made));
    if (check_out(config->out, err) < 0 ||
        (config->holdout != NULL && check_out(config->holdout, err) < 0))
        return AGON_EBUSY;
    run.set = malloc(sizeof(*run.set));
    if (run.set == NULL)
        return error_set(err, rc, "features: out of memory");
    rc = agon_features_init(run.set, config->list, &at);
    if (rc < 0)
        error_set(err, rc, "the list of features is wrong at its byte %u", at);
    if (rc >= 0) {
        made->n_features = run.set->n;
        made->back = run.set->back;
        rc = read_bars(&run, err);
    }
    if (rc >= 0 && run.n > 0) {
        made->t_first = run.all[0].t_close;
        made->t_last = run.all[run.n - 1].t_close;
    }
    if (rc >= 0)
        rc = write_all(&run, err);
    free(run.all);
    free(run.set);
    return rc;
}
