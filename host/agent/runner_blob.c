// SPDX-License-Identifier: Apache-2.0
/* The runner's file inside the program (runner.c). */
#include "agent/runner_blob.h"
#include "base/embed.h"

#include <runner_stamp.h> // empty: made anew with the file

// AGON_RUNNER comes from the build.
EMBED(runner_bytes, AGON_RUNNER);

const unsigned char *runner_blob(size_t *n)
{
    *n = (size_t)(runner_bytes_end - runner_bytes);
    return (const unsigned char *)runner_bytes;
}
