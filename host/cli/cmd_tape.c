// SPDX-License-Identifier: Apache-2.0
/* tape: makes tapes of recordings, and says what is in one. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <jansson.h>

#include "args/args.h"
#include "base/num.h"
#include "cli/commands.h"
#include "lab/tape_make.h"
#include "sys/clock.h"

struct opts {
    struct arg_list operands, listings;
    const char *out;
    int only, is_lenient, is_checked, is_json;
};

static int exit_of(int rc)
{
    return rc == AGON_EIO || rc == AGON_ENOSPC || rc == AGON_ENOMEM ? EXIT_ENVIRONMENT : EXIT_DATA;
}

static json_t *object_of(const char *path, const struct tape_head *head)
{
    char hash[2 * HASH_SIZE + 1], from[CLOCK_TEXT], to[CLOCK_TEXT];
    uint32_t n_columns;
    const struct tape_column *columns = tape_file_columns(head->kind, &n_columns);
    json_t *object = json_object(), *names = json_array();

    hash_hex(head->source_hash, hash);
    clock_text(head->t_first, from);
    clock_text(head->t_last, to);
    for (uint32_t i = 0; i < n_columns; i++)
        json_array_append_new(names, json_string(columns[i].name));
    json_object_set_new(object, "file", json_string(args_safe(path)));
    json_object_set_new(object, "version", json_integer(head->version));
    json_object_set_new(object, "kind", json_string(tape_file_kind_name(head->kind)));
    json_object_set_new(object, "venue", json_string(head->venue));
    json_object_set_new(object, "symbol", json_string(head->symbol));
    json_object_set_new(object, "price_digits", json_integer(head->px_exp));
    json_object_set_new(object, "quantity_digits", json_integer(head->qty_exp));
    if (head->length_s > 0)
        json_object_set_new(object, "bar_s", json_integer(head->length_s));
    json_object_set_new(object, "rows", json_integer((json_int_t)head->n_rows));
    json_object_set_new(object, "events", json_integer((json_int_t)head->n_events));
    json_object_set_new(
        object, "blocks",
        json_integer((json_int_t)((head->n_rows + TAPE_BLOCK_ROWS - 1) / TAPE_BLOCK_ROWS)));
    json_object_set_new(object, "columns", names);
    json_object_set_new(object, "first", json_string(from));
    json_object_set_new(object, "last", json_string(to));
    json_object_set_new(object, "received", json_boolean(head->flags & TAPE_HAS_RECEIVED));
    json_object_set_new(object, "source", json_string(args_safe(head->source)));
    json_object_set_new(object, "source_bytes", json_integer((json_int_t)head->source_bytes));
    json_object_set_new(object, "source_sha256", json_string(hash));
    json_object_set_new(object, "skipped", json_integer((json_int_t)head->n_skipped));
    json_object_set_new(object, "rounded", json_integer((json_int_t)head->n_noisy));
    json_object_set_new(object, "finer_than_the_lot", json_integer((json_int_t)head->n_cut));
    json_object_set_new(object, "other", json_integer((json_int_t)head->n_other));
    json_object_set_new(object, "gaps", json_integer((json_int_t)head->n_gaps));
    return object;
}

/* Each fact of a tape is a line. */
static void print_text(const json_t *object)
{
    const char *key;
    const json_t *value, *entry;
    size_t i;

    json_object_foreach((json_t *)(uintptr_t)object, key, value)
    {
        printf("%-20s", key);
        if (json_is_array(value)) {
            json_array_foreach(value, i, entry) printf(" %s", json_string_value(entry));
            printf("\n");
        } else if (json_is_string(value)) {
            printf(" %s\n", json_string_value(value));
        } else if (json_is_boolean(value)) {
            printf(" %s\n", json_is_true(value) ? "yes" : "no");
        } else {
            printf(" %lld\n", (long long)json_integer_value(value));
        }
    }
}

static void print_all(const json_t *all, int is_json)
{
    const json_t *object;
    size_t i;

    if (is_json) {
        json_dumpf(all, stdout, JSON_INDENT(2));
        printf("\n");
        return;
    }
    json_array_foreach(all, i, object)
    {
        if (i > 0)
            printf("\n");
        print_text(object);
    }
}

/* Each block against its checksum. */
static int check(const char *path, struct error *err)
{
    struct tape_file *file;
    int rc = tape_file_open(&file, path, err);

    if (rc < 0)
        return rc;
    for (uint64_t block = 0; block * TAPE_BLOCK_ROWS < tape_file_head_of(file)->n_rows && rc >= 0;
         block++) {
        const void *columns[TAPE_COLUMNS_MAX];
        uint32_t n;

        rc = tape_file_read(file, block, columns, &n, err);
    }
    tape_file_close(file);
    return rc;
}

/* By which a journal names it. */
static void add_hash(json_t *object, const char *path)
{
    unsigned char hash[HASH_SIZE];
    char text[2 * HASH_SIZE + 1];
    struct tape_file *file;

    if (tape_file_open(&file, path, NULL) < 0)
        return;
    tape_file_hash(file, hash);
    tape_file_close(file);
    hash_hex(hash, text);
    json_object_set_new(object, "hash", json_string(text));
}

