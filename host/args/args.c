// SPDX-License-Identifier: Apache-2.0
// args: see args.h.
#include "args/args.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/exit.h"
#include "base/num.h"
#include "base/utf8.h"
#include "config/offer.h"
#include "config/suggest.h"
#include "config/units.h"
#include "sys/wrap.h"

#define OPERANDS_MAX 4096
#define TEXT_MAX     4096 /* of one argument: the longest path a file system takes */
#define OPTIONS_MAX  64
#define HEAD_WIDTH   26 /* columns of a help row's head */
#define HELP_WIDTH   100
#define ABOUT_LINE   1024

const char *args_safe(const char *text)
{
    static char buffers[4][128];
    static unsigned next;
    char *buffer = buffers[next++ % 4];

    utf8_escape(text, strnlen(text, TEXT_MAX), buffer, sizeof(buffers[0]));
    return buffer;
}

static uint32_t count_options(const struct arg *args)
{
    uint32_t n = 0;

    while (args && args[n].name)
        n++;
    REQUIRE(n <= OPTIONS_MAX);
    return n;
}

/* Columns of help: of the terminal, so far as lines are easily read, and of a pipe those of a
 * page. */
static int help_width(FILE *out)
{
    int width = wrap_width(out);

    return width == WRAP_NONE ? 80 : width < HELP_WIDTH ? width : HELP_WIDTH;
}

static void print_usage(const struct args_spec *spec, const char *command, FILE *out)
{
    char line[ABOUT_LINE];
    int indent = (int)strlen("usage: agon ") + (int)strlen(command) + 1;

    snprintf(line, sizeof(line), "usage: agon %s%s%s", command, spec->usage ? " " : "",
             spec->usage ? spec->usage : "");
    wrap_text(out, help_width(out), 0, indent, line);
}

static void print_row(const char *head, const char *text)
{
    int n = printf("  %s", head);

    if (n > HEAD_WIDTH + 2)
        n = printf("\n") - 1;
    printf("%*s", HEAD_WIDTH + 3 - n, "");
    wrap_text(stdout, help_width(stdout), HEAD_WIDTH + 3, HEAD_WIDTH + 3, text);
}

/* Line for line: a row is indented and has a tab before its text. */
static void print_about(const char *about)
{
    while (*about != '\0') {
        char line[ABOUT_LINE];
        int n = (int)strcspn(about, "\n");
        char *text;

        snprintf(line, sizeof(line), "%.*s", n, about);
        text = line[0] == ' ' ? strchr(line, '\t') : NULL;
        if (text != NULL) {
            *text = '\0';
            print_row(line + strspn(line, " "), text + 1);
        } else {
            wrap_text(stdout, help_width(stdout), 0, 0, line);
        }
        about += about[n] == '\n' ? n + 1 : n;
    }
}

static void print_help(const struct args_spec *spec, const char *command)
{
    print_usage(spec, command, stdout);
    if (spec->about) {
        printf("\n");
        print_about(spec->about);
    }
    printf("\nOptions:\n");
    for (uint32_t i = 0; i < count_options(spec->args); i++) {
        const struct arg *arg = &spec->args[i];
        char head[64];
        char text[ABOUT_LINE];
        int n = snprintf(text, sizeof(text), "%s", arg->help);

        snprintf(head, sizeof(head), "--%s%s%s%s", arg->name, arg->value ? " " : "",
                 arg->value ? arg->value : "", arg->type == ARG_LIST ? "..." : "");
        // A value that is spelt out ("inproc|process") has named them.
        for (uint32_t c = 0; arg->type == ARG_CHOICE && !strchr(arg->value, '|') && arg->choices[c];
             c++)
            n += snprintf(text + n, sizeof(text) - (size_t)n, "%s%s", c ? ", " : ": ",
                          arg->choices[c]);
        print_row(head, text);
    }
    print_row("--help", "show this text");
}

int args_refuse(const struct args_spec *spec, const char *command, const char *format, ...)
{
    va_list list;

    fprintf(stderr, "agon %s: ", command);
    va_start(list, format);
    vfprintf(stderr, format, list);
    va_end(list);
    fprintf(stderr, "\n");
    print_usage(spec, command, stderr);
    fprintf(stderr, "agon %s --help says more\n", command);
    return EXIT_FLAGS;
}

