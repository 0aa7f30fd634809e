// SPDX-License-Identifier: Apache-2.0
#include "run/config_file.h"

#include <stdlib.h>

#include "base/exit.h"
#include "sys/file.h"

static const char *environment(const char *name)
{
    return getenv(name);
}

int config_file_open(struct config_file *file, const char *command, const char *path)
{
    struct error err = {0};
    uint64_t n;

    *file = (struct config_file){0};
    if (file_read(path, CONFIG_BYTES_MAX, &file->bytes, &n, &err) < 0) {
        fprintf(stderr, "agon %s: %s\n", command, err.text);
        return 0;
    }
    file->config = config_new(path, file->bytes, n, environment);
    if (file->config == NULL)
        fprintf(stderr, "agon %s: out of memory\n", command);
    return file->config != NULL;
}

int config_file_close(struct config_file *file)
{
    int code = EXIT_OK;

    if (file->config == NULL) {
        code = EXIT_CONFIG; // as was said
    } else if (config_error_count(file->config) > 0) {
        config_print_errors(file->config, stderr);
        code = config_is_unsafe(file->config) ? EXIT_SAFETY : EXIT_CONFIG;
    }
    config_file_drop(file);
    return code;
}

void config_file_drop(struct config_file *file)
{
    config_free(file->config);
    free(file->bytes);
    *file = (struct config_file){0};
}
