// SPDX-License-Identifier: Apache-2.0
#include "lab/data_file.h"

#include "sys/file.h"

struct lines *data_file_open(const char *path, const struct lines_limits *limits, struct error *err)
{
    struct lines_input input = {.read = file_bytes_read, .close = file_bytes_close};

    input.ctx = file_bytes_open(path, err);
    return input.ctx != NULL ? lines_open(path, &input, limits, err) : NULL;
}
