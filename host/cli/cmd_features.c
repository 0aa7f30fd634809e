// SPDX-License-Identifier: Apache-2.0
/* features: the catalogue of what models are taught by, and training files of it. */
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "args/args.h"
#include "cli/commands.h"
#include "config/suggest.h"
#include "lab/features.h"
#include "sys/clock.h"
#include "sys/file.h"

#define LIST_MAX  ((uint64_t)64 << 10)
#define NAMES_MAX 64

struct opts {
    struct arg_list operands, listings, names;
    const char *list, *out, *parts;
    int64_t bar_ns, ahead, embargo;
    int is_json, is_markdown, label;
};

static const struct args_spec *the_spec;

/* --- ls --- */

static void params_text(const struct agon_feature_info *info, char *text, size_t room)
{
    size_t n = 0;

    text[0] = '\0';
    for (uint32_t i = 0; i < info->n_params; i++)
        n += (size_t)snprintf(text + n, room - n, ".%s", info->params[i].name);
    for (size_t i = 0; i < n; i++)
        text[i] = (char)(text[i] >= 'a' && text[i] <= 'z' ? text[i] - 'a' + 'A' : text[i]);
}

static json_t *row_of(const struct agon_feature_info *info)
{
    json_t *object = json_object(), *params = json_array();

    json_object_set_new(object, "name", json_string(info->name));
    json_object_set_new(object, "unit", json_string(info->unit));
    json_object_set_new(object, "formula", json_string(info->formula));
    if (info->otherwise != NULL)
        json_object_set_new(object, "otherwise", json_string(info->otherwise));
    for (uint32_t i = 0; i < info->n_params; i++)
        json_array_append_new(
            params, json_pack("{s:s, s:i, s:i, s:i}", "name", info->params[i].name, "preset",
                              (int)info->params[i].preset, "min", (int)info->params[i].least, "max",
                              (int)info->params[i].most));
    json_object_set_new(object, "params", params);
    return object;
}

static void markdown_row(const struct agon_feature_info *info)
{
    char params[AGON_FEATURE_TEXT], preset[AGON_FEATURE_TEXT];
    struct agon_feature feature;

    params_text(info, params, sizeof(params));
    (void)agon_feature_parse(info->name, &feature);
    agon_feature_text(&feature, preset);
    printf("| `%s%s` | %s | `%s` | %s | `%s` | %u |\n", info->name, params, info->unit,
           info->formula, info->otherwise != NULL ? info->otherwise : "", preset, feature.back);
}

static void text_row(const struct agon_feature_info *info)
{
    char params[AGON_FEATURE_TEXT];

    params_text(info, params, sizeof(params));
    printf("%s%s  (%s)\n    %s\n", info->name, params, info->unit, info->formula);
    if (info->otherwise != NULL)
        printf("    %s where that has no value\n", info->otherwise);
}

static int list_all(const struct opts *opts)
{
    const struct agon_feature_info *info;
    json_t *all = json_array();

    if (opts->is_markdown)
        printf("| feature | unit | formula | without a value | preset | bars of the preset |\n"
               "| --- | --- | --- | --- | --- | --- |\n");
    for (uint32_t i = 0; (info = agon_feature_at(i)) != NULL; i++) {
        if (opts->is_json)
            json_array_append_new(all, row_of(info));
        else if (opts->is_markdown)
            markdown_row(info);
        else
            text_row(info);
    }
    if (opts->is_json) {
        json_dumpf(all, stdout, JSON_INDENT(2));
        printf("\n");
    }
    json_decref(all);
    return EXIT_OK;
}

/* --- make --- */

static int is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* What is wrong with a name, and what would do. */
static void refuse_name(const char *where, const char *word, int rc)
{
    const char *names[NAMES_MAX];
    const struct agon_feature_info *info;
    char name[AGON_FEATURE_TEXT];
    struct suggest near = {0};
    size_t n_names = 0;
    size_t n = strcspn(word, ".");

    while (n_names < NAMES_MAX && (info = agon_feature_at((uint32_t)n_names)) != NULL)
        names[n_names++] = info->name;
    (void)snprintf(name, sizeof(name), "%.*s", (int)(n < sizeof(name) ? n : sizeof(name) - 1),
                   word);
    for (size_t i = 0; i < n_names; i++)
        suggest_offer(&near, name, strlen(name), names[i]);
    fprintf(stderr, "agon features: %s: ", where);
    if (rc == AGON_ENOENT) {
        fprintf(stderr, "there is no feature %s", args_safe(name));
        if (near.best != NULL)
            fprintf(stderr, "; did you mean %s?", near.best);
        fprintf(stderr, " (agon features ls shows them)\n");
        return;
    }
    for (size_t i = 0; i < n_names; i++) {
        char params[AGON_FEATURE_TEXT];

        if (strcmp(names[i], name) != 0)
            continue;
        info = agon_feature_at((uint32_t)i);
        params_text(info, params, sizeof(params));
        fprintf(stderr, "%s: expected %s%s", args_safe(word), name, params);
        for (uint32_t k = 0; k < info->n_params; k++)
            fprintf(stderr, ", %s from %u to %u", info->params[k].name, info->params[k].least,
                    info->params[k].most);
        fprintf(stderr, ", that looks back on at most %d bars\n", AGON_FEATURE_BACK_MAX);
        return;
    }
    fprintf(stderr, "%s: expected a name and its parameters, as in macd.12.26\n", args_safe(word));
}

