// SPDX-License-Identifier: Apache-2.0
/* tournament: how capital moved, why a slot got what it got, and what a tournament would do now.
 *
 * A plan is explained from its own record: measures, gates, shares and amounts stand in it. Only
 * dry-run needs the engine, at the journal's end. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "cli/args.h"
#include "cli/commands.h"
#include "cli/journal_dir.h"
#include "cli/slots.h"
#include "cli/table.h"
#include "journal/text.h"
#include "lab/replay.h"
#include "sys/clock.h"
#include "sys/disk_posix.h"

#define ULL(value) ((unsigned long long)(value))

struct opts {
    struct arg_list operands;
    const char *slot, *roster;
    char dir[PATH_MAX];
    uint64_t number;
    int is_json, is_live, is_all, is_dry;
};

static int complain(const struct opts *opts, int rc, const struct error *err)
{
    fprintf(stderr, "agon tournament: %s: %s\n", args_safe(opts->dir),
            err->text[0] != '\0' ? err->text : error_name(rc));
    return rc == AGON_ENOENT || rc == AGON_EIO || rc == AGON_ENOMEM ? EXIT_ENVIRONMENT : EXIT_DATA;
}

/* --- where plans come from --- */

typedef int (*plan_fn)(void *ctx, const struct record_plan *plan);

static int is_whole(const struct agon_event_hdr *event)
{
    const struct record_plan *plan = (const void *)event;

    return event->type == EVENT_PLAN && event_bytes(event) >= sizeof(*plan) &&
           event_bytes(event) >= sizeof(*plan) + plan->n_lines * sizeof(struct plan_line);
}

/* Every plan that a journal holds. What a running host would be asked comes in here too. */
static int each_plan(const struct opts *opts, plan_fn each, void *ctx, struct error *err)
{
    struct journal_reading reading = {.is_live = opts->is_live};
    const struct agon_event_hdr *event;
    struct journal_reader *reader;
    struct disk_posix disk;
    int rc = disk_posix_open(&disk, opts->dir, err);

    if (rc < 0)
        return rc;
    reader = journal_reader_open(&disk.port, &reading, err);
    rc = reader == NULL ? (err->code < 0 ? err->code : AGON_EIO) : AGON_OK;
    while (rc >= 0 && (rc = journal_reader_next(reader, &event, err)) == 1) {
        if (is_whole(event) &&
            (opts->number == 0 ||
             ((const struct record_plan *)(const void *)event)->number == opts->number))
            rc = each(ctx, (const void *)event);
    }
    journal_reader_close(reader);
    disk_posix_close(&disk);
    return rc;
}

static int dry_plan(const struct opts *opts, union plan_event *plan, struct error *err)
{
    struct replay_config config = {.dir = opts->dir, .is_live = opts->is_live};
    struct tournament_rules rules = {0};
    struct replay result = {0};
    int rc = AGON_OK;

    if (opts->roster != NULL) {
        static struct crew_slot slots[SLOTS_MAX];
        static struct roster_names names;
        struct slots_roster from = {.command = "tournament",
                                    .path = opts->roster,
                                    .names = &names,
                                    .rules = &rules,
                                    .is_rules_only = 1};
        char base_currency[16];
        uint32_t n;

        if (slots_of_roster(slots, &n, base_currency, &from) != EXIT_OK)
            return error_set(err, AGON_EINVAL, "the roster is not in order");
        if (rules.mode == 0)
            return error_set(err, AGON_EINVAL, "%s has no section 'tournament'", opts->roster);
    }
    rc = replay_run(&config, &result, err);
    if (rc >= 0)
        rc = engine_dry_plan(result.engine, opts->roster != NULL ? &rules : NULL, plan);
    if (rc == AGON_ESTATE)
        error_set(err, rc, "no tournament is held in this run: give rules by --roster FILE");
    replay_free(&result);
    return rc;
}

/* --- how they are shown --- */

static char *money(const struct record_plan *plan, agon_amt_t amt, char text[48])
{
    return table_money(amt, plan->exp, text);
}

static char *number(char text[32], int is_defined, int decimals, const char *unit, double value)
{
    if (!is_defined)
        snprintf(text, 32, "-");
    else
        snprintf(text, 32, "%.*f%s", decimals, value, unit);
    return text;
}

