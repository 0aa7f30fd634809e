// SPDX-License-Identifier: Apache-2.0
#include "lab/lookahead.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/exit.h"
#include "base/num.h"
#include "lab/lookahead_impl.h"
#include "lab/martingale.h"
#include "sys/file.h"

#define WEEK_NS (INT64_C(7) * 86400 * LOOKAHEAD_SECOND_NS)
#define SHIFTS  2

int lookahead_make_dir(struct judge *judge, char *dir, size_t room, struct error *err)
{
    int n = snprintf(dir, room, "%s/%u", judge->dir, ++judge->n_dirs);

    if (n < 0 || (size_t)n >= room || mkdir(dir, 0700) != 0)
        return error_set(err, AGON_EIO, "%s cannot be made: %s", dir, strerror(errno));
    return AGON_OK;
}

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

// SYMBOL=DIR/WHICH-NUMBER/NAME: the name says what kind of file it is. beside: a listing, or "".
int lookahead_name_file(struct words *words, int which, uint32_t i, const char *symbol,
                        const char *dir, const char *name, const char *beside, const char **path,
                        struct error *err)
{
    char *word = words->all[which][i];
    char folder[PATH_MAX + 32], link[2 * PATH_MAX];
    int n;

    snprintf(folder, sizeof(folder), "%s/%d-%u", dir, which, i);
    n = snprintf(word, sizeof(words->all[which][i]), "%s=%s/%s", symbol, folder, name);
    if (n < 0 || (size_t)n >= sizeof(words->all[which][i]))
        return error_set(err, AGON_ERANGE, "%s: the name is too long", name);
    snprintf(link, sizeof(link), "%s/%s", folder, last_part(beside));
    if (mkdir(folder, 0700) != 0 || (beside[0] != '\0' && symlink(beside, link) != 0))
        return error_set(err, AGON_EIO, "%s cannot be made: %s", folder, strerror(errno));
    words->at[which][i] = word;
    *path = strchr(word, '=') + 1;
    return AGON_OK;
}

/* The data once more, altered; the earliest end of a row that was. */
static int alter_all(struct judge *judge, const struct alter *alter, struct words *words,
                     const char *dir, agon_ns_t *t_row, agon_ns_t *t_ends, struct error *err)
{
    const struct backtest_config *config = judge->config->backtest;
    struct altered altered;
    const char *path;
    int rc = AGON_OK;

    *t_row = *t_ends = 0;
    for (uint32_t i = 0; i < judge->n_paths && rc >= 0; i++) {
        char said[RECORDING_SYMBOL];
        const char *from = recording_split(judge->words[i], said);
        struct alter this = *alter;

        words->at[0][i] = judge->words[i];
        // What the exchange of a recording did by then was received a way later.
        if (alter->kind == ALTER_CUT && judge->infos[i].has_received)
            this.t = num_add(this.t, judge->one->way_ns);
        if (alter->kind == ALTER_INSIDE && judge->infos[i].kind != TAPE_BARS)
            continue;
        rc = lookahead_name_file(words, 0, i, judge->infos[i].plain, dir, last_part(from),
                                 judge->beside[i], &path, err);
        if (rc >= 0)
            rc = alter_file(from, &judge->infos[i], &this, path, &altered, err);
        if (rc < 0 || altered.t_row == 0)
            continue;
        *t_row = *t_row == 0 || altered.t_row < *t_row ? altered.t_row : *t_row;
        *t_ends = *t_ends == 0 || altered.t_ends < *t_ends ? altered.t_ends : *t_ends;
    }
    // When funding is paid is known before, and how much is not: behind a cut other rates are paid.
    for (uint32_t i = 0; i < config->n_fundings && rc >= 0; i++) {
        char symbol[RECORDING_SYMBOL];
        const char *from = recording_split(config->fundings[i], symbol);
        struct tape_info info = {0};

        words->at[1][i] = config->fundings[i];
        if (alter->kind == ALTER_INSIDE)
            continue;
        if (symbol[0] == '\0' && !recording_symbol_of_name(from, symbol))
            return error_set(err, AGON_EINVAL, "%s: no symbol in the file's name", from);
        rc = lookahead_name_file(words, 1, i, symbol, dir, "funding.csv", "", &path, err);
        if (rc >= 0)
            rc = alter_file(from, &info, alter, path, &altered, err);
    }
    return rc;
}

