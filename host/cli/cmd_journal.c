// SPDX-License-Identifier: Apache-2.0
/* journal: what a journal holds, without a host: its events as lines, its figures, and the fills
 * and the equity that a replay of it reaches. Nothing here writes into the journal. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include <jansson.h>
#include <sodium.h>

#include "args/args.h"
#include "base/money.h"
#include "cli/commands.h"
#include "cli/journal_dir.h"
#include "config/suggest.h"
#include "journal/reader.h"
#include "journal/text.h"
#include "lab/tape_play.h"
#include "market/instruments.h"
#include "report/journal_export.h"
#include "sink/sink.h"
#include "sys/clock.h"
#include "sys/disk_posix.h"

#define TYPES       128 /* no type that has a name is beyond */
#define PRINT_EVERY 4096

struct opts {
    struct arg_list operands;
    const char *command; /* as it was typed: `agon ctl export` is this too */
    const char *dir, *type_name, *to, *tapes, *models;
    const char *files[EXPORTS];
    uint64_t from;
    int64_t until; /* 0: the end */
    int is_json, is_live, is_forced, format;
};

static int exit_of(int rc)
{
    return rc == AGON_ENOENT || rc == AGON_EIO || rc == AGON_ENOMEM ? EXIT_ENVIRONMENT : EXIT_DATA;
}

static int complain(const struct opts *opts, int rc, const struct error *err)
{
    fprintf(stderr, "agon %s: %s: %s\n", opts->command, args_safe(opts->dir),
            err->text[0] != '\0' ? err->text : "cannot be read");
    return exit_of(rc);
}

/* --- the events as they come --- */

struct walk {
    struct disk_posix disk;
    struct tape_play play;
    struct journal_reader *reader;
    struct text_scale scales[INSTRUMENTS_MAX + 1];
    char symbols[INSTRUMENTS_MAX + 1][32];
};

static int walk_open(struct walk *walk, const struct opts *opts, struct error *err)
{
    struct journal_reading reading = {
        .is_live = opts->is_live, .is_forced = opts->is_forced, .play = &walk->play.port};
    int rc = disk_posix_open(&walk->disk, opts->dir, err);

    if (rc < 0)
        return rc;
    tape_play_init(&walk->play, opts->dir, opts->tapes);
    walk->reader = journal_reader_open(&walk->disk.port, &reading, err);
    if (walk->reader != NULL)
        return AGON_OK;
    tape_play_deinit(&walk->play);
    disk_posix_close(&walk->disk);
    return err->code < 0 ? err->code : AGON_EIO;
}

static void walk_close(struct walk *walk)
{
    journal_reader_close(walk->reader);
    tape_play_deinit(&walk->play);
    disk_posix_close(&walk->disk);
}

static int walk_next(struct walk *walk, const struct agon_event_hdr **event, struct error *err)
{
    int rc = journal_reader_next(walk->reader, event, err);

    // Exponents stand in the INSTRUMENT events that went before.
    if (rc == 1 && (*event)->type == AGON_EVENT_INSTRUMENT && (*event)->granules == 3 &&
        (*event)->instrument <= INSTRUMENTS_MAX) {
        const struct agon_instrument *made = (const void *)*event;
        struct text_scale *scale = &walk->scales[made->hdr.instrument];
        char *symbol = walk->symbols[made->hdr.instrument];

        memcpy(symbol, made->symbol, sizeof(made->symbol));
        symbol[sizeof(made->symbol) - 1] = '\0';
        *scale =
            (struct text_scale){.px_exp = made->px_exp, .qty_exp = made->qty_exp, .symbol = symbol};
    }
    return rc;
}

static int scale_of(void *ctx, agon_instrument_t instrument, struct text_scale *scale)
{
    const struct walk *walk = ctx;

    if (instrument > INSTRUMENTS_MAX || walk->scales[instrument].symbol == NULL)
        return 0;
    *scale = walk->scales[instrument];
    return 1;
}

/* Their names on standard error: those that were seen, or all (NULL). */
static void list_types(const uint8_t seen[TYPES])
{
    const char *separator = "";

    for (uint16_t type = 1; type < TYPES; type++) {
        if ((seen != NULL && seen[type] == 0) || text_type_name(type) == NULL)
            continue;
        fprintf(stderr, "%s%s", separator, text_type_name(type));
        separator = ", ";
    }
}