static void print_head(const struct record_plan *plan, int is_dry)
{
    char t[CLOCK_TEXT];

    clock_text(plan->hdr.t, t);
    if (is_dry)
        printf("what a tournament would do at %s", t);
    else
        printf("tournament %u at %s", plan->number, t);
    printf("  (%s, \"%s\", %u samples of %u min)\n",
           plan->rules.mode == TOURNAMENT_BOUNDED ? "bounded" : "rank shares",
           args_safe(plan->rules.schedule), plan->rules.window, plan->rules.sample_s / 60);
}

static void print_flags(const struct plan_line *line)
{
    if ((line->flags & PLAN_CASH_SHORT) != 0)
        printf("                     %s could give back no more: it is in positions, orders or "
               "lost\n",
               args_safe(line->name));
    if ((line->flags & PLAN_POOL_SHORT) != 0)
        printf("                     %s gets a part: there was less to give than was aimed at\n",
               args_safe(line->name));
    if ((line->flags & PLAN_GROWTH_BOUND) != 0)
        printf("                     %s grows no faster than the rules allow\n",
               args_safe(line->name));
}

static int print_plan(const struct record_plan *plan, int is_dry)
{
    char a[48];
    char b[48];
    char c[48];

    print_head(plan, is_dry);
    printf("%4s %-16s %-10s %6s %7s %9s %9s %8s %7s %7s %8s  %15s %15s\n", "rank", "agent",
           "verdict", "score", "share", "sharpe", "calmar", "drawdown", "win", "factor", "vol.ret",
           "capital before", "after");
    for (uint32_t i = 0; i < plan->n_lines; i++) {
        const struct plan_line *line = &plan_lines(plan)[i];
        const double *of = line->measures;
        char text[MEASURES][32];
        char rank[8] = "-";

        if (line->rank > 0)
            snprintf(rank, sizeof(rank), "%u", line->rank);
        printf("%4s %-16.31s %-10s %6.3f %6.2f%% %9s %9s %8s %7s %7s %8s  %15s %15s\n", rank,
               args_safe(line->name), plan_verdict_name(line->verdict), line->score,
               (double)line->share_ppm / 10000.0,
               number(text[0], line->defined & 1, 2, "", of[MEASURE_SHARPE]),
               number(text[1], line->defined & 2, 2, "", of[MEASURE_CALMAR]),
               number(text[2], line->defined & 4, 2, "%", 100.0 * of[MEASURE_DRAWDOWN]),
               number(text[3], line->defined & 8, 1, "%", 100.0 * of[MEASURE_WIN_RATE]),
               number(text[4], line->defined & 16, 2, "", of[MEASURE_PROFIT_FACTOR]),
               number(text[5], line->defined & 32, 2, "", of[MEASURE_VOL_RETURN]),
               money(plan, line->capital_before_amt, a), money(plan, line->capital_after_amt, b));
        print_flags(line);
    }
    for (uint32_t account = 0; account < PLAN_ACCOUNTS; account++) {
        const struct plan_pool *pool = &plan->pools[account];

        if (pool->given_amt != 0 || pool->before_amt != 0)
            printf("account %u: %s in the pool before, %s after; with the agents' capital %s, as "
                   "was given\n",
                   account, money(plan, pool->before_amt, a), money(plan, pool->after_amt, b),
                   money(plan, pool->given_amt, c));
    }
    return ferror(stdout) ? AGON_EIO : AGON_OK;
}

static const char *comparison(uint32_t measure)
{
    return measure == MEASURE_DRAWDOWN   ? "below"
           : measure == MEASURE_WIN_RATE ? "at least"
                                         : "above";
}

static void print_measures(const struct record_plan *plan, const struct plan_line *line)
{
    int is_judged = line->verdict >= PLAN_RANKED && line->verdict <= PLAN_UNLOADED;

    printf("  %-14s %14s %8s %8s  %s\n", "measure", "value", "points", "weight", "gate");
    for (uint32_t i = 0; i < MEASURES; i++) {
        char value[32];
        char points[32];

        printf("  %-14s %14s %8s %8.3g", plan_measure_name(i),
               number(value, line->defined >> i & 1, 6, "", line->measures[i]),
               number(points, is_judged, 4, "", is_judged ? plan_points(plan, line, i) : 0.0),
               plan->rules.weights[i]);
        if ((plan->rules.gate_mask >> i & 1) != 0)
            printf("  %s %.6g: %s", comparison(i), plan->rules.gates[i],
                   !is_judged                     ? "not asked"
                   : (line->failed >> i & 1) != 0 ? "failed"
                                                  : "passed");
        printf("\n");
    }
}

