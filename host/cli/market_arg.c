// SPDX-License-Identifier: Apache-2.0
#include "cli/market_arg.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "args/args.h"
#include "base/exit.h"
#include "cli/config_kinds.h"
#include "config/suggest.h"
#include "run/config_file.h"

static int read_file(struct synth *market, const char *command, const char *path)
{
    struct config_file file;

    if (config_file_open(&file, command, path) &&
        config_read(file.config, &synth_schema, market) < 0 &&
        config_kinds_refuse(file.config, command, path, KIND_MARKET)) {
        config_file_drop(&file);
        return EXIT_CONFIG;
    }
    return config_file_close(&file);
}

static int read_builtin(struct synth *market, const char *command, const struct synth_file *file)
{
    struct config *config = config_new(file->name, file->bytes, file->n, NULL);
    int rc = config != NULL ? config_read(config, &synth_schema, market) : AGON_ENOMEM;

    if (rc < 0 && config != NULL)
        config_print_errors(config, stderr);
    else if (rc < 0)
        fprintf(stderr, "agon %s: out of memory\n", command);
    config_free(config);
    return rc < 0 ? EXIT_CONFIG : EXIT_OK;
}

static int refuse(const char *command, const char *word)
{
    struct suggest suggest = {0};
    struct synth_file file;
    char names[256] = "";

    for (uint32_t i = 0; synth_builtin(i, &file); i++) {
        suggest_offer(&suggest, word, strlen(word), file.name);
        snprintf(names + strlen(names), sizeof(names) - strlen(names), "%s%s", i > 0 ? ", " : "",
                 file.name);
    }
    fprintf(stderr, "agon %s: --market: no market %s, and no file of that name", command,
            args_safe(word));
    if (suggest.best != NULL)
        fprintf(stderr, "; did you mean %s?\n", suggest.best);
    else
        fprintf(stderr, "\n");
    fprintf(stderr, "There are: %s; or name a YAML file (docs/markets.md)\n", names);
    return EXIT_FLAGS;
}

int market_arg_read(struct synth *market, const char *command, const char *word)
{
    struct synth_file file;

    if (synth_find(word, &file))
        return read_builtin(market, command, &file);
    if (strchr(word, '/') != NULL || strstr(word, ".yaml") != NULL || access(word, F_OK) == 0)
        return read_file(market, command, word);
    return refuse(command, word);
}
