// SPDX-License-Identifier: Apache-2.0
/* args: options of a subcommand, declared in a table, parsed with ranges and units.
 *
 *     struct opts {
 *         uint64_t seed;
 *         int64_t duration_ns;
 *         const char *dir;
 *         int is_json;
 *         struct arg_list files;
 *     } opts = {.duration_ns = 60000000000};
 *     const struct arg table[] = {
 *         {"seed", ARG_U64, "N", "seed of the generator", &opts.seed},
 *         {"for", ARG_DURATION, "TIME", "how long", &opts.duration_ns, .min = 1},
 *         {"dir", ARG_TEXT, "DIR", "run directory", &opts.dir},
 *         {"json", ARG_FLAG, NULL, "report as JSON", &opts.is_json},
 *         {NULL}};
 *     const struct args_spec spec = {
 *         .usage = "[FILE...]", .about = "Plays files.", .args = table,
 *         .operands = &opts.files, .operands_max = 8};
 *     int rc = args_parse(&spec, argc, argv);
 *     if (rc != ARGS_RUN)
 *         return rc;
 *
 * "--name value" and "--name=value" are the same; "--" ends the options; --help is there by itself.
 * What is wrong goes to standard error with the nearest option and a short usage, never with a raw
 * byte of the argument that a terminal could obey. Defaults stand in the variables before the call.
 * [main thread] */
#ifndef ARGS_ARGS_H
#define ARGS_ARGS_H

#include <agon/types.h>

#define ARGS_RUN (-1) /* go on; every other result is the exit code to return */

struct arg_list { /* borrowed from the command line; in its order */
    const char *const *at;
    int n;
};

enum arg_type {
    ARG_FLAG = 1, /* int: 1 */
    ARG_INT,      /* int64_t in [min, max]; both 0: any that is not negative */
    ARG_U64,      /* uint64_t, any: a seed */
    ARG_REAL,     /* double in [min, max], a plain decimal of at most 9 places */
    ARG_DURATION, /* int64_t ns: "250ms", "10s", "5m", "2h", "1d" (us, ns too); min, max in ns */
    ARG_SIZE,     /* int64_t bytes: "4096", "64KiB", "16MiB", "1GiB"; min, max in bytes */
    ARG_TIME,     /* int64_t ns UTC: "2024-08-08", "2024-08-08T12:30:00Z" (fraction allowed) */
    ARG_TEXT,     /* const char *, borrowed, not empty */
    ARG_CHOICE,   /* int: place in choices */
    ARG_LIST      /* struct arg_list: all words up to the next option, at least one */
};

struct arg {
    const char *name; /* without "--"; NULL ends the table */
    enum arg_type type;
    const char *value;          /* name of the value in help: "N", "FILE" */
    const char *help;           /* without a full stop; say the default */
    void *out;                  /* of the type above */
    int64_t min, max;           /* both 0: the type's own range */
    const char *const *choices; /* ARG_CHOICE; ends with NULL */
    int *is_given;              /* may be NULL: set to 1 when the option stood there */
};

struct args_spec {
    const char *usage; /* after the command's name: "FILE [OPTION...]"; may be NULL */
    const char *first; /* for who says nothing behind it: what is expected, with one whole form of
                        * it: "FILE, such as `agon play FILE`"; NULL: the usage alone says it */
    const char *about; /* a sentence or some lines for --help */
    const struct arg *args;
    struct arg_list *operands; /* NULL: none allowed */
    int operands_min, operands_max;
};

int args_parse(const struct args_spec *spec, int argc, char **argv);

/* Reports a mistake in the command line that only the command can see ("--from is after --to") as
 * args_parse does, and returns EXIT_FLAGS. */
int args_refuse(const struct args_spec *spec, const char *command, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* text made safe for a terminal and cut to a readable length, in one of four static buffers. */
const char *args_safe(const char *text);

#endif