static void print_verdict(const struct record_plan *plan, const struct plan_line *line)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < plan->n_lines; i++)
        n += plan_lines(plan)[i].rank > 0 && plan_lines(plan)[i].account == line->account;
    switch (line->verdict) {
    case PLAN_RANKED:
        printf("  score %.6f: rank %u of %u", line->score, line->rank, n);
        if (plan->rules.mode == TOURNAMENT_BOUNDED)
            printf("; Kelly share %.4f, of which %.2f %% within %.2f %% to %.2f %%", line->kelly,
                   plan->rules.kelly_ppm / 1e4, plan->rules.least_ppm / 1e4,
                   plan->rules.most_ppm / 1e4);
        printf("; share %.4f %%\n", line->share_ppm / 1e4);
        break;
    case PLAN_UNDER_GATE:
    case PLAN_UNLOADED:
        printf("  score %.6f, but under a gate, %u time%s in a row: no share%s\n", line->score,
               line->failures, line->failures == 1 ? "" : "s",
               line->verdict == PLAN_UNLOADED ? plan->rules.on_unload == UNLOAD_CLOSE
                                                    ? ", unloaded, positions closed"
                                                    : ", unloaded, positions kept"
                                              : "");
        break;
    case PLAN_TOO_NEW:
        printf("  %u samples, and %u are asked for: not judged, it keeps what it has\n",
               line->n_samples, plan->rules.min_samples);
        break;
    case PLAN_ASIDE:
        printf("  suspended or quarantined: not judged, it keeps what it has\n");
        break;
    default:
        printf("  unloaded before: it gives back what it can\n");
        break;
    }
}

static int print_why(const struct record_plan *plan, const struct plan_line *line, int is_dry)
{
    agon_amt_t change_amt = line->capital_after_amt - line->capital_before_amt;
    char text[6][48];

    print_head(plan, is_dry);
    printf("%s: %s\n", args_safe(line->name), plan_verdict_name(line->verdict));
    printf("  %u samples of equity; %u closing fills won %s, %u lost %s\n", line->n_samples,
           line->n_wins, money(plan, line->won_amt, text[0]), line->n_losses,
           money(plan, line->lost_amt, text[1]));
    print_measures(plan, line);
    print_verdict(plan, line);
    if (line->share_ppm > 0)
        printf("  %.4f %% of %s (equity of all that are judged and the pool, less a reserve of "
               "%.2f %%)\n",
               line->share_ppm / 1e4, money(plan, plan_whole(plan, line->account), text[0]),
               plan->rules.reserve_ppm / 1e4);
    printf("  equity %s, aimed at %s; %s of it was free\n", money(plan, line->equity_amt, text[0]),
           money(plan, line->target_amt, text[1]), money(plan, line->free_amt, text[2]));
    print_flags(line);
    printf("  capital %s -> %s (%s%s)\n", money(plan, line->capital_before_amt, text[3]),
           money(plan, line->capital_after_amt, text[4]), change_amt > 0 ? "+" : "",
           money(plan, change_amt, text[5]));
    return ferror(stdout) ? AGON_EIO : AGON_OK;
}

static int print_json(const struct record_plan *plan)
{
    char *text = malloc(JOURNAL_TEXT_MAX);
    int64_t length = text != NULL
                         ? text_event(&plan->hdr, TEXT_JSON, NULL, NULL, text, JOURNAL_TEXT_MAX)
                         : AGON_ENOMEM;

    if (length >= 0)
        printf("%s\n", text);
    free(text);
    return length < 0 ? AGON_ENOMEM : AGON_OK;
}

static const struct plan_line *line_of(const struct record_plan *plan, const char *slot)
{
    for (uint32_t i = 0; i < plan->n_lines; i++) {
        if (strncmp(plan_lines(plan)[i].name, slot, sizeof(plan_lines(plan)[i].name)) == 0)
            return &plan_lines(plan)[i];
    }
    return NULL;
}

static int show(const struct opts *opts, const struct record_plan *plan)
{
    const struct plan_line *line = opts->slot != NULL ? line_of(plan, opts->slot) : NULL;

    if (opts->is_json)
        return print_json(plan);
    if (opts->slot == NULL)
        return print_plan(plan, opts->is_dry);
    return line != NULL ? print_why(plan, line, opts->is_dry) : AGON_ENOENT;
}