static int find_type(const char *name, const char *given, uint16_t *type)
{
    struct suggest suggest = {0};

    for (*type = 1; *type < TYPES; ++*type) {
        const char *known = text_type_name(*type);

        if (known != NULL && strcmp(known, name) == 0)
            return 1;
        if (known != NULL)
            suggest_offer(&suggest, name, strnlen(name, SUGGEST_MAX + 1), known);
    }
    fprintf(stderr,
            "agon journal: --type %s: no event is called so; expected a type, as `agon journal "
            "stats %s` lists them%s%s%s",
            args_safe(name), args_safe(given), suggest.best ? "; did you mean " : "",
            suggest.best ? suggest.best : "", suggest.best ? "?" : ": ");
    if (suggest.best == NULL)
        list_types(NULL);
    fputc('\n', stderr);
    return 0;
}

/* An end that the journal does not have: whoever asked for it thought of another journal. */
static void say_behind(const struct opts *opts, uint64_t last)
{
    if (opts->until != 0 && (uint64_t)opts->until > last)
        fprintf(stderr,
                "agon %s: --until %llu is behind the journal's last event, %llu: it ends there\n",
                opts->command, (unsigned long long)opts->until, (unsigned long long)last);
}

static int cat(const struct opts *opts, struct walk *walk)
{
    enum text_style style = opts->is_json ? TEXT_JSON : TEXT_LINE;
    char *text = malloc(JOURNAL_TEXT_MAX);
    const struct agon_event_hdr *event;
    struct error err = {0};
    uint64_t n = 0, last = 0;
    uint8_t seen[TYPES] = {0};
    uint16_t type = 0;
    int rc;

    if (text == NULL)
        return EXIT_ENVIRONMENT;
    if (opts->type_name != NULL && !find_type(opts->type_name, opts->operands.at[1], &type)) {
        free(text);
        return EXIT_FLAGS;
    }
    while ((rc = walk_next(walk, &event, &err)) == 1) {
        int64_t length;

        if (opts->until != 0 && event->seq > (uint64_t)opts->until)
            break;
        last = event->seq;
        if (event->seq < opts->from)
            continue;
        seen[event->type % TYPES] = 1;
        if (type != 0 && event->type != type)
            continue;
        length = text_event(event, style, scale_of, walk, text, JOURNAL_TEXT_MAX);
        if (length < 0)
            continue;
        text[length] = '\n';
        fwrite(text, 1, (size_t)length + 1, stdout);
        if (++n % PRINT_EVERY == 0 && !commands_can_print())
            break;
    }
    free(text);
    // An empty answer to a question that was understood: why, for whoever thought otherwise.
    if (rc >= 0 && n == 0) {
        fprintf(stderr, "agon journal: no event%s%s%s; `agon journal stats %s` lists what is in it",
                type != 0 ? " of type " : "", type != 0 ? opts->type_name : "",
                opts->from != 0 || opts->until != 0 ? " in that range" : "",
                args_safe(opts->operands.at[1]));
        if (memchr(seen, 1, sizeof(seen)) != NULL) {
            fputs(": ", stderr);
            list_types(seen);
        }
        fputc('\n', stderr);
    }
    if (rc == 0)
        say_behind(opts, last);
    return rc < 0 ? complain(opts, rc, &err) : EXIT_OK;
}

/* --- copies --- */

#define SEND_FLUSH 4096 /* events between two times that the sink is asked to keep what it has */

/* Everything behind what the sink has. */
static int send_behind(const struct opts *opts, struct walk *walk, const struct sink *sink,
                       void *self, uint64_t last)
{
    char *text = malloc(JOURNAL_TEXT_MAX);
    const struct agon_event_hdr *event;
    struct error err = {0};
    uint64_t n = 0;
    int rc = text != NULL ? 1 : error_set(&err, AGON_ENOMEM, "out of memory");

    while (rc == 1 && (rc = walk_next(walk, &event, &err)) == 1) {
        int64_t length;

        if (opts->until != 0 && event->seq > (uint64_t)opts->until)
            break;
        if (event->seq <= last)
            continue;
        length = text_event(event, TEXT_JSON, scale_of, walk, text, JOURNAL_TEXT_MAX);
        if (length < 0)
            continue;
        rc = sink->put(self, event, text, (size_t)length, &err) < 0 ? AGON_EIO : 1;
        if (rc == 1 && ++n % SEND_FLUSH == 0 && sink->flush(self, &err) < 0)
            rc = AGON_EIO;
    }
    free(text);
    if (rc >= 0 && sink->flush(self, &err) < 0)
        rc = AGON_EIO;
    if (rc < 0)
        return complain(opts, rc, &err);
    fprintf(stderr, "agon journal: %llu events behind %llu sent\n", (unsigned long long)n,
            (unsigned long long)last);
    return EXIT_OK;
}

