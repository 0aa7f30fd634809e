// SPDX-License-Identifier: Apache-2.0
/* config: checks configurations without starting anything, and shows what may stand in them. */
#include <string.h>

#include "args/args.h"
#include "cli/commands.h"
#include "cli/config_check.h"
#include "config/suggest.h"
#include "ops/api.h"
#include "ops/metrics.h"
#include "sys/file.h"

static const char page_head[] =
    "# Configuration\n\n"
    "Made by `agon config schema --markdown` from the tables that the program reads files by; lint "
    "holds it to them. What the\nkeys are for is in [operations](operations.md), of markets in "
    "[markets](markets.md), of the simulator's files in\n[simulator](simulator.md). `agon config "
    "check FILE|DIR` checks files; `agon config schema [KIND]` is the same as JSON "
    "Schema\n(2020-12) for "
    "editors: with the YAML language server `# yaml-language-server: $schema=agon.schema.json` as "
    "a "
    "file's first\nline. What is taken there, the parser may still refuse: ranges of values with a "
    "unit, and what "
    "two values must not be\ntogether.\n\nAny plain value may be `${NAME}`: what the environment "
    "has of "
    "that name.\n";

struct opts {
    struct arg_list words;
    const char *plugins;
    int kind, is_strict, is_page;
};

static int do_check(const struct opts *opts)
{
    struct config_check check = {.kind = (enum file_kind)opts->kind, .plugins = opts->plugins};
    int code = EXIT_OK;

    for (int i = 1; i < opts->words.n; i++) {
        int rc = config_check(&check, opts->words.at[i]);

        code = code == EXIT_OK || rc == EXIT_SAFETY ? rc : code;
    }
    printf("%u file%s, %u with mistakes, %u warning%s\n", check.n_files,
           check.n_files == 1 ? "" : "s", check.n_bad, check.n_warnings,
           check.n_warnings == 1 ? "" : "s");
    return code == EXIT_OK && opts->is_strict && check.n_warnings > 0 ? EXIT_CHECK : code;
}

static const char metrics_head[] = "# Metrics\n\n"
                                   "Made by `agon config metrics` from the table that `/metrics` "
                                   "is written by; lint holds it to it. An enum is a label: each "
                                   "word has a row, which is 1 for\nthe one that holds and 0 for "
                                   "the others. Amounts are in the roster's base currency "
                                   "where nothing else is said; what is not known has no row. What "
                                   "the\nfigures mean is in [figures](figures.md); how a "
                                   "Prometheus is set up, the alerts and the board are in "
                                   "[operations](operations.md). Crashes of the last week:\n"
                                   "`increase(agon_agent_crashes_total[7d])`.\n\n";

static int do_metrics(const struct args_spec *spec, const struct opts *opts)
{
    if (opts->words.n > 1)
        return args_refuse(spec, "config", "metrics: unexpected %s; expected nothing behind it",
                           args_safe(opts->words.at[1]));
    fputs(metrics_head, stdout);
    metrics_print_page(stdout);
    return EXIT_OK;
}

static const char api_head[] =
    "# API reference\n\n"
    "Made by `agon config api --markdown` from the tables that `/openapi.json` is written from; "
    "lint "
    "holds it to them. How to\nask, and how to make a client, is in [API](api.md). `?` behind an "
    "argument or a member: it may be missing. A decimal is a\ntext, exact (`\"12.50\"`); a time is "
    "a text in UTC (`\"2026-11-20T17:24:11.123Z\"`).\n";

/* The API of any host, at the address that the examples have. */
static int do_api(const struct args_spec *spec, const struct opts *opts)
{
    struct control_port port;
    struct jout out = {0};

    if (opts->words.n > 1)
        return args_refuse(spec, "config",
                           "api: unexpected %s; expected nothing behind it, or --markdown",
                           args_safe(opts->words.at[1]));
    api_tables(&port);
    if (opts->is_page) {
        fputs(api_head, stdout);
        control_page(&port, stdout);
        return EXIT_OK;
    }
    control_openapi(&port, "http://127.0.0.1:8080", &out);
    puts(jout_text(&out));
    jout_deinit(&out);
    return EXIT_OK;
}

