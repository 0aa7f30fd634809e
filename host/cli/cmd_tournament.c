// SPDX-License-Identifier: Apache-2.0
/* tournament: how capital moved, why a slot got what it got, and what a tournament would do now.
 *
 * A plan is explained from its own record: measures, gates, shares and amounts stand in it. Only
 * dry-run needs the engine, at the journal's end. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "args/args.h"
#include "cli/commands.h"
#include "cli/journal_dir.h"
#include "config/suggest.h"
#include "journal/text.h"
#include "lab/replay.h"
#include "report/plan_history.h"
#include "report/plan_text.h"
#include "roster/tournament_preset.h"
#include "run/slots.h"
#include "score/allocator.h"
#include "score/undone.h"
#include "sys/disk_posix.h"
#include "sys/wrap.h"

#define NAMES_SHOWN 8u /* of those that there are, in a refusal */
#define ULL(value)  ((unsigned long long)(value))

struct opts {
    struct arg_list operands;
    const char *command; /* as it was typed: `agon ctl tournament why` is this too */
    const char *slot, *roster, *preset;
    char dir[PATH_MAX];
    int64_t number; /* 0: the last */
    int is_json, is_live, is_all, is_dry;
};

static int complain(const struct opts *opts, int rc, const struct error *err)
{
    fprintf(stderr, "agon %s: %s: %s\n", opts->command, args_safe(opts->dir),
            err->text[0] != '\0' ? err->text : error_name(rc));
    return rc == AGON_EIO || rc == AGON_ENOMEM ? EXIT_ENVIRONMENT : EXIT_DATA;
}

/* --- where plans come from --- */

typedef int (*plan_fn)(void *ctx, const union plan_event *event);
typedef void (*undo_fn)(void *ctx, const struct agon_event_hdr *command);

/* Every plan that a journal holds. What a running host would be asked comes in here too. */
static int each_plan(const struct opts *opts, plan_fn each, undo_fn undone, void *ctx,
                     struct error *err)
{
    struct journal_reading reading = {.is_live = opts->is_live};
    union plan_event *plan = calloc(1, sizeof(*plan));
    const struct agon_event_hdr *event;
    struct journal_reader *reader;
    struct disk_posix disk;
    int rc = plan != NULL ? disk_posix_open(&disk, opts->dir, err)
                          : error_set(err, AGON_ENOMEM, "out of memory");

    if (rc < 0) {
        free(plan);
        return rc;
    }
    reader = journal_reader_open(&disk.port, &reading, err);
    rc = reader == NULL ? (err->code < 0 ? err->code : AGON_EIO) : AGON_OK;
    while (rc >= 0 && (rc = journal_reader_next(reader, &event, err)) == 1) {
        if (plan_read(plan, event))
            rc = each(ctx, plan);
        if (rc >= 0 && undone != NULL && event->type == AGON_EVENT_COMMAND &&
            ((const struct record_command *)(const void *)event)->kind == COMMAND_UNDO_PLAN)
            undone(ctx, event);
    }
    journal_reader_close(reader);
    disk_posix_close(&disk);
    free(plan);
    return rc;
}

static int dry_plan(const struct opts *opts, union plan_event *plan, struct error *err)
{
    struct replay_config config = {.dir = opts->dir, .is_live = opts->is_live};
    struct tournament_rules rules = {0};
    struct replay result = {0};
    int rc = AGON_OK;

    if (opts->roster != NULL) {
        struct crew_slot *slots = calloc(SLOTS_MAX, sizeof(*slots));
        static struct roster_names names;
        struct slots_roster from = {.command = opts->command,
                                    .path = opts->roster,
                                    .names = &names,
                                    .rules = &rules,
                                    .is_rules_only = 1};
        char base_currency[16];
        uint32_t n;

        if (slots == NULL)
            return error_set(err, AGON_ENOMEM, "no memory for the roster");
        rc = slots_of_roster(slots, &n, base_currency, &from);
        free(slots);
        if (rc != EXIT_OK)
            return AGON_ESTATE; // as was said
        if (rules.mode == 0)
            return error_set(err, AGON_EINVAL,
                             "%s has no section 'tournament'; --preset NAME holds one by a preset "
                             "(`agon tournament presets`)",
                             opts->roster);
    }
    if (opts->preset != NULL && (rc = tournament_preset(opts->preset, &rules, err)) < 0)
        return rc;
    rc = replay_run(&config, &result, err);
    if (rc >= 0)
        rc = engine_dry_plan(result.engine, rules.mode != 0 ? &rules : NULL, plan);
    if (rc >= 0) {
        const struct instruments *table = engine_instruments(result.engine);
        const struct asset *base = instruments_asset(table, table->base_currency);

        snprintf(plan->in_memory.currency, sizeof(plan->in_memory.currency), "%s",
                 base != NULL ? base->name : "");
    }
    if (rc == AGON_ESTATE)
        error_set(err, rc,
                  "no tournament is held in this run: `agon tournament dry-run DIRECTORY --preset "
                  "NAME` holds one by the rules of a preset, --roster FILE by those of a roster");
    replay_free(&result);
    return rc;
}