/* Refuses the value of an option: what it is, what was expected. */
static int refuse_value(const struct args_spec *spec, const char *command, const struct arg *arg,
                        const char *text, const char *expected)
{
    return args_refuse(spec, command, "--%s %s: expected %s", arg->name, args_safe(text), expected);
}

static int in_range(const struct arg *arg, int64_t value)
{
    return value >= arg->min && (arg->max == 0 || value <= arg->max);
}

static void range_of(const struct arg *arg, int64_t *min, int64_t *max)
{
    *min = arg->min;
    *max = arg->max == 0 ? INT64_MAX : arg->max;
}

static int read_count(const struct arg *arg, const char *text, int64_t *value, struct error *err)
{
    size_t n = strlen(text);

    return arg->type == ARG_INT        ? units_int(text, n, value, err)
           : arg->type == ARG_DURATION ? units_duration(text, n, value, err)
                                       : units_size(text, n, value, err);
}

/* Would the option take this text? */
static int fits(const void *ctx, const char *text)
{
    const struct arg *arg = ctx;
    int64_t value;

    return read_count(arg, text, &value, NULL) == AGON_OK && in_range(arg, value);
}

static void say_count(const struct arg *arg, int64_t value, char *text, size_t room)
{
    if (arg->type == ARG_DURATION)
        units_say_duration(value, text, room);
    else if (arg->type == ARG_SIZE)
        units_say_size(value, text, room);
    else
        snprintf(text, room, "%lld", (long long)value);
}

/* "a duration from 1s to 400d, such as 1d or 10s; did you mean '30s'?" */
static void expect_count(const struct arg *arg, const char *refused, char *text, size_t room)
{
    char low[32], high[32], preset[32], examples[128] = "";
    struct offer offer = {.fits = fits, .ctx = arg};
    int64_t min, max, given = *(const int64_t *)arg->out;

    range_of(arg, &min, &max);
    say_count(arg, min, low, sizeof(low));
    say_count(arg, max, high, sizeof(high));
    // The default stands in the variable.
    say_count(arg, given, preset, sizeof(preset));
    // A minute is more often said as 60s: what has no unit is then taken for seconds.
    if (arg->type == ARG_DURATION && given % 1000000000 == 0 && given < 3600000000000)
        snprintf(preset, sizeof(preset), "%llds", (long long)(given / 1000000000));
    offer.preset = given != 0 ? preset : NULL;
    if (arg->type == ARG_DURATION) {
        offer_duration(&offer, refused);
        offer_examples(&offer, offer_durations, examples, sizeof(examples));
    } else if (arg->type == ARG_SIZE) {
        offer_size(&offer, refused);
        offer_examples(&offer, offer_sizes, examples, sizeof(examples));
    }
    snprintf(text, room, "%s %s %s%s%s%s%s%s%s",
             arg->type == ARG_INT        ? "a whole number"
             : arg->type == ARG_DURATION ? "a duration"
                                         : "a size",
             max == INT64_MAX ? "of at least" : "from", low, max == INT64_MAX ? "" : " to ",
             max == INT64_MAX ? "" : high, examples, offer.text[0] ? "; did you mean " : "",
             offer.text, offer.text[0] ? "?" : "");
}

static int take_count(const struct args_spec *spec, const char *command, const struct arg *arg,
                      const char *text)
{
    char expected[320];
    int64_t value;

    if (read_count(arg, text, &value, NULL) != AGON_OK || !in_range(arg, value)) {
        expect_count(arg, text, expected, sizeof(expected));
        return refuse_value(spec, command, arg, text, expected);
    }
    *(int64_t *)arg->out = value;
    return ARGS_RUN;
}