/* A column twice would be two inputs of one value: whatever else it is called. */
static int is_listed(const char *list, const struct agon_feature *feature, const char *where,
                     const char *word)
{
    char text[AGON_FEATURE_TEXT], other[AGON_FEATURE_TEXT];

    agon_feature_text(feature, text);
    while (*list != '\0') {
        size_t n = strcspn(list, " ");
        char listed[AGON_FEATURE_TEXT];
        struct agon_feature of;

        (void)snprintf(listed, sizeof(listed), "%.*s", (int)n, list);
        if (agon_feature_parse(listed, &of) >= 0) {
            agon_feature_text(&of, other);
            if (strcmp(text, other) == 0) {
                fprintf(stderr,
                        "agon features: %s: %s is in the list before%s%s; expected each feature "
                        "once\n",
                        where, args_safe(word), strcmp(word, listed) != 0 ? ", as " : "",
                        strcmp(word, listed) != 0 ? listed : "");
                return 1;
            }
        }
        list += n + (list[n] == ' ');
    }
    return 0;
}

/* Adds a word to the list, once it is known to be a feature. */
static int add_word(char *list, const char *where, const char *word, uint32_t *n)
{
    struct agon_feature feature;
    int rc = agon_feature_parse(word, &feature);

    if (rc < 0) {
        refuse_name(where, word, rc);
        return rc;
    }
    if (is_listed(list, &feature, where, word))
        return AGON_EINVAL;
    if (++*n > AGON_FEATURES_MAX) {
        fprintf(stderr, "agon features: %s: %s would be one more than the %d of a set\n", where,
                args_safe(word), AGON_FEATURES_MAX);
        return AGON_ENOSPC;
    }
    strcat(list, word);
    strcat(list, " ");
    return AGON_OK;
}

/* Names with blanks or line ends between them; from # on a line is a comment. */
static int add_file(char *list, const char *path, uint32_t *n)
{
    struct error err = {0};
    char *bytes = NULL;
    uint64_t n_bytes;
    uint32_t line = 1;
    int rc = file_read(path, LIST_MAX, &bytes, &n_bytes, &err);

    if (rc < 0)
        fprintf(stderr, "agon features: %s\n", err.text);
    for (uint64_t i = 0; rc >= 0 && i < n_bytes;) {
        uint64_t end = i;
        char where[320], word[AGON_FEATURE_TEXT];

        if (bytes[i] == '#') {
            while (i < n_bytes && bytes[i] != '\n')
                i++;
            continue;
        }
        if (is_blank(bytes[i]) || bytes[i] == '\0') {
            line += bytes[i++] == '\n';
            continue;
        }
        while (end < n_bytes && !is_blank(bytes[end]) && bytes[end] != '#' && bytes[end] != '\0')
            end++;
        (void)snprintf(where, sizeof(where), "%.280s:%u", args_safe(path), line);
        (void)snprintf(word, sizeof(word), "%.*s",
                       (int)(end - i < sizeof(word) - 1 ? end - i : sizeof(word) - 1), bytes + i);
        rc = add_word(list, where, word, n);
        i = end;
    }
    free(bytes);
    return rc;
}

/* "70/15/15" or "80/20": whole per cent that come to 100. */
static int take_parts(const char *text, uint32_t shares[FEATURES_PARTS])
{
    uint32_t sum = 0, n = 0;

    while (n < FEATURES_PARTS) {
        uint32_t share = 0, digits = 0;

        while (*text >= '0' && *text <= '9' && digits++ < 3)
            share = share * 10 + (uint32_t)(*text++ - '0');
        if (digits == 0)
            return 0;
        shares[n++] = share;
        sum += share;
        if (*text == '\0')
            return sum == 100 && shares[0] > 0;
        if (*text++ != '/')
            return 0;
    }
    return 0;
}

/* "a.csv" becomes "a.holdout.csv". */
static void holdout_of(const char *out, char *path, size_t room)
{
    const char *dot = strrchr(out, '.'), *slash = strrchr(out, '/');
    int n = dot != NULL && (slash == NULL || dot > slash) ? (int)(dot - out) : (int)strlen(out);

    (void)snprintf(path, room, "%.*s.holdout%s", n, out, out + n);
}

