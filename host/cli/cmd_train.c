// SPDX-License-Identifier: Apache-2.0
/* train: models from tables. */
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "args/args.h"
#include "base/hash.h"
#include "cli/commands.h"
#include "cli/train_settings.h"
#include "cli/train_table.h"
#include "nn/trees_train.h"
#include "run/config_file.h"

struct opts {
    struct arg_list operands, ignore;
    const char *data, *target, *out, *config;
    int64_t n_threads, gap;
    int is_json, has_gap;
};
/* Rows of the table, in their order. */
struct parts {
    struct trees_data train, valid, held;
};
struct outcome {
    struct trees_round last, best;
    uint32_t rounds;                   /* that were kept */
    double loss, constant_loss;        /* of the rows held out */
    double right, low, high, constant; /* logistic: shares of right guesses; their 95 % */
    char hash[2 * HASH_SIZE + 1];
    int is_on_terminal;
};

static int exit_of(int rc)
{
    return rc == AGON_EIO || rc == AGON_ENOSPC || rc == AGON_ENOMEM ? EXIT_ENVIRONMENT : EXIT_DATA;
}

static struct trees_data rows_of(const struct train_table *table, uint64_t from, uint64_t to)
{
    return (struct trees_data){table->x + from * table->n_features, table->y + from,
                               to > from ? (uint32_t)(to - from) : 0, table->n_features};
}

static int divide(const struct train_table *table, const struct train_settings *settings,
                  struct parts *parts, struct error *err)
{
    uint64_t n = table->n_rows;
    uint64_t n_held = n * settings->holdout_ppm / 1000000;
    uint64_t n_valid = settings->patience > 0 ? n * settings->validation_ppm / 1000000 : 0;
    uint64_t n_gaps = (uint64_t)settings->gap * (n_valid > 0 ? 2 : 1);
    uint64_t end;

    if (n_held < TREES_ROWS_MIN || (settings->patience > 0 && n_valid < TREES_ROWS_MIN) ||
        n < n_held + n_valid + n_gaps + TREES_ROWS_MIN)
        return error_set(err, AGON_EINVAL,
                         "%llu rows: %llu to hold out, %llu to validate by, gaps of %u between; "
                         "expected at least %u rows in each part and in what is left to train on",
                         (unsigned long long)n, (unsigned long long)n_held,
                         (unsigned long long)n_valid, settings->gap, TREES_ROWS_MIN);
    parts->held = rows_of(table, n - n_held, n);
    end = n - n_held - settings->gap;
    parts->valid = rows_of(table, end - n_valid, end);
    if (n_valid > 0)
        end -= n_valid + settings->gap;
    parts->train = rows_of(table, 0, end);
    return AGON_OK;
}

static int on_round(void *ctx, const struct trees_round *round)
{
    struct outcome *outcome = ctx;

    if (outcome->last.round == 0 || round->valid < outcome->best.valid)
        outcome->best = *round;
    outcome->last = *round;
    if (outcome->is_on_terminal)
        fprintf(stderr, "\r\033[Kround %u: loss %.6f, in validation %.6f", round->round,
                round->loss, round->valid);
    return 0;
}

/* Wilson's interval of 95 %. */
static void interval(double share, double n, double *low, double *high)
{
    const double z = 1.959964;
    double middle = share + z * z / (2 * n);
    double half = z * sqrt(share * (1 - share) / n + z * z / (4 * n * n));

    *low = (middle - half) / (1 + z * z / n);
    *high = (middle + half) / (1 + z * z / n);
}

/* On the rows held out: the loss beside that of the constant of the training rows, and how often it
 * is right beside the constant that is right most often there. Targets that look `gap` rows ahead
 * share most of what they see: so many rows count as one. */
static int judge(const struct trees *trees, const struct parts *parts, uint32_t gap,
                 struct outcome *outcome, struct error *err)
{
    const struct trees_data *held = &parts->held;
    float *margins = calloc(held->n_rows, sizeof(*margins));
    double mean = 0;
    uint32_t n_right = 0;
    uint32_t n_constant = 0;
    float constant;

    if (margins == NULL)
        return error_set(err, AGON_ENOMEM, "no memory for %u answers", held->n_rows);
    for (uint32_t i = 0; i < held->n_rows; i++) {
        if (trees->objective != TREES_LOGISTIC || held->y[i] == 0 || held->y[i] == 1)
            continue;
        free(margins);
        return error_set(err, AGON_EINVAL,
                         "the target of row %u of those held out is %g; expected 0 or 1", i,
                         (double)held->y[i]);
    }
    for (uint32_t i = 0; i < parts->train.n_rows; i++)
        mean += (double)parts->train.y[i] / parts->train.n_rows;
    constant = trees_base(trees->objective, mean);
    for (uint32_t i = 0; i < held->n_rows; i++) {
        trees_margin(trees, held->x + (size_t)i * held->n_features, &margins[i]);
        n_right += (margins[i] > 0) == (held->y[i] > 0);
        n_constant += held->y[i] > 0;
    }
    outcome->loss = trees_loss(trees->objective, margins, held->y, held->n_rows);
    for (uint32_t i = 0; i < held->n_rows; i++)
        margins[i] = constant;
    outcome->constant_loss = trees_loss(trees->objective, margins, held->y, held->n_rows);
    outcome->right = (double)n_right / held->n_rows;
    outcome->constant = (double)n_constant / held->n_rows;
    if (outcome->constant < 0.5)
        outcome->constant = 1 - outcome->constant;
    interval(outcome->right, (double)held->n_rows / (gap > 1 ? gap : 1), &outcome->low,
             &outcome->high);
    free(margins);
    return AGON_OK;
}