static int show_one(const char *path, const struct opts *opts, json_t *all)
{
    struct tape_head head;
    struct error err = {0};
    json_t *object;
    int rc = tape_file_look(path, &head, &err);

    if (rc >= 0 && opts->is_checked)
        rc = check(path, &err);
    if (rc < 0) {
        fprintf(stderr, "agon tape: %s\n", err.text);
        return exit_of(rc);
    }
    object = object_of(path, &head);
    add_hash(object, path);
    if (opts->is_checked)
        json_object_set_new(object, "checked", json_true());
    json_array_append_new(all, object);
    return EXIT_OK;
}

static void warn(const struct tape_made *made)
{
    char text[LISTED_TEXT];

    for (uint32_t k = 1; k < made->report.n_bad; k++)
        fprintf(stderr, "agon tape: %s\n", made->report.bad[k].text);
    if (made->head.n_rows > 0 && listed_warning(&made->listed)[0] != '\0')
        fprintf(stderr, "agon tape: %s: %s: %s\n", made->listed.record.symbol,
                listed_text(&made->listed, text), listed_warning(&made->listed));
}

static int make_one(const char *word, const struct opts *opts, json_t *all)
{
    static const uint8_t kinds[] = {0, TAPE_FILE_TRADES, TAPE_FILE_QUOTES};
    static struct tape_made made;
    struct tape_make_config config = {.word = word,
                                      .kind = kinds[opts->only],
                                      .listings = opts->listings.at,
                                      .n_listings = (uint32_t)opts->listings.n,
                                      .is_lenient = opts->is_lenient};
    char symbol[RECORDING_SYMBOL], out[512];
    struct error err = {0};
    int rc = AGON_OK;

    if (snprintf(out, sizeof(out), "%s.tape", recording_split(word, symbol)) >= (int)sizeof(out))
        rc = error_set(&err, AGON_ERANGE, "%.60s...: the name is too long", word);
    config.out = opts->out != NULL ? opts->out : out;
    if (rc >= 0)
        rc = tape_make(&config, &made, &err);
    if (rc < 0)
        fprintf(stderr, "agon tape: %s\n", err.text);
    if (rc >= 0 || made.report.n_bad > 0)
        warn(&made);
    if (rc < 0)
        return exit_of(rc);
    json_array_append_new(all, object_of(config.out, &made.head));
    add_hash(json_array_get(all, json_array_size(all) - 1), config.out);
    return EXIT_OK;
}

int cmd_tape(int argc, char **argv)
{
    static const char *const only[] = {"all", "trades", "quotes", NULL};
    struct opts opts = {0};
    const struct arg table[] = {
        {"out", ARG_TEXT, "FILE", "make: write it there (the recording's name and .tape)",
         &opts.out},
        {"instruments", ARG_LIST, "FILE",
         "make: venues' lists of instruments or configurations: how many digits prices and "
         "quantities have (a list beside the recording, else what is known of the venue)",
         &opts.listings},
        {"only", ARG_CHOICE, "all|trades|quotes", "make: of a raw stream (all)", &opts.only,
         .choices = only},
        {"lenient", ARG_FLAG, NULL, "make: leave bad rows out and count them", &opts.is_lenient},
        {"check", ARG_FLAG, NULL, "show: also compare each block with its checksum",
         &opts.is_checked},
        {"json", ARG_FLAG, NULL, "report as JSON", &opts.is_json},
        {NULL}};
    const struct args_spec spec = {
        .usage = "make [SYMBOL=]FILE...|show FILE... [OPTION...]",
        .first = "make or show: `agon tape make BTCUSDT=trades.csv`",
        .about =
            "make: writes a recording (bars, trades, a raw stream; plain or gzip) as a tape: "
            "columns of numbers in blocks with checksums, which a backtest maps and reads in "
            "place. It gives the same events, and goes wherever --data takes a file.\n"
            "show: says what is in a tape: of what instrument, how much, from when to when, and "
            "of which recording it was made.",
        .args = table,
        .operands = &opts.operands,
        .operands_min = 2,
        .operands_max = 256};
    json_t *all;
    const char *verb;
    int rc = args_parse(&spec, argc, argv);

    if (rc != ARGS_RUN)
        return rc;
    verb = opts.operands.at[0];
    if (strcmp(verb, "make") != 0 && strcmp(verb, "show") != 0)
        return args_refuse(&spec, "tape", "make or show, not %s", args_safe(verb));
    if (opts.out != NULL && opts.operands.n > 2)
        return args_refuse(&spec, "tape", "--out names one file, and there are several");
    all = json_array();
    rc = EXIT_OK;
    for (int i = 1; i < opts.operands.n && rc == EXIT_OK; i++)
        rc = strcmp(verb, "make") == 0 ? make_one(opts.operands.at[i], &opts, all)
                                       : show_one(opts.operands.at[i], &opts, all);
    print_all(all, opts.is_json);
    json_decref(all);
    return rc;
}