static int take_real(const struct args_spec *spec, const char *command, const struct arg *arg,
                     const char *text)
{
    char expected[128] = "a plain decimal number";
    int64_t nano;

    if (arg->min != 0 || arg->max != 0)
        snprintf(expected, sizeof(expected), "a number from %lld to %lld", (long long)arg->min,
                 (long long)arg->max);
    if (num_read(text, strlen(text), 9, &nano) != AGON_OK ||
        ((arg->min != 0 || arg->max != 0) &&
         (nano < num_mul(arg->min, 1000000000) || nano > num_mul(arg->max, 1000000000))))
        return refuse_value(spec, command, arg, text, expected);
    *(double *)arg->out = num_to_double(nano, 9);
    return ARGS_RUN;
}

static int take_choice(const struct args_spec *spec, const char *command, const struct arg *arg,
                       const char *text)
{
    struct suggest suggest = {0};
    char expected[256] = "one of:";

    for (int i = 0; arg->choices[i]; i++) {
        size_t used = strlen(expected);

        if (strcmp(arg->choices[i], text) == 0) {
            *(int *)arg->out = i;
            return ARGS_RUN;
        }
        suggest_offer(&suggest, text, strlen(text), arg->choices[i]);
        snprintf(expected + used, sizeof(expected) - used, "%s %s", i ? "," : "", arg->choices[i]);
    }
    if (suggest.best) {
        size_t used = strlen(expected);

        snprintf(expected + used, sizeof(expected) - used, "; did you mean %s?", suggest.best);
    }
    return refuse_value(spec, command, arg, text, expected);
}

static int take_value(const struct args_spec *spec, const char *command, const struct arg *arg,
                      const char *text)
{
    size_t n = strlen(text);
    struct error err = {0};
    int rc = AGON_OK;

    switch (arg->type) {
    case ARG_INT:
    case ARG_DURATION:
    case ARG_SIZE:
        return take_count(spec, command, arg, text);
    case ARG_REAL:
        return take_real(spec, command, arg, text);
    case ARG_CHOICE:
        return take_choice(spec, command, arg, text);
    case ARG_U64:
        rc = units_u64(text, n, arg->out, &err);
        break;
    case ARG_TIME:
        rc = units_time(text, n, arg->out, &err);
        break;
    case ARG_TEXT:
        if (n == 0)
            return refuse_value(spec, command, arg, text, "a value that is not empty");
        *(const char **)arg->out = text;
        break;
    default:
        REQUIRE(!"option type");
    }
    return rc == AGON_OK ? ARGS_RUN : refuse_value(spec, command, arg, text, err.text);
}

static int refuse_option(const struct args_spec *spec, const char *command, const char *text,
                         size_t n)
{
    struct suggest suggest = {0};

    for (uint32_t i = 0; i < count_options(spec->args); i++)
        suggest_offer(&suggest, text, n, spec->args[i].name);
    suggest_offer(&suggest, text, n, "help");
    return args_refuse(spec, command, "unknown option --%.*s%s%s%s", 100, args_safe(text),
                       suggest.best ? "; did you mean --" : "", suggest.best ? suggest.best : "",
                       suggest.best ? "?" : "");
}

/* One option at argv[*at], which begins with "--"; *at moves to its last word. */
static int take_option(const struct args_spec *spec, int argc, char **argv, int *at, int *given)
{
    const char *command = argv[0], *text = argv[*at] + 2;
    const char *equals = strchr(text, '=');
    size_t n = equals ? (size_t)(equals - text) : strlen(text);
    uint32_t i, n_options = count_options(spec->args);
    const struct arg *arg;

    for (i = 0; i < n_options; i++)
        if (strlen(spec->args[i].name) == n && memcmp(spec->args[i].name, text, n) == 0)
            break;
    if (i == n_options)
        return refuse_option(spec, command, text, n);
    arg = &spec->args[i];
    if (given[i]++)
        return args_refuse(spec, command, "--%s is given twice%s", arg->name,
                           arg->type == ARG_LIST ? "; it takes all its words at once" : "");
    if (arg->is_given)
        *arg->is_given = 1;
    if (arg->type == ARG_FLAG) {
        if (equals)
            return args_refuse(spec, command, "--%s takes no value", arg->name);
        *(int *)arg->out = 1;
        return ARGS_RUN;
    }
    if (arg->type == ARG_LIST) {
        struct arg_list *list = arg->out;

        if (equals) {
            // The word is "--name=value": the value alone becomes the word.
            argv[*at] = argv[*at] + (equals + 1 - argv[*at]);
            (*at)--;
        }
        list->at = (const char *const *)(argv + *at + 1);
        list->n = 0;
        while (*at + 1 < argc && (argv[*at + 1][0] != '-' || (equals && list->n == 0))) {
            (*at)++;
            list->n++;
            if (equals)
                break;
        }
        if (list->n == 0)
            return args_refuse(spec, command, "--%s needs %s", arg->name, arg->value);
        return ARGS_RUN;
    }
    if (equals)
        return take_value(spec, command, arg, equals + 1);
    if (*at + 1 >= argc || strncmp(argv[*at + 1], "--", 2) == 0)
        return args_refuse(spec, command, "--%s needs a value: --%s %s", arg->name, arg->name,
                           arg->value);
    (*at)++;
    return take_value(spec, command, arg, argv[*at]);
}