/* --- how they are shown --- */

static const char *unit_name(enum measure_unit unit)
{
    return unit == MEASURE_SHARE ? "share" : unit == MEASURE_COUNT ? "count" : "number";
}

static void row(const char *name, const char *unit, const char *preset, const char *doc)
{
    int at = printf("%-17s %-7s %-14s ", name, unit, preset);

    wrap_text(stdout, wrap_width(stdout), at, at, doc);
}

/* What a roster's section can name, as this build knows it. */
static int print_tables(void)
{
    printf("%-17s %-7s %s\n", "measure", "unit", "preset weight");
    for (uint32_t i = 0; i < MEASURES; i++)
        row(measure_at(i)->name, unit_name(measure_at(i)->unit), measure_at(i)->weight,
            measure_at(i)->doc);
    printf("\n%-17s %-7s %s\n", "gate", "unit", "preset limit");
    for (uint32_t i = 0; i < GATES; i++) {
        if (!gate_at(i)->is_past)
            row(gate_key(gate_at(i)), unit_name(gate_at(i)->unit),
                gate_at(i)->preset != NULL ? gate_at(i)->preset : "-", gate_at(i)->doc);
    }
    printf("\n%-17s %-7s %s\n", "setting", "unit", "preset");
    for (uint32_t i = 0; i < SETTINGS; i++) {
        const struct setting *setting = setting_at(i);
        char key[40];

        snprintf(key, sizeof(key), "%s%s", setting->is_bound ? "bounds." : "", setting->name);
        if (setting->doc != NULL)
            row(key, unit_name(setting->unit), setting->preset, setting->doc);
    }
    printf("\nmode\n");
    for (uint32_t i = 0; i < ALLOCATORS; i++) {
        int at = printf("%-17s ", allocator_at(i)->name);

        wrap_text(stdout, wrap_width(stdout), at, at, allocator_at(i)->doc);
    }
    return EXIT_OK;
}

/* What a roster can name as its preset: what each is for, or a whole file. */
static int print_presets(const struct args_spec *spec, const char *command, const char *wanted)
{
    const char *name, *bytes;
    char list[128] = "";
    size_t n, used = 0;

    for (uint32_t i = 0; tournament_preset_at(i, &name, &bytes, &n); i++) {
        const char *about = bytes;

        used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%s", i > 0 ? ", " : "", name);
        if (wanted != NULL && strcmp(wanted, name) == 0) {
            (void)fwrite(bytes, 1, n, stdout);
            return EXIT_OK;
        }
        // The comment that a file begins with says what it is for.
        if (wanted == NULL) {
            char doc[1024] = "";
            size_t at = 0;

            while (about < bytes + n && *about == '#') {
                const char *end = memchr(about, '\n', (size_t)(bytes + n - about));
                const char *from = about + strspn(about, "# ");

                end = end != NULL ? end : bytes + n;
                if (end > from && at < sizeof(doc))
                    at += (size_t)snprintf(doc + at, sizeof(doc) - at, "%s%.*s", at > 0 ? " " : "",
                                           (int)(end - from), from);
                about = end < bytes + n ? end + 1 : end;
            }
            wrap_text(stdout, wrap_width(stdout), printf("%-10s ", name), 11, doc);
        }
    }
    if (wanted != NULL)
        return args_refuse(spec, command, "no preset %s: %s", args_safe(wanted), list);
    return EXIT_OK;
}

static const struct plan_line *line_of(const struct record_plan *plan, const char *slot)
{
    for (uint32_t i = 0; i < plan->n_lines; i++) {
        if (strncmp(plan_lines(plan)[i].name, slot, sizeof(plan_lines(plan)[i].name)) == 0)
            return &plan_lines(plan)[i];
    }
    return NULL;
}

static int show(const struct opts *opts, const union plan_event *plan)
{
    const struct plan_line *line = opts->slot != NULL ? line_of(&plan->plan, opts->slot) : NULL;

    if (opts->is_json)
        return commands_printed(plan_text_json(plan, stdout));
    if (opts->slot == NULL)
        plan_text_print(plan, opts->is_dry);
    else if (line == NULL)
        return AGON_ENOENT;
    else
        plan_text_explain(plan, line, opts->is_dry);
    return AGON_OK;
}