/* Whole or not at all: under another name first. */
static int write_file(const char *path, const char *text, size_t n, struct error *err)
{
    char part[4096];
    FILE *file;
    int is_written;

    if ((size_t)snprintf(part, sizeof(part), "%s.part", path) >= sizeof(part))
        return error_set(err, AGON_EINVAL, "--out: a path of more than %zu bytes; expected less",
                         sizeof(part));
    file = fopen(part, "w");
    is_written = file != NULL && fwrite(text, 1, n, file) == n && fflush(file) == 0 &&
                 fsync(fileno(file)) == 0;
    if (file != NULL && fclose(file) != 0)
        is_written = 0;
    if (is_written && rename(part, path) == 0)
        return AGON_OK;
    (void)error_set(err, AGON_EIO, "%.512s cannot be written: %s", path, strerror(errno));
    if (file != NULL)
        (void)unlink(part);
    return AGON_EIO;
}

/* The model as its file's text; it is read as a plugin's would be, and judged, before it is
 * written. */
static int keep(const struct trees_grown *grown, const struct train_table *table,
                const struct parts *parts, uint32_t gap, const char *path, struct outcome *outcome,
                struct error *err)
{
    unsigned char digest[HASH_SIZE];
    struct trees *trees = NULL;
    struct sha256 sha;
    char *text = NULL;
    size_t n = 0;
    FILE *memory = open_memstream(&text, &n);
    int rc;

    if (memory == NULL)
        return error_set(err, AGON_ENOMEM, "no memory for a model");
    rc = trees_write(memory, grown, table->names, err);
    if (fclose(memory) != 0 && rc >= 0)
        rc = error_set(err, AGON_ENOMEM, "no memory for a model");
    if (rc >= 0)
        rc = trees_read(text, n, &trees, err);
    if (rc >= 0)
        rc = judge(trees, parts, gap, outcome, err);
    if (rc >= 0)
        rc = write_file(path, text, n, err);
    if (rc >= 0) {
        sha256_init(&sha);
        sha256_update(&sha, text, n);
        sha256_final(&sha, digest);
        hash_hex(digest, outcome->hash);
        outcome->rounds = trees_grown_rounds(grown);
    }
    trees_free(trees);
    free(text);
    return rc;
}

/* Of the model that was kept: with validation that is the best round's. */
static double kept_loss(const struct parts *parts, const struct outcome *outcome)
{
    return parts->valid.n_rows > 0 ? outcome->best.loss : outcome->last.loss;
}

static void print(const struct opts *opts, const struct train_settings *settings,
                  const struct train_table *table, const struct parts *parts,
                  const struct outcome *outcome)
{
    int is_logistic = settings->objective == TREES_LOGISTIC;
    const char *loss = is_logistic ? "log-loss" : "mean square";

    printf("trained   %u rounds of %u, %u kept: %u rows of %u features, target %s\n",
           outcome->last.round, settings->parallel, outcome->rounds, parts->train.n_rows,
           table->n_features, args_safe(opts->target));
    printf("%-9s %.6f of the rows trained on", "loss", kept_loss(parts, outcome));
    if (parts->valid.n_rows > 0)
        printf(", %.6f in validation (%u rows) after round %u", outcome->best.valid,
               parts->valid.n_rows, outcome->best.round);
    printf("\nheld out  %u rows: %s %.6f, of the best constant %.6f\n", parts->held.n_rows, loss,
           outcome->loss, outcome->constant_loss);
    if (is_logistic)
        printf("          right %.2f%% (95%%: %.2f to %.2f), the constant %.2f%%: %s\n",
               100 * outcome->right, 100 * outcome->low, 100 * outcome->high,
               100 * outcome->constant,
               outcome->low > outcome->constant ? "better than the constant"
                                                : "no edge over the constant is shown");
    printf("model     %s, SHA-256 %s\n", args_safe(opts->out), outcome->hash);
}