static struct backtest_config config_of(const struct judge *judge, const struct words *words)
{
    struct backtest_config config = *judge->config->backtest;

    config.paths = words->at[0];
    config.n_paths = judge->n_paths;
    if (config.n_fundings > 0)
        config.fundings = words->at[1];
    return config;
}

static int is_same_plan(struct agon_exit_plan one, struct agon_exit_plan other, agon_ns_t by)
{
    if (one.t_exit != 0)
        one.t_exit = num_add(one.t_exit, by);
    return memcmp(&one, &other, sizeof(one)) == 0;
}

static int is_same_intent(struct agon_intent one, struct agon_intent other, agon_ns_t by)
{
    if (one.t_expire != 0)
        one.t_expire = num_add(one.t_expire, by);
    return memcmp(&one, &other, sizeof(one)) == 0;
}

static int is_same(const struct lookahead_intent *one, const struct lookahead_intent *other,
                   agon_ns_t by)
{
    uint16_t type = one->what.hdr.type;

    if (one->slot != other->slot || type != other->what.hdr.type || one->t + by != other->t ||
        one->t_decided + by != other->t_decided)
        return 0;
    if (type == AGON_EVENT_EXIT_PLAN)
        return is_same_plan(one->what.plan.plan, other->what.plan.plan, by);
    return one->what.intent.origin.leg == other->what.intent.origin.leg &&
           one->what.intent.origin.n_legs == other->what.intent.origin.n_legs &&
           is_same_intent(one->what.intent.intent, other->what.intent.intent, by);
}

// The next that was decided before t; NULL: none.
static const struct lookahead_intent *next_before(const struct outcome *outcome, uint64_t *at,
                                                  agon_ns_t t)
{
    while (*at < outcome->n_kept) {
        const struct lookahead_intent *kept = &outcome->kept[(*at)++];

        if (kept->t_decided < t)
            return kept;
    }
    return NULL;
}

/* All that was decided before t: the same in both? The first difference is kept. */
static void compare(struct judge *judge, struct lookahead_part *part, agon_ns_t t, agon_ns_t by,
                    agon_ns_t t_altered)
{
    uint64_t i = 0, k = 0;

    part->n_runs++;
    for (;;) {
        const struct lookahead_intent *one = next_before(judge->one, &i, t);
        const struct lookahead_intent *other =
            next_before(judge->other, &k, t == INT64_MAX ? t : num_add(t, by));

        if (one == NULL && other == NULL)
            return;
        // The end of what is kept is no difference.
        if ((one == NULL && judge->one->n_kept == LOOKAHEAD_KEPT) ||
            (other == NULL && judge->other->n_kept == LOOKAHEAD_KEPT))
            return;
        if (one != NULL && other != NULL && is_same(one, other, by)) {
            part->n_compared++;
            continue;
        }
        if (part->verdict == LOOKAHEAD_ACCUSED)
            return;
        part->verdict = LOOKAHEAD_ACCUSED;
        part->t_altered = t_altered;
        part->by = by;
        part->has_one = one != NULL;
        part->has_other = other != NULL;
        if (one != NULL)
            part->one = *one;
        if (other != NULL)
            part->other = *other;
        return;
    }
}

