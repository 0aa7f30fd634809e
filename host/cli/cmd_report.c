// SPDX-License-Identifier: Apache-2.0
/* report: what a run came to and what happened in it, from its journal alone. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "args/args.h"
#include "base/money.h"
#include "cli/commands.h"
#include "cli/journal_dir.h"
#include "report/figures.h"
#include "report/run_compare.h"
#include "report/run_report.h"
#include "report/run_sections.h"
#include "report/run_spread.h"
#include "report/run_trades.h"
#include "sys/wrap.h"

/* As `agon replay` has them: a state that differs is a failed check, and a journal that cannot be
 * read is bad data. */
static int exit_of(int rc, const struct replay *replay)
{
    return rc == AGON_ECORRUPT && !replay->is_unread && replay->n_events > 0 ? EXIT_CHECK
           : rc == AGON_ENOENT || rc == AGON_EIO || rc == AGON_ENOMEM        ? EXIT_ENVIRONMENT
                                                                             : EXIT_DATA;
}

static void print_agents(const struct run_report *story)
{
    const struct slots *slots = engine_slots(story->engine);
    const struct instruments *table = engine_instruments(story->engine);
    const struct asset *asset = instruments_asset(table, table->base_currency);
    const struct figures_money base = {.name = asset != NULL ? asset->name : "?",
                                       .exp = asset != NULL ? asset->exp : 8,
                                       .width = wrap_width(stdout)};
    uint64_t n_refused = 0;
    const struct seat *seat;
    struct figures_table lines;
    struct figures of;

    printf("\n");
    figures_table_begin(&lines, &base);
    for (uint16_t id = 0; id < slots->n; id++) {
        if (!slots->all[id].is_used)
            continue;
        engine_figures(story->engine, id, &of);
        figures_table_add(&lines, slots->all[id].name, &of, slots->all[id].n_refused);
        n_refused += slots->all[id].n_refused;
    }
    for (uint32_t i = 0; (seat = seats_at(story->seats, i)) != NULL; i++) {
        char name[SLOT_NAME + 8];

        if (!seat->is_gone)
            continue;
        snprintf(name, sizeof(name), "left: %s", seat->name);
        figures_table_add(&lines, name, &seat->figures, seat->n_refused);
        n_refused += seat->n_refused;
    }
    figures_table_pool(&lines, engine_pool_amt(story->engine));
    seats_all(story->seats, story->engine, &of);
    figures_table_add(&lines, "all, with the pool", &of, n_refused);
    figures_table_end(&lines, stdout);
    for (uint16_t id = 0; id < slots->n; id++) {
        if (!slots->all[id].is_used)
            continue;
        engine_figures(story->engine, id, &of);
        figures_print_deeper(stdout, slots->all[id].name, &of);
    }
}

static void say_proof(const struct replay *replay, char *text, size_t room)
{
    char state[2 * HASH_SIZE + 1], counts[2][MONEY_TEXT];

    hash_hex(replay->state, state);
    snprintf(text, room,
             "Proven: the journal's %s events, stepped again through a new engine, reach %s%s "
             "recorded state hash%s, and every invariant held; the last state is %.16s.",
             money_count(replay->n_events, counts[0]), replay->n_marks == 1 ? "its " : "all ",
             money_count(replay->n_marks, counts[1]), replay->n_marks == 1 ? "" : "es", state);
}

struct opts {
    struct arg_list dir;
    const char *html, *tapes, *against, *models;
    int is_live, is_json;
};

/* An exit code, with what it is about on standard error. */
static int read_run(const struct opts *opts, const char *path, struct run_report *story)
{
    struct run_report_source source = {.speed_milli = 1000,
                                       .tapes = opts->tapes,
                                       .models = opts->models,
                                       .is_live = opts->is_live};
    struct error err = {0};
    char dir[PATH_MAX];
    int rc;

    if (!journal_dir("report", path, dir, sizeof(dir)))
        return EXIT_DATA;
    source.journal = dir;
    rc = run_report_read(story, &source, &err);
    if (rc < 0) {
        fprintf(stderr, "agon report: %s: %s\n", args_safe(dir), err.text);
        return exit_of(rc, &story->replay);
    }
    return EXIT_OK;
}