static json_t *said(const struct opts *opts, const struct features_config *config,
                    const struct features_made *made)
{
    char hash[2 * HASH_SIZE + 1], from[CLOCK_TEXT], to[CLOCK_TEXT];
    json_t *object = json_object(), *rows = json_object(), *names = json_array();
    struct agon_features *set = malloc(sizeof(*set));

    hash_hex(made->sha256, hash);
    clock_text(made->t_first, from);
    clock_text(made->t_last, to);
    json_object_set_new(object, "out", json_string(opts->out));
    if (config->holdout != NULL)
        json_object_set_new(object, "holdout", json_string(config->holdout));
    json_object_set_new(object, "symbol", json_string(made->info.symbol));
    json_object_set_new(object, "bar_s", json_integer(made->length_s));
    json_object_set_new(object, "first", json_string(from));
    json_object_set_new(object, "last", json_string(to));
    json_object_set_new(object, "bars", json_integer((json_int_t)made->n_bars));
    json_object_set_new(object, "bars_without_volume", json_integer((json_int_t)made->n_flat));
    json_object_set_new(object, "looks_back", json_integer(made->back));
    json_object_set_new(object, "ahead", json_integer((json_int_t)config->ahead));
    if (config->ahead > 0)
        json_object_set_new(object, "label", json_string(config->is_up ? "up" : "return"));
    for (uint32_t part = 0; part < FEATURES_PARTS; part++)
        json_object_set_new(rows, features_parts[part],
                            json_integer((json_int_t)made->n_rows[part]));
    json_object_set_new(object, "rows", rows);
    json_object_set_new(object, "purged", json_integer((json_int_t)made->n_purged));
    json_object_set_new(object, "embargo", json_integer((json_int_t)made->n_embargo));
    json_object_set_new(object, "data_hash", json_string(hash));
    for (uint32_t i = 0;
         set != NULL && agon_features_init(set, config->list, NULL) >= 0 && i < set->n; i++) {
        char text[AGON_FEATURE_TEXT];

        agon_feature_text(&set->all[i], text);
        json_array_append_new(names, json_string(text));
    }
    json_object_set_new(object, "features", names);
    free(set);
    return object;
}

static void print_text(const struct opts *opts, const struct features_config *config,
                       const struct features_made *made)
{
    char from[CLOCK_TEXT], to[CLOCK_TEXT];

    clock_text(made->t_first, from);
    clock_text(made->t_last, to);
    printf("%s: %llu bars of %u s that end from %s to %s, %llu of them without volume\n",
           made->info.symbol, (unsigned long long)made->n_bars, made->length_s, from, to,
           (unsigned long long)made->n_flat);
    printf("%u features that look back on up to %u bars", made->n_features, made->back);
    if (config->ahead > 0)
        printf("; the target is %sthe return of the next %u bars%s",
               config->is_up ? "1 where " : "", config->ahead,
               config->is_up ? " is above 0, else 0" : "");
    printf("\n%s: %llu rows to train by, %llu to validate\n", args_safe(opts->out),
           (unsigned long long)made->n_rows[0], (unsigned long long)made->n_rows[1]);
    if (config->holdout != NULL)
        printf("%s: %llu rows, for the last judgement alone\n", args_safe(config->holdout),
               (unsigned long long)made->n_rows[2]);
    if (made->n_purged + made->n_embargo > 0)
        printf("left out: %llu rows whose target lies in the next part, %llu behind a border\n",
               (unsigned long long)made->n_purged, (unsigned long long)made->n_embargo);
}