static int send_all(const struct opts *opts, struct walk *walk)
{
    const struct sink *sink;
    const char *where;
    struct error err = {0};
    uint64_t last = 0;
    void *self;
    int rc = sink_find(opts->to, &sink, &where, &err); // it is one, as was seen

    if (rc >= 0)
        rc = sink->open(&self, where, &last, &err);
    if (rc < 0)
        return complain(opts, rc, &err);
    rc = send_behind(opts, walk, sink, self, last);
    sink->close(self);
    return rc;
}

/* --- figures --- */

struct stats {
    uint64_t n[TYPES + 1], bytes[TYPES + 1]; /* the last: types without a name */
    uint64_t class_n[JOURNAL_CLASSES], class_bytes[JOURNAL_CLASSES];
    uint64_t n_marks, n_runs;
    agon_ns_t t_first, t_last;
};

static void count(struct stats *stats, const struct agon_event_hdr *event)
{
    uint32_t type = event->type < TYPES ? event->type : TYPES;
    enum journal_class cls = journal_class_of(event->type);

    stats->n[type]++;
    stats->bytes[type] += event_bytes(event);
    stats->class_n[cls]++;
    stats->class_bytes[cls] += event_bytes(event);
    stats->n_marks += event->type == EVENT_MARK;
    stats->n_runs += event->type == EVENT_START;
    if (stats->t_first == 0)
        stats->t_first = event->t;
    stats->t_last = event->t;
}

static const char *type_name(uint32_t type)
{
    const char *name = type < TYPES ? text_type_name((uint16_t)type) : NULL;

    return name != NULL ? name : "other";
}

#define ULL(value) ((unsigned long long)(value))

/* Which programs wrote the segments, the newest last. */
static void print_builds(const struct journal_summary *summary)
{
    char text[2 * sizeof(summary->builds[0]) + 1];

    for (uint32_t i = 0; i < summary->n_builds; i++) {
        sodium_bin2hex(text, sizeof(text), summary->builds[i], sizeof(summary->builds[i]));
        printf("%-9s %s\n", i == 0 ? "builds" : "",
               text[strspn(text, "0")] == '\0' ? "unknown" : text);
    }
}

/* What of the market's it names and holds not. */
static void print_tapes(const struct journal_reader *reader)
{
    uint32_t n;
    const struct journal_tape *tapes = journal_reader_tapes(reader, &n);
    char hash[2 * HASH_SIZE + 1];

    for (uint32_t i = 0; i < n; i++) {
        if (tapes[i].path[0] == '\0')
            continue;
        if (journal_tape_is_late(&tapes[i]))
            snprintf(hash, sizeof(hash), "not known");
        else
            hash_hex(tapes[i].hash, hash);
        printf("%-9s %s, hash %.16s, rows %llu to ", tapes[i].is_table ? "table" : "tape",
               args_safe(tapes[i].path), hash, ULL(tapes[i].first_row));
        if (tapes[i].last_row != 0)
            printf("%llu\n", ULL(tapes[i].last_row));
        else
            printf("some row: the journal was not closed\n");
    }
}

static json_t *tapes_json(const struct journal_reader *reader)
{
    uint32_t n;
    const struct journal_tape *tapes = journal_reader_tapes(reader, &n);
    json_t *all = json_array();
    char hash[2 * HASH_SIZE + 1];

    for (uint32_t i = 0; i < n; i++) {
        if (tapes[i].path[0] == '\0')
            continue;
        hash_hex(tapes[i].hash, hash);
        json_array_append_new(all, json_pack("{s:s?, s:s?, s:I, s:I}", "path", tapes[i].path,
                                             "hash", journal_tape_is_late(&tapes[i]) ? NULL : hash,
                                             "first_row", (json_int_t)tapes[i].first_row,
                                             "last_row", (json_int_t)tapes[i].last_row));
    }
    return all;
}