static void refuse_agent(const struct opts *opts, const struct record_plan *plan, struct error *err)
{
    struct suggest suggest = {0};
    char known[256] = "";
    size_t used = 0;

    for (uint32_t i = 0; i < plan->n_lines; i++) {
        const char *name = args_safe(plan_lines(plan)[i].name);

        suggest_offer(&suggest, opts->slot, strnlen(opts->slot, 64), name);
        if (i < NAMES_SHOWN && used < sizeof(known))
            used += (size_t)snprintf(known + used, sizeof(known) - used, "%s%s", i > 0 ? ", " : "",
                                     name);
    }
    error_set(err, AGON_ENOENT, "no agent '%s' is in this plan; there are %s%s%s%s%s",
              args_safe(opts->slot), plan->n_lines > 0 ? known : "none",
              plan->n_lines > NAMES_SHOWN ? ", ..." : "",
              suggest.best != NULL ? "; did you mean '" : "",
              suggest.best != NULL ? suggest.best : "", suggest.best != NULL ? "'?" : "");
}

struct found {
    const struct opts *opts;
    union plan_event last;
    uint32_t n;
    uint64_t from, to; /* numbers of all that there are; to 0: none is */
};

static int on_plan(void *ctx, const union plan_event *plan)
{
    struct found *found = ctx;

    found->from = found->to == 0 ? plan->plan.number : found->from;
    found->to = plan->plan.number;
    if (found->opts->number != 0 && plan->plan.number != (uint64_t)found->opts->number)
        return AGON_OK;
    if (found->opts->slot != NULL && line_of(&plan->plan, found->opts->slot) == NULL)
        return AGON_OK;
    // Shown when the next one is there: until then it may be taken back.
    if (found->opts->is_all && found->n > 0) {
        int rc = show(found->opts, &found->last);

        if (!found->opts->is_json)
            printf("\n");
        if (rc < 0)
            return rc;
    }
    found->n++;
    found->last = *plan;
    return AGON_OK;
}

static void on_taken_back(void *ctx, const struct agon_event_hdr *command)
{
    struct found *found = ctx;

    if (found->n > 0)
        (void)plan_undo(&found->last, command, PLAN_BACK_UNKNOWN);
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
        rc = each_plan(opts, on_plan, on_taken_back, found, &err);
    }
    if (rc >= 0 && found->n > 0) {
        rc = show(opts, &found->last);
        if (rc == AGON_ENOENT)
            refuse_agent(opts, &found->last.plan, &err);
    } else if (rc >= 0 && found->n == 0 && opts->number != 0 && found->to != 0 &&
               ((uint64_t)opts->number < found->from || (uint64_t)opts->number > found->to)) {
        rc = error_set(&err, AGON_ENOENT,
                       "holds no tournament %lld; expected --number of %llu to %llu",
                       (long long)opts->number, (unsigned long long)found->from,
                       (unsigned long long)found->to);
    } else if (rc >= 0 && found->n == 0) {
        rc = error_set(&err, AGON_ENOENT, "holds no plan of a tournament%s%s; %s",
                       opts->slot != NULL ? " with the agent " : "",
                       opts->slot != NULL ? args_safe(opts->slot) : "",
                       opts->slot != NULL ? "`agon tournament show` has all agents of the last one"
                                          : "`agon tournament dry-run` says what one would do now");
    }
    free(found);
    if (rc == AGON_ESTATE && err.text[0] == '\0')
        return EXIT_CONFIG;
    return rc < 0 ? complain(opts, rc, &err) : EXIT_OK;
}

static int on_history(void *ctx, const union plan_event *plan)
{
    return plan_history_add(ctx, plan);
}

static void on_undone(void *ctx, const struct agon_event_hdr *command)
{
    plan_history_undone(ctx, (const struct record_command *)(const void *)command);
}

static int print_history(const struct opts *opts)
{
    struct plan_history *history = plan_history_new();
    struct error err = {0};
    int rc = history != NULL ? each_plan(opts, on_history, on_undone, history, &err) : AGON_ENOMEM;

    if (rc >= 0 && plan_history_count(history) == 0)
        rc = error_set(&err, AGON_ENOENT, "holds no plan of a tournament");
    if (rc >= 0 && opts->is_json)
        plan_history_json(history);
    else if (rc >= 0)
        plan_history_print(history);
    plan_history_free(history);
    return rc < 0 ? complain(opts, rc, &err) : EXIT_OK;
}