// A time of a decision, or any time of the data.
static agon_ns_t draw_time(struct judge *judge, uint32_t i)
{
    const struct outcome *one = judge->one;
    agon_ns_t t_first = one->t_first, t_last = one->t_last, length = 0, t;

    for (uint32_t k = 0; k < judge->n_paths; k++) {
        agon_ns_t of = (agon_ns_t)judge->infos[k].length_s * LOOKAHEAD_SECOND_NS;

        length = of > length ? of : length;
    }
    if (judge->config->backtest->t_from > t_first)
        t_first = judge->config->backtest->t_from;
    t_first += 3 * length; // the length of a bar shows in the first of them
    if (one->n_kept == LOOKAHEAD_KEPT)
        t_last = one->kept[LOOKAHEAD_KEPT - 1].t_decided - 1;
    if (i % 2 == 0 && one->n_kept > 0)
        t = one->kept[rng_below(&judge->rng, one->n_kept)].t_decided;
    else
        t = t_last > t_first
                ? t_first + (agon_ns_t)rng_below(&judge->rng, (uint64_t)(t_last - t_first))
                : t_first;
    return t < t_first ? t_first : t;
}

static int cut_or_alter(struct judge *judge, struct lookahead_part *part, uint8_t kind,
                        struct error *err)
{
    struct words *words = calloc(1, sizeof(*words));
    int rc = words != NULL ? AGON_OK : error_set(err, AGON_ENOMEM, "out of memory");

    part->verdict = LOOKAHEAD_HOLDS;
    for (uint32_t i = 0; i < judge->config->n_points && rc >= 0; i++) {
        struct alter alter = {.kind = kind, .t = draw_time(judge, i)};
        struct backtest_config config;
        agon_ns_t t_row, t_ends;
        char dir[PATH_MAX];

        rc = lookahead_make_dir(judge, dir, sizeof(dir), err);
        if (rc >= 0)
            rc = alter_all(judge, &alter, words, dir, &t_row, &t_ends, err);
        if (rc >= 0 && (kind == ALTER_CUT || t_row != 0)) {
            agon_ns_t t_until = kind == ALTER_CUT ? num_add(alter.t, 1) : t_ends;

            config = config_of(judge, words);
            // What comes after it is compared by nobody, but timers before it want it to come.
            if (kind == ALTER_INSIDE && (config.t_end == 0 || config.t_end > 2 * t_ends - t_row))
                config.t_end = num_add(t_ends, t_ends - t_row);
            rc = lookahead_play(judge, &config, judge->other, err);
            // Timers behind the last event of all never come.
            if (kind == ALTER_CUT && judge->other->t_last < alter.t)
                t_until = num_add(judge->other->t_last, 1);
            if (rc >= 0)
                compare(judge, part, t_until, 0, kind == ALTER_CUT ? alter.t : t_row);
        }
        file_remove_tree(dir);
        if (part->verdict == LOOKAHEAD_ACCUSED)
            break;
    }
    free(words);
    return rc;
}

static int shift(struct judge *judge, struct lookahead_part *part, struct error *err)
{
    struct words *words = calloc(1, sizeof(*words));
    int rc = words != NULL ? AGON_OK : error_set(err, AGON_ENOMEM, "out of memory");

    part->verdict = LOOKAHEAD_HOLDS;
    for (uint32_t i = 0; i < SHIFTS && rc >= 0 && part->verdict == LOOKAHEAD_HOLDS; i++) {
        agon_ns_t by = WEEK_NS * (agon_ns_t)(1 + rng_below(&judge->rng, 52));
        struct alter alter = {.kind = ALTER_SHIFT};
        struct backtest_config config;
        agon_ns_t t_row, t_ends;
        char dir[PATH_MAX];

        // Both ways, and within what a tape takes.
        if (i % 2 == 1 && judge->one->t_first > 60 * WEEK_NS)
            by = -by;
        if (judge->one->t_last > LOOKAHEAD_FAIR_START - 60 * WEEK_NS && by > 0)
            by = -by;
        alter.by = by;
        rc = lookahead_make_dir(judge, dir, sizeof(dir), err);
        if (rc >= 0)
            rc = alter_all(judge, &alter, words, dir, &t_row, &t_ends, err);
        if (rc >= 0) {
            config = config_of(judge, words);
            if (config.t_end != 0)
                config.t_end += by;
            if (config.t_from != 0)
                config.t_from += by;
            rc = lookahead_play(judge, &config, judge->other, err);
        }
        if (rc >= 0)
            compare(judge, part, INT64_MAX, by, 0);
        file_remove_tree(dir);
    }
    free(words);
    return rc;
}