static int show(const struct opts *opts, const struct run_report *story,
                const struct run_compare *compare)
{
    struct run_report_page page = {.title = "Agon: a run", .path = opts->html, .compare = compare};
    struct error err = {0};
    char command[2 * PATH_MAX + 64], proof[320], market[RUN_REPORT_MARKET];
    int rc = EXIT_OK;

    say_proof(&story->replay, proof, sizeof(proof));
    if (opts->html != NULL) {
        snprintf(command, sizeof(command), "agon report %s%s%s --html %s", opts->dir.at[0],
                 opts->against != NULL ? " --against " : "",
                 opts->against != NULL ? opts->against : "", opts->html);
        page.proof = proof;
        page.command = command;
        if (run_report_html(story, &page, &err) < 0) {
            fprintf(stderr, "agon report: %s\n", err.text);
            rc = EXIT_ENVIRONMENT;
        }
    }
    if (opts->is_json)
        return commands_printed(run_report_json(story, compare, stdout)) < 0 ? EXIT_ENVIRONMENT
                                                                             : rc;
    if (run_report_market(story, market)[0] != '\0') {
        wrap_text(stdout, wrap_width(stdout), 0, 0, market);
        printf("\n");
    }
    run_sections_print(story, stdout);
    run_spread_print(story, stdout);
    run_trades_print(story, stdout);
    printf("\n");
    run_report_print(story, stdout);
    print_agents(story);
    if (compare != NULL) {
        printf("\n");
        run_compare_print(compare, stdout);
    }
    if (run_report_assumed(story) != NULL) {
        printf("\n");
        wrap_text(stdout, wrap_width(stdout), 0, 0, run_report_assumed(story));
    }
    printf("\n");
    wrap_text(stdout, wrap_width(stdout), 0, 0, proof);
    return rc;
}

int cmd_report(int argc, char **argv)
{
    struct opts opts = {0};
    const struct arg table[] = {
        {"html", ARG_TEXT, "FILE", "the same and more as a page that needs nothing else",
         &opts.html},
        {"against", ARG_TEXT, "DIRECTORY",
         "beside it another run, of a host or of a backtest: each figure, and the difference",
         &opts.against},
        {"tapes", ARG_TEXT, "DIR",
         "look there first for the tapes that a backtest's journal names (where they were, the "
         "journal's folder, the one above)",
         &opts.tapes},
        {"models", ARG_TEXT, "DIR",
         "folder of a registry (agon models): names the version of the files by which agents "
         "decided",
         &opts.models},
        {"live", ARG_FLAG, NULL, "a host writes it meanwhile: stop where it ends now",
         &opts.is_live},
        {"json", ARG_FLAG, NULL, "report as JSON", &opts.is_json},
        {NULL}};
    const struct args_spec spec = {
        .usage = "DIRECTORY [OPTION...]",
        .first = "a run directory, or its journal/: `agon report DIRECTORY`",
        .about = "Says what a run came to: what happened in it, each agent's figures, the last "
                 "tournament; and proves its journal on the way.\n"
                 "DIRECTORY is a run directory or its journal, of a host or of a backtest.",
        .args = table,
        .operands = &opts.dir,
        .operands_min = 1,
        .operands_max = 1};
    struct run_report *stories;
    struct run_compare compare;
    struct error err = {0};
    int rc = args_parse(&spec, argc, argv);

    if (rc != ARGS_RUN)
        return rc;
    if (opts.tapes != NULL && !journal_dir_beside(argv[0], "tapes", opts.tapes, "tapes"))
        return EXIT_FLAGS;
    if (opts.models != NULL &&
        !journal_dir_beside(argv[0], "models", opts.models, "versions of models"))
        return EXIT_FLAGS;
    stories = calloc(2, sizeof(*stories));
    if (stories == NULL)
        return EXIT_ENVIRONMENT;
    compare = (struct run_compare){&stories[0], &stories[1], opts.against};
    rc = read_run(&opts, opts.dir.at[0], &stories[0]);
    if (rc == EXIT_OK && opts.against != NULL) {
        rc = read_run(&opts, opts.against, &stories[1]);
        if (rc == EXIT_OK && run_compare_check(&compare, &err) < 0) {
            fprintf(stderr, "agon report: --against %s: %s\n", args_safe(opts.against), err.text);
            rc = EXIT_FLAGS;
        }
    }
    if (rc == EXIT_OK)
        rc = show(&opts, &stories[0], opts.against != NULL ? &compare : NULL);
    run_report_free(&stories[0]);
    run_report_free(&stories[1]);
    free(stories);
    return rc;
}