/* Event numbers are names, as --from takes them; what counts has its thousands apart. */
static void print_stats(const struct stats *stats, const struct journal_summary *summary,
                        const struct journal_reader *reader)
{
    char from[CLOCK_TEXT];
    char to[CLOCK_TEXT];
    char n[2][MONEY_TEXT];

    clock_text(stats->t_first, from);
    clock_text(stats->t_last, to);
    if (summary->n_records == 0)
        printf("empty\n");
    else
        printf("events    %llu to %llu\ntime      %s to %s\n", ULL(summary->first_seq),
               ULL(summary->end.next_seq - 1), from, to);
    printf("runs      %s\nmarks     %s\ndurable   %llu\nclosed    %s\n",
           money_count(stats->n_runs, n[0]), money_count(stats->n_marks, n[1]),
           ULL(summary->durable_seq),
           summary->is_clean ? "in good order" : "no: a host writes it, or was killed");
    print_builds(summary);
    print_tapes(reader);
    if (summary->n_shed > 0)
        printf("not kept  %s market events, for want of room\n",
               money_count(summary->n_shed, n[0]));
    if (summary->n_dropped > 0)
        printf("dropped   %s market events, covered by a snapshot\n",
               money_count(summary->n_dropped, n[0]));
    if (summary->n_torn > 0 || summary->torn[0] != '\0')
        printf("torn      %s bytes behind the end: %s\n", money_count(summary->n_torn, n[0]),
               args_safe(summary->torn));
    if (summary->is_forced)
        printf("forced    the end stands where damage begins\n");
    printf("\n%-16s %-6s %12s %15s\n", "type", "class", "events", "bytes");
    for (uint32_t type = 0; type <= TYPES; type++) {
        if (stats->n[type] != 0)
            printf("%-16s %-6s %12s %15s\n", type_name(type),
                   segment_class_name(journal_class_of((uint16_t)type)),
                   money_count(stats->n[type], n[0]), money_count(stats->bytes[type], n[1]));
    }
    for (int cls = 0; cls < JOURNAL_CLASSES; cls++)
        printf("%-16s %-6s %12s %15s  %u segment%s, %u compressed\n", "all",
               segment_class_name((enum journal_class)cls), money_count(stats->class_n[cls], n[0]),
               money_count(stats->class_bytes[cls], n[1]), summary->n_segments[cls],
               summary->n_segments[cls] == 1 ? "" : "s", summary->n_packed[cls]);
}

static void print_stats_json(const struct stats *stats, const struct journal_summary *summary,
                             const struct journal_reader *reader)
{
    json_t *tapes = tapes_json(reader);
    int n = 0;

    printf("{\"first_seq\": %llu, \"last_seq\": %llu, \"t_first\": \"%lld\", \"t_last\": \"%lld\", "
           "\"events\": %llu, \"runs\": %llu, \"marks\": %llu, \"durable_seq\": %llu, "
           "\"shed\": %llu, \"dropped\": %llu, \"torn_bytes\": %llu, \"is_clean\": %s, "
           "\"is_forced\": %s, \"classes\": {",
           ULL(summary->first_seq), ULL(summary->end.next_seq - 1), (long long)stats->t_first,
           (long long)stats->t_last, ULL(summary->n_records), ULL(stats->n_runs),
           ULL(stats->n_marks), ULL(summary->durable_seq), ULL(summary->n_shed),
           ULL(summary->n_dropped), ULL(summary->n_torn), summary->is_clean ? "true" : "false",
           summary->is_forced ? "true" : "false");
    for (int cls = 0; cls < JOURNAL_CLASSES; cls++)
        printf(
            "%s\"%s\": {\"events\": %llu, \"bytes\": %llu, \"segments\": %u, \"compressed\": %u}",
            cls == 0 ? "" : ", ", segment_class_name((enum journal_class)cls),
            ULL(stats->class_n[cls]), ULL(stats->class_bytes[cls]), summary->n_segments[cls],
            summary->n_packed[cls]);
    printf("}, \"builds\": [");
    for (uint32_t i = 0; i < summary->n_builds; i++) {
        char text[2 * sizeof(summary->builds[0]) + 1];

        printf("%s\"%s\"", i == 0 ? "" : ", ",
               sodium_bin2hex(text, sizeof(text), summary->builds[i], sizeof(summary->builds[i])));
    }
    printf("], \"tapes\": ");
    json_dumpf(tapes, stdout, JSON_COMPACT | JSON_ENSURE_ASCII);
    json_decref(tapes);
    printf(", \"types\": {");
    for (uint32_t type = 0; type <= TYPES; type++) {
        if (stats->n[type] != 0)
            printf("%s\"%s\": {\"events\": %llu, \"bytes\": %llu}", n++ == 0 ? "" : ", ",
                   type_name(type), ULL(stats->n[type]), ULL(stats->bytes[type]));
    }
    printf("}}\n");
}