static int do_schema(const struct args_spec *spec, const struct opts *opts)
{
    const char *name = opts->words.n > 1 ? opts->words.at[1] : NULL;
    struct suggest suggest = {0};
    char list[CONFIG_KINDS_LIST];

    if (opts->words.n > 2 || (opts->is_page && name != NULL))
        return args_refuse(spec, "config",
                           "schema: unexpected %s; expected one KIND, or --markdown",
                           args_safe(opts->words.at[opts->words.n - 1]));
    if (opts->is_page) {
        fputs(page_head, stdout);
        schema_print_page(config_kinds, stdout);
        return EXIT_OK;
    }
    if (name == NULL) {
        schema_print_all(config_kinds, stdout);
        return EXIT_OK;
    }
    for (const struct schema_kind *kind = config_kinds; kind->name != NULL; kind++) {
        suggest_offer(&suggest, name, strnlen(name, SUGGEST_MAX + 1), kind->name);
        if (strcmp(kind->name, name) == 0) {
            schema_print_json(kind->schema, stdout);
            return EXIT_OK;
        }
    }
    return args_refuse(spec, "config", "schema: '%s' is not a kind of file; expected %s%s%s%s",
                       args_safe(name), config_kinds_list(list),
                       suggest.best != NULL ? "; did you mean '" : "",
                       suggest.best != NULL ? suggest.best : "", suggest.best != NULL ? "'?" : "");
}

int cmd_config(int argc, char **argv)
{
    struct opts opts = {.kind = KINDS};
    const struct arg table[] = {
        {"kind", ARG_CHOICE, "KIND", "check: what the files are (known by their keys)", &opts.kind,
         .choices = config_kinds_names},
        {"plugins", ARG_TEXT, "DIR",
         "check: where rosters' plugins are (of a run: as `agon run` finds them)", &opts.plugins},
        {"strict", ARG_FLAG, NULL, "check: end with 1 where there are warnings", &opts.is_strict},
        {"markdown", ARG_FLAG, NULL, "schema, api: as a page for people", &opts.is_page},
        {NULL}};
    const struct args_spec spec = {
        .usage = "check FILE|DIR...|schema [KIND]|metrics|api [OPTION...]",
        .first = "check, schema, metrics or api: `agon config check FILE`",
        .about =
            "check: all mistakes of configurations, each with its place and what would be taken, "
            "and warnings of what is lawful and hardly meant. Nothing is started and no venue is "
            "asked. With a configuration of a run its venues and roster are checked, and its "
            "plugins in a sandboxed child. Of a roster, alone too, each file of its agents is "
            "read. Ends with 3 where there are mistakes (5: refused for "
            "safety), as `agon run` would.\n"
            "schema: what may stand in a file, as JSON Schema (2020-12) for editors and other "
            "checkers. KIND is one of --kind; without one it takes a file of any kind.\n"
            "metrics: what /metrics of a running host has, as a page of Markdown.\n"
            "api: the OpenAPI document of a running host, to make a client from.",
        .args = table,
        .operands = &opts.words,
        .operands_min = 1,
        .operands_max = 256};
    const char *verb;
    int rc = args_parse(&spec, argc, argv);

    if (rc != ARGS_RUN)
        return rc;
    verb = opts.words.at[0];
    if (strcmp(verb, "schema") == 0)
        return do_schema(&spec, &opts);
    if (strcmp(verb, "metrics") == 0)
        return do_metrics(&spec, &opts);
    if (strcmp(verb, "api") == 0)
        return do_api(&spec, &opts);
    if (strcmp(verb, "check") != 0)
        return args_refuse(&spec, "config", "check, schema, metrics or api, not %s",
                           args_safe(verb));
    if (opts.words.n < 2)
        return args_refuse(&spec, "config", "check: a FILE or DIR is needed, such as configs");
    if (opts.plugins != NULL && !file_is_dir(opts.plugins))
        return args_refuse(&spec, "config", "--plugins %s: expected a directory with plugins",
                           args_safe(opts.plugins));
    return do_check(&opts);
}