static int repeat(struct judge *judge, struct lookahead_part *part, struct error *err)
{
    struct words *words = calloc(1, sizeof(*words));
    struct backtest_config config;
    int rc;

    if (words == NULL)
        return error_set(err, AGON_ENOMEM, "out of memory");
    for (uint32_t i = 0; i < judge->n_paths; i++)
        words->at[0][i] = judge->words[i];
    for (uint32_t i = 0; i < judge->config->backtest->n_fundings; i++)
        words->at[1][i] = judge->config->backtest->fundings[i];
    config = config_of(judge, words);
    rc = lookahead_play(judge, &config, judge->one, err);
    if (rc >= 0 && !judge->one->has_book)
        rc = error_set(err, AGON_ECORRUPT, "none of the data brought a book to trade on");
    if (rc >= 0)
        rc = lookahead_play(judge, &config, judge->other, err);
    if (rc >= 0) {
        part->verdict = LOOKAHEAD_HOLDS;
        compare(judge, part, INT64_MAX, 0, 0);
    }
    free(words);
    return rc;
}

// Without data: bars in which nothing can be won stand for them.
static int make_data(struct judge *judge, struct error *err)
{
    static const int64_t prices[] = {60000, 3000, 150, 550};
    struct roster_names *names = calloc(1, sizeof(*names));
    char dir[PATH_MAX];
    int rc = names != NULL ? backtest_names(judge->config->backtest, names, err)
                           : error_set(err, AGON_ENOMEM, "out of memory");

    if (rc >= 0)
        rc = lookahead_make_dir(judge, dir, sizeof(dir), err);
    for (uint32_t i = 0; names != NULL && i < names->n && i < BACKTEST_TAPES_MAX && rc >= 0; i++) {
        const char *symbol = strchr(names->instruments[i], ':') + 1;
        struct martingale fair = {.seed = judge->config->seed,
                                  .kind = TAPE_BARS,
                                  .neighbour = 2 * i, // in step
                                  .n_rows = judge->config->n_rows,
                                  .t_start = INT64_C(1767225600) * LOOKAHEAD_SECOND_NS, // 2026
                                  .length_s = 60,
                                  .px_exp = 2,
                                  .qty_exp = 3,
                                  .start_px = prices[i % 4] * 100,
                                  .unit_qty = 5000};
        FILE *file;

        snprintf(judge->words[i], sizeof(judge->words[i]), "%.31s=%.3000s/%u.csv", symbol, dir, i);
        file = fopen(strchr(judge->words[i], '=') + 1, "wxe");
        rc = file != NULL ? martingale_write(&fair, file) : AGON_EIO;
        if (file != NULL && fclose(file) != 0)
            rc = AGON_EIO;
        if (rc < 0)
            error_set(err, rc, "%s cannot be written", judge->words[i]);
        judge->n_paths = i + 1;
    }
    free(names);
    return rc;
}

// Is the symbol played as a perpetual, whatever a listing says?
static int is_perpetual(const struct judge *judge, const struct tape_info *info)
{
    const struct backtest_config *config = judge->config->backtest;
    char said[RECORDING_SYMBOL];

    // Another venue's coins beside a perpetual of that name stay coins.
    for (uint32_t i = 0; i < judge->n_paths; i++) {
        if (strcmp(judge->infos[i].plain, info->plain) == 0 && tape_is_linear(&judge->infos[i]) &&
            strcmp(judge->infos[i].symbol, info->symbol) != 0)
            return tape_is_linear(info);
    }
    for (uint32_t i = 0; i < config->n_fundings; i++) {
        const char *path = recording_split(config->fundings[i], said);

        if ((said[0] != '\0' || recording_symbol_of_name(path, said)) &&
            strcmp(said, info->plain) == 0)
            return 1;
    }
    for (uint32_t i = 0; i < judge->n_paths; i++) {
        if (strcmp(judge->infos[i].plain, info->plain) == 0 && tape_is_linear(&judge->infos[i]))
            return 1;
    }
    return 0;
}