/* A word where only options are, or one more than there may be. */
static int refuse_operand(const struct args_spec *spec, const char *command, const char *text)
{
    const struct arg *arg = spec->args;

    while (spec->operands == NULL && arg->name != NULL && arg->type != ARG_TEXT)
        arg++;
    if (spec->operands == NULL && arg->name != NULL && strcmp(arg->name, "config") == 0)
        return args_refuse(spec, command,
                           "unexpected argument %s; expected options alone: a file goes with "
                           "--config: `agon %s --config %s`",
                           args_safe(text), command, args_safe(text));
    if (spec->operands == NULL && arg->name != NULL)
        return args_refuse(spec, command,
                           "unexpected argument %s; expected options alone, such as --%s %s",
                           args_safe(text), arg->name, arg->value);
    return args_refuse(spec, command, "unexpected argument %s; expected %s", args_safe(text),
                       spec->operands == NULL || spec->operands_max == 0 ? "options alone"
                                                                         : "fewer of them");
}

int args_parse(const struct args_spec *spec, int argc, char **argv)
{
    static const char *operands[OPERANDS_MAX];
    int given[OPTIONS_MAX] = {0};
    const char *command = argv[0];
    int n_operands = 0, is_ended = 0;

    for (int i = 1; i < argc; i++) {
        size_t n = strnlen(argv[i], TEXT_MAX + 1);

        if (n > TEXT_MAX)
            return args_refuse(spec, command, "argument %d is longer than %d bytes", i, TEXT_MAX);
        if (!utf8_is_valid(argv[i], n))
            return args_refuse(spec, command, "argument %d is not UTF-8: %s", i,
                               args_safe(argv[i]));
        if (!is_ended && (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)) {
            print_help(spec, command);
            return EXIT_OK;
        }
        is_ended |= strcmp(argv[i], "--") == 0;
    }
    is_ended = 0;
    for (int i = 1; i < argc; i++) {
        if (!is_ended && strcmp(argv[i], "--") == 0) {
            is_ended = 1;
        } else if (!is_ended && strncmp(argv[i], "--", 2) == 0) {
            int rc = take_option(spec, argc, argv, &i, given);

            if (rc != ARGS_RUN)
                return rc;
        } else if (!is_ended && argv[i][0] == '-' && argv[i][1]) {
            return args_refuse(spec, command,
                               "unknown option %s; options begin with --, and what is a value "
                               "stands behind a -- of its own",
                               args_safe(argv[i]));
        } else if (!spec->operands || n_operands >= spec->operands_max ||
                   n_operands >= OPERANDS_MAX) {
            return refuse_operand(spec, command, argv[i]);
        } else {
            operands[n_operands++] = argv[i];
        }
    }
    if (spec->operands) {
        spec->operands->at = operands;
        spec->operands->n = n_operands;
        if (n_operands < spec->operands_min)
            return spec->first != NULL && n_operands == 0
                       ? args_refuse(spec, command, "nothing follows it; expected %s", spec->first)
                       : args_refuse(spec, command, "%s is missing",
                                     spec->usage ? spec->usage : "an argument");
    }
    return ARGS_RUN;
}
