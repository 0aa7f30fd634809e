// SPDX-License-Identifier: Apache-2.0
#include "bench/infer_blob.h"

#include "base/embed.h"

#include <infer_stamp.h> // empty: made anew with the file

// BENCH_INFER_PLUGIN comes from the build.
EMBED(infer_plugin, BENCH_INFER_PLUGIN);

const void *infer_blob(size_t *n)
{
    *n = (size_t)(infer_plugin_end - infer_plugin);
    return infer_plugin;
}