// What is beside the data is chosen once, by the data as they are: what is altered is as listed.
static int find_listings(struct judge *judge, struct error *err)
{
    const struct backtest_config *config = judge->config->backtest;
    struct listings *listings;
    int rc = listings_open(&listings, config->listings, config->n_listings, err);

    if (rc < 0)
        return rc;
    for (uint32_t i = 0; i < judge->n_paths && rc >= 0; i++) {
        const struct tape_info *info = &judge->infos[i];
        struct listed listed;
        char said[RECORDING_SYMBOL];

        rc =
            listings_find(listings, info->symbol, is_perpetual(judge, info) ? INSTRUMENT_LINEAR : 0,
                          recording_split(judge->words[i], said), info->t_first, &listed, err);
        if (rc >= 0 && listed.from == LISTING_BESIDE &&
            realpath(listed.source, judge->beside[i]) == NULL)
            rc = error_set(err, AGON_EIO, "%s: %s", listed.source, strerror(errno));
    }
    listings_free(listings);
    return rc;
}

static int look_at_data(struct judge *judge, struct error *err)
{
    const struct backtest_config *config = judge->config->backtest;
    int rc = AGON_OK;

    if (config->n_paths > BACKTEST_TAPES_MAX || config->n_fundings > BACKTEST_TAPES_MAX)
        return error_set(err, AGON_ERANGE, "more than %d files of a kind", BACKTEST_TAPES_MAX);
    judge->n_paths = config->n_paths;
    for (uint32_t i = 0; i < config->n_paths; i++) {
        if (snprintf(judge->words[i], sizeof(judge->words[i]), "%s", config->paths[i]) >=
            (int)sizeof(judge->words[i]))
            return error_set(err, AGON_ERANGE, "%.60s...: the name is too long", config->paths[i]);
    }
    if (config->n_paths == 0)
        rc = make_data(judge, err);
    for (uint32_t i = 0; i < judge->n_paths && rc >= 0; i++) {
        char symbol[RECORDING_SYMBOL];
        const char *path = recording_split(judge->words[i], symbol);

        rc = tape_look(path, symbol, &judge->infos[i], err);
        if (rc >= 0 && judge->infos[i].is_tape)
            rc = error_set(err, AGON_EINVAL,
                           "%s: a tape's rows are not altered: name the recording that it was made "
                           "of, as agon tape show says",
                           path);
        if (rc >= 0)
            alter_peek(path, &judge->infos[i], &judge->seen[i]);
    }
    return rc >= 0 ? find_listings(judge, err) : rc;
}

static void not_judged(struct lookahead_part *part, const char *why)
{
    part->verdict = LOOKAHEAD_NOT_JUDGED;
    snprintf(part->why, sizeof(part->why), "%s", why);
}