static int make(const struct opts *opts)
{
    static char list[LIST_MAX + AGON_FEATURES_MAX * (AGON_FEATURE_TEXT + 1)];
    static struct features_made made;
    char holdout[600];
    struct features_config config = {.word = opts->operands.at[1],
                                     .listings = opts->listings.at,
                                     .n_listings = (uint32_t)opts->listings.n,
                                     .list = list,
                                     .length_s = (uint32_t)(opts->bar_ns / 1000000000),
                                     .ahead = (uint32_t)opts->ahead,
                                     .is_up = opts->label == 1,
                                     .embargo = (uint32_t)opts->embargo,
                                     .out = opts->out};
    struct error err = {0};
    uint32_t n = 0;
    json_t *object;
    int rc = AGON_OK;

    if (opts->parts != NULL && !take_parts(opts->parts, config.shares))
        return args_refuse(the_spec, "features",
                           "--parts takes two or three whole shares of 100 with / between them, as "
                           "in 70/15/15, not %s",
                           args_safe(opts->parts));
    if (config.shares[2] > 0) {
        holdout_of(opts->out, holdout, sizeof(holdout));
        config.holdout = holdout;
    }
    list[0] = '\0';
    if (opts->list != NULL)
        rc = add_file(list, opts->list, &n);
    for (int i = 0; rc >= 0 && i < opts->names.n; i++)
        rc = add_word(list, "--features", opts->names.at[i], &n);
    if (rc < 0)
        return opts->list != NULL && opts->names.n == 0 ? EXIT_DATA : EXIT_FLAGS;
    if (n == 0)
        return args_refuse(the_spec, "features", "no feature: name some by --features or --list");
    rc = features_make(&config, &made, &err);
    if (rc < 0) {
        fprintf(stderr, "agon features: %s\n", err.text);
        if (rc == AGON_EBUSY)
            return EXIT_SAFETY;
        return rc == AGON_EIO || rc == AGON_ENOSPC || rc == AGON_ENOMEM || rc == AGON_EPERM
                   ? EXIT_ENVIRONMENT
                   : EXIT_DATA;
    }
    if (!opts->is_json) {
        print_text(opts, &config, &made);
        return EXIT_OK;
    }
    object = said(opts, &config, &made);
    json_dumpf(object, stdout, JSON_INDENT(2));
    printf("\n");
    json_decref(object);
    return EXIT_OK;
}

int cmd_features(int argc, char **argv)
{
    static const char *const labels[] = {"return", "up", NULL};
    struct opts opts = {0};
    const struct arg table[] = {
        {"features", ARG_LIST, "NAME", "make: these, as in return.5 macd.12.26 day_sin",
         &opts.names},
        {"list", ARG_TEXT, "FILE", "make: those of a file, before them", &opts.list},
        {"bar", ARG_DURATION, "TIME", "make: of bars so long (the data's own; of trades 1m)",
         &opts.bar_ns, .min = 1000000000, .max = (int64_t)86400 * 1000000000},
        {"ahead", ARG_INT, "N", "make: with a column target, the return of the next N bars (none)",
         &opts.ahead, .min = 0, .max = FEATURES_AHEAD_MAX},
        {"label", ARG_CHOICE, "return|up",
         "make: what the target is: that return, or 1 where it is above 0, else 0 (return)",
         &opts.label, .choices = labels},
        {"parts", ARG_TEXT, "A/B/C",
         "make: per cent to train by, to validate, and held out, in the order of time (100/0/0)",
         &opts.parts},
        {"embargo", ARG_INT, "N", "make: rows that are left out behind each border (0)",
         &opts.embargo, .min = 0, .max = FEATURES_AHEAD_MAX},
        {"out", ARG_TEXT, "FILE", "make: write it there, and what is held out beside it",
         &opts.out},
        {"instruments", ARG_LIST, "FILE",
         "make: venues' lists of instruments or configurations: how many digits prices and "
         "quantities have (a list beside the data, else what is known of the venue)",
         &opts.listings},
        {"markdown", ARG_FLAG, NULL, "ls: as a table for documents", &opts.is_markdown},
        {"json", ARG_FLAG, NULL, "report as JSON", &opts.is_json},
        {NULL}};
    const struct args_spec spec = {
        .usage = "ls|make [SYMBOL=]FILE --out FILE [OPTION...]",
        .first = "ls or make: `agon features ls`",
        .about = "ls: every feature of closed bars that there is, with its unit and its formula.\n"
                 "make: writes training files of a recording or a tape, a row for each bar, by the "
                 "functions that a plugin asks (agon/feature.h).",
        .args = table,
        .operands = &opts.operands,
        .operands_min = 1,
        .operands_max = 2};
    const char *verb;
    int rc = args_parse(&spec, argc, argv);

    if (rc != ARGS_RUN)
        return rc;
    the_spec = &spec;
    verb = opts.operands.at[0];
    if (strcmp(verb, "ls") == 0)
        return opts.operands.n == 1 ? list_all(&opts)
                                    : args_refuse(&spec, "features", "ls takes no %s",
                                                  args_safe(opts.operands.at[1]));
    if (strcmp(verb, "make") != 0)
        return args_refuse(&spec, "features", "ls or make, not %s", args_safe(verb));
    if (opts.operands.n < 2)
        return args_refuse(&spec, "features", "make needs a file of bars or trades");
    if (opts.out == NULL)
        return args_refuse(&spec, "features", "make needs --out FILE");
    if (opts.label == 1 && opts.ahead == 0)
        return args_refuse(&spec, "features",
                           "--label up is of the next bars: say how many by --ahead");
    if (opts.embargo > 0 && opts.parts == NULL)
        return args_refuse(&spec, "features", "--embargo is behind borders: say by --parts which");
    return make(&opts);
}