int cmd_tournament(int argc, char **argv)
{
    struct opts opts = {.command = argv[0]};
    const struct arg table[] = {
        {"number", ARG_INT, "N", "show, why: the tournament of this number (the last)",
         &opts.number, .min = 1, .max = INT64_MAX},
        {"all", ARG_FLAG, NULL, "show, why: of every tournament", &opts.is_all},
        {"roster", ARG_TEXT, "FILE", "dry-run: by the rules of this roster (those of the run)",
         &opts.roster},
        {"preset", ARG_TEXT, "NAME", "dry-run: by the rules of this preset, without a roster",
         &opts.preset},
        {"live", ARG_FLAG, NULL, "a host writes the journal meanwhile: stop where it ends now",
         &opts.is_live},
        {"json", ARG_FLAG, NULL, "the plan as JSON, one a line", &opts.is_json},
        {NULL}};
    const struct args_spec spec = {
        .usage = "show DIRECTORY | history DIRECTORY | why AGENT DIRECTORY | "
                 "dry-run [AGENT] DIRECTORY [OPTION...] | measures | presets [NAME]",
        .about =
            "Shows how tournaments moved capital, all of them at a glance, why an agent got what "
            "it got, or what a tournament would do now. The journal stays as it is; `agon ctl "
            "tournament undo` takes the last one back. 'measures' lists the measures, gates, "
            "settings and modes that a roster can name, 'presets' what it can begin with, and with "
            "a NAME all of one.\n"
            "DIRECTORY is a run directory or its journal.",
        .args = table,
        .operands = &opts.operands,
        .operands_min = 1,
        .operands_max = 3};
    struct tournament_rules rules;
    struct error err = {0};
    const char *verb;
    int is_why, is_history;
    int rc = args_parse(&spec, argc, argv);

    if (rc != ARGS_RUN)
        return rc;
    verb = opts.operands.at[0];
    if (opts.is_json && (strcmp(verb, "measures") == 0 || strcmp(verb, "presets") == 0))
        return args_refuse(&spec, argv[0],
                           "--json is of show, history, why and dry-run; %s is text", verb);
    if (strcmp(verb, "measures") == 0 && opts.operands.n == 1)
        return print_tables();
    if (strcmp(verb, "presets") == 0 && opts.operands.n <= 2)
        return print_presets(&spec, argv[0], opts.operands.n == 2 ? opts.operands.at[1] : NULL);
    if (strcmp(verb, "undo") == 0)
        return args_refuse(&spec, argv[0],
                           "a running host undoes its last one: agon ctl tournament undo N --dir "
                           "DIRECTORY (`show` has its number)");
    is_why = strcmp(verb, "why") == 0;
    opts.is_dry = strcmp(verb, "dry-run") == 0;
    is_history = strcmp(verb, "history") == 0;
    if (!is_why && !opts.is_dry && !is_history && strcmp(verb, "show") != 0)
        return args_refuse(&spec, argv[0],
                           "show, history, why, dry-run, measures or presets, not %s",
                           args_safe(verb));
    if (opts.operands.n < 2)
        return args_refuse(&spec, argv[0],
                           "%s wants a host's run directory: agon tournament %s%s DIRECTORY", verb,
                           verb, is_why ? " AGENT" : "");
    if (is_why && opts.operands.n != 3)
        return args_refuse(&spec, argv[0],
                           "why wants an agent and a run directory: agon tournament why AGENT "
                           "DIRECTORY");
    if (!is_why && !opts.is_dry && opts.operands.n != 2)
        return args_refuse(&spec, argv[0], "%s wants one directory", verb);
    if ((opts.is_dry || is_history) && (opts.number != 0 || opts.is_all))
        return args_refuse(&spec, argv[0], "--number and --all are of tournaments that were");
    if ((opts.roster != NULL || opts.preset != NULL) && !opts.is_dry)
        return args_refuse(&spec, argv[0], "--roster and --preset go with dry-run");
    if (opts.roster != NULL && opts.preset != NULL)
        return args_refuse(&spec, argv[0],
                           "--roster and --preset each have rules; expected one of them");
    if (opts.preset != NULL && tournament_preset(opts.preset, &rules, &err) < 0)
        return args_refuse(&spec, argv[0], "--preset %s", err.text);
    opts.slot = opts.operands.n == 3 ? opts.operands.at[1] : NULL;
    if (!journal_dir(argv[0], opts.operands.at[opts.operands.n - 1], opts.dir, sizeof(opts.dir)))
        return EXIT_DATA;
    return is_history ? print_history(&opts) : run(&opts);
}