static void print_json(const struct opts *opts, const struct train_settings *settings,
                       const struct train_table *table, const struct parts *parts,
                       const struct outcome *outcome)
{
    json_t *object = json_pack(
        "{s:s, s:s, s:s, s:i, s:i, s:i, s:i, s:f, s:f, s:f}", "model", args_safe(opts->out),
        "sha256", outcome->hash, "objective",
        settings->objective == TREES_LOGISTIC ? "logistic" : "squared", "rounds",
        (int)outcome->rounds, "features", (int)table->n_features, "rows", (int)parts->train.n_rows,
        "rows_held_out", (int)parts->held.n_rows, "loss", kept_loss(parts, outcome),
        "loss_held_out", outcome->loss, "loss_of_constant", outcome->constant_loss);

    // As it is, where it is UTF-8: a program is to open it.
    (void)json_object_set_new(object, "model", json_string(opts->out));
    if (parts->valid.n_rows > 0)
        json_object_set_new(object, "loss_validation", json_real(outcome->best.valid));
    if (settings->objective == TREES_LOGISTIC) {
        json_object_set_new(object, "right", json_real(outcome->right));
        json_object_set_new(object, "right_low", json_real(outcome->low));
        json_object_set_new(object, "right_high", json_real(outcome->high));
        json_object_set_new(object, "right_of_constant", json_real(outcome->constant));
    }
    json_dumpf(object, stdout, JSON_INDENT(2));
    printf("\n");
    json_decref(object);
}

static int train(const struct opts *opts, const struct train_settings *settings)
{
    struct trees_params params = train_settings_params(settings, (uint32_t)opts->n_threads);
    struct outcome outcome = {.is_on_terminal = isatty(STDERR_FILENO)};
    struct trees_grown *grown = NULL;
    struct train_table table;
    struct parts parts = {0};
    struct error err = {0};
    int rc = train_table_read(&table, opts->data, opts->target, &opts->ignore, &err);

    if (rc >= 0)
        rc = divide(&table, settings, &parts, &err);
    if (rc >= 0)
        rc = trees_train(&params, &parts.train, parts.valid.n_rows > 0 ? &parts.valid : NULL,
                         on_round, &outcome, &grown, &err);
    if (outcome.is_on_terminal && outcome.last.round > 0)
        fprintf(stderr, "\r\033[K");
    if (rc >= 0)
        rc = keep(grown, &table, &parts, settings->gap, opts->out, &outcome, &err);
    if (rc < 0)
        fprintf(stderr, "agon train: %s\n", err.text);
    else if (opts->is_json)
        print_json(opts, settings, &table, &parts, &outcome);
    else
        print(opts, settings, &table, &parts, &outcome);
    trees_grown_free(grown);
    train_table_free(&table);
    return rc < 0 ? exit_of(rc) : EXIT_OK;
}

int cmd_train(int argc, char **argv)
{
    struct opts opts = {.n_threads = 1};
    struct train_settings settings;
    const struct arg table[] = {
        {"data", ARG_TEXT, "FILE",
         "a table: a line of names, then rows of numbers, in the order of time; gzip or not",
         &opts.data},
        {"target", ARG_TEXT, "COLUMN", "what the model shall say", &opts.target},
        {"ignore", ARG_LIST, "COLUMN", "columns to leave out: times, ids, other targets",
         &opts.ignore},
        {"out", ARG_TEXT, "FILE", "where the model goes, XGBoost's JSON", &opts.out},
        {"config", ARG_TEXT, "FILE", "parameters as YAML (docs/models.md); default: each key's own",
         &opts.config},
        {"gap", ARG_INT, "N",
         "rows left out before each part: as far as the target looks ahead (the config's)",
         &opts.gap, .max = 1000000, .is_given = &opts.has_gap},
        {"threads", ARG_INT, "N", "threads; the model is the same for any number (1)",
         &opts.n_threads, .min = 1, .max = 64},
        {"json", ARG_FLAG, NULL, "report as JSON", &opts.is_json},
        {NULL}};
    const struct args_spec spec = {
        .usage = "trees --data FILE --target COLUMN --out MODEL.json [OPTION...]",
        .about = "Trains boosted trees, or a forest, on a table. The last rows are held out: "
                 "nothing is chosen by "
                 "them, and the report says what the model is there, beside the best constant "
                 "guess. Rows before "
                 "them say at which round to end. The model is a file that agon.nn serves and "
                 "XGBoost reads.",
        .args = table,
        .operands = &opts.operands,
        .operands_min = 1,
        .operands_max = 1};
    int rc;

    if (argc > 1 && strcmp(argv[1], "ppo") == 0)
        return cmd_train_ppo(argc, argv);
    rc = args_parse(&spec, argc, argv);
    if (rc != ARGS_RUN)
        return rc;
    if (strcmp(opts.operands.at[0], "trees") != 0)
        return args_refuse(&spec, "train", "trees or ppo, not %s", args_safe(opts.operands.at[0]));
    if (opts.data == NULL || opts.target == NULL || opts.out == NULL)
        return args_refuse(&spec, "train", "--data, --target and --out are needed");
    schema_presets(&train_settings_schema, &settings);
    if (opts.config != NULL) {
        struct config_file file;

        if (config_file_open(&file, "train", opts.config))
            (void)config_read(file.config, &train_settings_schema, &settings);
        rc = config_file_close(&file);
        if (rc != EXIT_OK)
            return rc;
    }
    if (opts.has_gap)
        settings.gap = (uint32_t)opts.gap;
    return train(&opts, &settings);
}