struct found {
    const struct opts *opts;
    union plan_event last;
    uint32_t n;
};

static int on_plan(void *ctx, const struct record_plan *plan)
{
    struct found *found = ctx;

    if (found->opts->slot != NULL && line_of(plan, found->opts->slot) == NULL)
        return AGON_OK;
    if (found->opts->is_all) {
        if (found->n > 0 && !found->opts->is_json)
            printf("\n");
        found->n++;
        return show(found->opts, plan);
    }
    found->n++;
    memcpy(&found->last, plan,
           event_bytes(&plan->hdr) <= sizeof(found->last) ? event_bytes(&plan->hdr)
                                                          : sizeof(found->last));
    return AGON_OK;
}

static int run(const struct opts *opts)
{
    struct found *found = calloc(1, sizeof(*found));
    struct error err = {0};
    int rc;

    if (found == NULL)
        return EXIT_ENVIRONMENT;
    found->opts = opts;
    if (opts->is_dry) {
        rc = dry_plan(opts, &found->last, &err);
        found->n = rc >= 0;
    } else {
        rc = each_plan(opts, on_plan, found, &err);
    }
    if (rc >= 0 && found->n > 0 && !opts->is_all) {
        rc = show(opts, &found->last.plan);
        if (rc == AGON_ENOENT)
            error_set(&err, rc, "no agent %s in it", args_safe(opts->slot));
    } else if (rc >= 0 && found->n == 0) {
        rc = error_set(&err, AGON_ENOENT, "holds no plan of a tournament%s%s",
                       opts->slot != NULL ? " with the agent " : "",
                       opts->slot != NULL ? args_safe(opts->slot) : "");
    }
    free(found);
    return rc < 0 ? complain(opts, rc, &err) : EXIT_OK;
}

int cmd_tournament(int argc, char **argv)
{
    struct opts opts = {0};
    const struct arg table[] = {
        {"number", ARG_U64, "N", "show, why: the tournament of this number (the last)",
         &opts.number},
        {"all", ARG_FLAG, NULL, "show, why: of every tournament", &opts.is_all},
        {"roster", ARG_TEXT, "FILE", "dry-run: by the rules of this roster (those of the run)",
         &opts.roster},
        {"live", ARG_FLAG, NULL, "a host writes the journal meanwhile: stop where it ends now",
         &opts.is_live},
        {"json", ARG_FLAG, NULL, "the plan as JSON, one a line", &opts.is_json},
        {NULL}};
    const struct args_spec spec = {
        .usage = "show DIRECTORY | why AGENT DIRECTORY | dry-run [AGENT] DIRECTORY [OPTION...]",
        .about = "Shows how tournaments moved capital, why an agent got what it got, or what a "
                 "tournament would do now. The journal stays as it is.\n"
                 "DIRECTORY is a run directory or its journal.",
        .args = table,
        .operands = &opts.operands,
        .operands_min = 2,
        .operands_max = 3};
    const char *verb;
    int is_why;
    int rc = args_parse(&spec, argc, argv);

    if (rc != ARGS_RUN)
        return rc;
    verb = opts.operands.at[0];
    is_why = strcmp(verb, "why") == 0;
    opts.is_dry = strcmp(verb, "dry-run") == 0;
    if (!is_why && !opts.is_dry && strcmp(verb, "show") != 0)
        return args_refuse(&spec, "tournament", "show, dry-run or why, not %s", args_safe(verb));
    if (is_why && opts.operands.n != 3)
        return args_refuse(&spec, "tournament", "why wants an agent and a directory");
    if (!is_why && !opts.is_dry && opts.operands.n != 2)
        return args_refuse(&spec, "tournament", "show wants one directory");
    if (opts.is_dry && (opts.number != 0 || opts.is_all))
        return args_refuse(&spec, "tournament", "--number and --all are of tournaments that were");
    if (opts.roster != NULL && !opts.is_dry)
        return args_refuse(&spec, "tournament", "--roster goes with dry-run");
    opts.slot = opts.operands.n == 3 ? opts.operands.at[1] : NULL;
    if (!journal_dir("tournament", opts.operands.at[opts.operands.n - 1], opts.dir,
                     sizeof(opts.dir)))
        return EXIT_ENVIRONMENT;
    return run(&opts);
}