static int judge_all(struct judge *judge, struct error *err)
{
    struct lookahead *result = judge->result;
    struct lookahead_part *parts = result->parts;
    int has_bars = 0, is_optimistic;
    int rc = repeat(judge, &parts[LOOKAHEAD_REPETITION], err);

    if (rc < 0)
        return rc;
    memcpy(result->base, judge->one->base, sizeof(result->base) - 1);
    memcpy(result->names, judge->one->names, sizeof(result->names));
    memcpy(result->instruments, judge->one->instruments, sizeof(result->instruments));
    memcpy(result->n_wanted, judge->one->n_wanted, sizeof(result->n_wanted));
    result->n_names = judge->one->n_names;
    result->n_decisions = judge->one->n_decisions;
    result->n_left_out = judge->one->n_decisions - judge->one->n_kept;
    for (uint32_t i = 0; i < judge->n_paths; i++)
        has_bars |= judge->infos[i].kind == TAPE_BARS;
    if (parts[LOOKAHEAD_REPETITION].verdict != LOOKAHEAD_HOLDS) {
        for (int i = LOOKAHEAD_TRUNCATION; i <= LOOKAHEAD_SHIFT; i++)
            not_judged(&parts[i], "the same data do not give the same decisions");
    } else {
        rc = cut_or_alter(judge, &parts[LOOKAHEAD_TRUNCATION], ALTER_CUT, err);
        if (rc >= 0 && has_bars)
            rc = cut_or_alter(judge, &parts[LOOKAHEAD_INSIDE], ALTER_INSIDE, err);
        else
            not_judged(&parts[LOOKAHEAD_INSIDE], "there are no bars in the data");
        if (rc >= 0 && judge->config->backtest->tournament.mode == 0)
            rc = shift(judge, &parts[LOOKAHEAD_SHIFT], err);
        else
            not_judged(&parts[LOOKAHEAD_SHIFT], "a tournament has a calendar of its own");
        for (int i = LOOKAHEAD_REPETITION; i <= LOOKAHEAD_SHIFT && rc >= 0; i++) {
            if (parts[i].verdict == LOOKAHEAD_HOLDS && result->n_decisions == 0)
                not_judged(&parts[i], "nobody wanted anything");
        }
    }
    is_optimistic = judge->config->backtest->bars.path == MATCH_PATH_OPTIMISTIC;
    if (rc >= 0 && judge->config->n_seeds > 0 && !is_optimistic)
        rc = lookahead_fair(judge, TAPE_BARS, &parts[LOOKAHEAD_BARS], err);
    else if (is_optimistic)
        not_judged(&parts[LOOKAHEAD_BARS], "the path is optimistic: its fills know the close");
    if (rc >= 0 && judge->config->n_seeds > 0)
        rc = lookahead_fair(judge, TAPE_TRADES, &parts[LOOKAHEAD_TRADES], err);
    if (judge->config->n_seeds == 0) {
        not_judged(&parts[LOOKAHEAD_BARS], "no seeds");
        not_judged(&parts[LOOKAHEAD_TRADES], "no seeds");
    }
    return rc;
}

static struct outcome *outcome_new(void)
{
    void *at = mmap(NULL, sizeof(struct outcome), PROT_READ | PROT_WRITE,
                    MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    return at != MAP_FAILED ? at : NULL;
}

int lookahead_run(const struct lookahead_config *config, struct lookahead *result,
                  struct error *err)
{
    struct judge *judge = calloc(1, sizeof(*judge));
    const char *tmp = getenv("TMPDIR");
    int rc = AGON_ENOMEM;

    memset(result, 0, sizeof(*result));
    if (judge == NULL)
        return error_set(err, rc, "out of memory");
    judge->config = config;
    judge->result = result;
    judge->one = outcome_new();
    judge->other = outcome_new();
    rng_init(&judge->rng, config->seed);
    snprintf(judge->dir, sizeof(judge->dir), "%.2000s/agon-check-XXXXXX",
             tmp != NULL && tmp[0] != '\0' ? tmp : "/tmp");
    if (judge->one == NULL || judge->other == NULL) {
        error_set(err, rc, "no memory for what is compared");
    } else if (mkdtemp(judge->dir) == NULL) {
        rc = error_set(err, AGON_EIO, "%s cannot be made: %s", judge->dir, strerror(errno));
    } else {
        rc = look_at_data(judge, err);
        if (rc >= 0)
            rc = judge_all(judge, err);
        file_remove_tree(judge->dir);
    }
    if (judge->one != NULL)
        (void)munmap(judge->one, sizeof(*judge->one));
    if (judge->other != NULL)
        (void)munmap(judge->other, sizeof(*judge->other));
    free(judge);
    return rc;
}

int lookahead_is_accused(const struct lookahead *result)
{
    for (int i = 0; i < LOOKAHEAD_TESTS; i++) {
        if (result->parts[i].verdict == LOOKAHEAD_ACCUSED)
            return 1;
    }
    return 0;
}

int lookahead_is_judged(const struct lookahead *result)
{
    for (int i = 0; i < LOOKAHEAD_TESTS; i++) {
        if (result->parts[i].verdict != LOOKAHEAD_NOT_JUDGED)
            return 1;
    }
    return 0;
}