static int stats(const struct opts *opts, struct walk *walk)
{
    struct stats all = {0};
    const struct agon_event_hdr *event;
    struct error err = {0};
    int rc;

    while ((rc = walk_next(walk, &event, &err)) == 1)
        count(&all, event);
    if (rc < 0)
        return complain(opts, rc, &err);
    if (opts->is_json)
        print_stats_json(&all, journal_reader_summary(walk->reader), walk->reader);
    else
        print_stats(&all, journal_reader_summary(walk->reader), walk->reader);
    return EXIT_OK;
}

static int look(const struct opts *opts, int (*verb)(const struct opts *, struct walk *))
{
    struct walk *walk = calloc(1, sizeof(*walk));
    struct error err = {0};
    int rc;

    if (walk == NULL)
        return EXIT_ENVIRONMENT;
    rc = walk_open(walk, opts, &err);
    if (rc < 0) {
        free(walk);
        return complain(opts, rc, &err);
    }
    rc = verb(opts, walk);
    walk_close(walk);
    free(walk);
    return rc;
}

static int export_all(const struct opts *opts)
{
    struct journal_export ask = {.dir = opts->dir,
                                 .tapes = opts->tapes,
                                 .models = opts->models,
                                 .until = (uint64_t)opts->until,
                                 .is_live = opts->is_live,
                                 .format = (enum sheet_format)opts->format};
    struct error err = {0};
    int rc;

    memcpy(ask.paths, opts->files, sizeof(ask.paths));
    rc = journal_export(&ask, &err);
    if (rc < 0)
        fprintf(stderr, "agon %s: %s\n", opts->command,
                err.text[0] != '\0' ? err.text : "cannot be read");
    else
        say_behind(opts, ask.last_seq);
    return rc < 0 ? exit_of(rc) : EXIT_OK;
}

int cmd_journal(int argc, char **argv)
{
    struct opts opts = {.command = argv[0]};
    static const char *const formats[] = {"csv", "json", NULL};
    const struct arg table[] = {
        {"from", ARG_U64, "N", "cat: begin with event N", &opts.from},
        {"until", ARG_INT, "N", "cat, export: stop behind event N", &opts.until, .min = 1,
         .max = INT64_MAX},
        {"type", ARG_TEXT, "NAME", "cat: only events of this type", &opts.type_name},
        {"tapes", ARG_TEXT, "DIR",
         "look there first for the tapes that a backtest's journal names (where they were, the "
         "journal's folder, the one above)",
         &opts.tapes},
        {"models", ARG_TEXT, "DIR",
         "export: folder of a registry (agon models): intents, orders and fills name the version "
         "of "
         "the files by which they came about, beside the SHA-256",
         &opts.models},
        {"live", ARG_FLAG, NULL, "a host writes it meanwhile: stop where it ends now",
         &opts.is_live},
        {"force", ARG_FLAG, NULL, "cat, stats: take damage as the journal's end", &opts.is_forced},
        {"json", ARG_FLAG, NULL, "cat: one JSON object a line; stats: JSON", &opts.is_json},
        {"fills", ARG_TEXT, "FILE", "export: write fills there; -: standard output",
         &opts.files[EXPORT_FILLS]},
        {"equity", ARG_TEXT, "FILE", "export: write the equity of every minute there",
         &opts.files[EXPORT_EQUITY]},
        {"figures", ARG_TEXT, "FILE",
         "export: write the figures of each agent at the end there, and of all (no name)",
         &opts.files[EXPORT_FIGURES]},
        {"samples", ARG_TEXT, "FILE",
         "export: write the samples of equity there that tournaments look at",
         &opts.files[EXPORT_SAMPLES]},
        {"orders", ARG_TEXT, "FILE", "export: write what venues said of our orders there",
         &opts.files[EXPORT_ORDERS]},
        {"trades", ARG_TEXT, "FILE", "export: write the trades of the markets there",
         &opts.files[EXPORT_TRADES]},
        {"intents", ARG_TEXT, "FILE",
         "export: write what agents wanted there, and what became of it: an order, or refused, by "
         "which check",
         &opts.files[EXPORT_INTENTS]},
        {"plans", ARG_TEXT, "FILE", "export: write the tournaments' plans there, one JSON a line",
         &opts.files[EXPORT_PLANS]},
        {"to", ARG_TEXT, "SINK:WHERE",
         "send: what the sink lacks goes there: ndjson:FILE, one JSON object a line", &opts.to},
        {"format", ARG_CHOICE, "csv|json", "export: of the other files (csv)", &opts.format,
         .choices = formats},
        {NULL}};
    const struct args_spec spec = {
        .usage = "cat|stats|export|send DIRECTORY|FILE [OPTION...]",
        .first = "cat, stats, export or send: `agon journal stats DIRECTORY`",
        .about = "Shows a journal: its events as lines, what is in it, or the fills and the equity "
                 "that a replay of it through the engine reaches. The journal stays as it is.\n"
                 "DIRECTORY is a run directory or its journal; FILE is one of the journal's.",
        .args = table,
        .operands = &opts.operands,
        .operands_min = 1,
        .operands_max = 2};
    char dir[PATH_MAX];
    const struct sink *sink;
    const char *verb, *where;
    struct error err = {0};
    int n_files = 0;
    int rc = args_parse(&spec, argc, argv);

    if (rc != ARGS_RUN)
        return rc;
    if (opts.tapes != NULL && !journal_dir_beside(argv[0], "tapes", opts.tapes, "tapes"))
        return EXIT_FLAGS;
    if (opts.models != NULL &&
        !journal_dir_beside(argv[0], "models", opts.models, "versions of models"))
        return EXIT_FLAGS;
    verb = opts.operands.at[0];
    if (opts.until != 0 && opts.from > (uint64_t)opts.until)
        return args_refuse(&spec, argv[0], "--from is behind --until");
    if (strcmp(verb, "cat") != 0 && strcmp(verb, "stats") != 0 && strcmp(verb, "export") != 0 &&
        strcmp(verb, "send") != 0)
        return args_refuse(&spec, argv[0], "cat, stats, export or send, not %s", args_safe(verb));
    if (opts.operands.n < 2)
        return args_refuse(&spec, argv[0], "%s wants a directory: agon journal %s DIRECTORY", verb,
                           verb);
    if (strcmp(verb, "send") == 0 && opts.to == NULL)
        return args_refuse(&spec, argv[0], "send where? Give --to SINK:WHERE");
    if (strcmp(verb, "send") == 0 && sink_find(opts.to, &sink, &where, &err) < 0)
        return args_refuse(&spec, argv[0], "--to %s", err.text);
    for (int i = 0; i < EXPORTS; i++)
        n_files += opts.files[i] != NULL;
    if (strcmp(verb, "export") == 0 && n_files == 0)
        return args_refuse(&spec, argv[0],
                           "export what? Give --fills, --orders, --trades, --intents, --equity, "
                           "--figures, --samples or --plans FILE");
    // The disk port makes the directory that it is given; somebody who only looks must not.
    if (!journal_dir(argv[0], opts.operands.at[1], dir, sizeof(dir)))
        return EXIT_DATA;
    opts.dir = dir;
    return strcmp(verb, "cat") == 0     ? look(&opts, cat)
           : strcmp(verb, "stats") == 0 ? look(&opts, stats)
           : strcmp(verb, "send") == 0  ? look(&opts, send_all)
                                        : export_all(&opts);
}
