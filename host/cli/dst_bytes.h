// SPDX-License-Identifier: Apache-2.0
/* dst_bytes: `agon dst --bytes`. [control] */
#ifndef CLI_DST_BYTES_H
#define CLI_DST_BYTES_H

#include <agon/types.h>

struct dst_bytes_opts {
    uint64_t first, n_seeds;
    const char *without; /* names of fault kinds, with commas between; NULL: none */
    int64_t safety_s;
    int is_one, is_traced, is_twice, is_stopping, is_json;
    int is_said; /* orders go by WebSocket */
};
int dst_bytes(const struct dst_bytes_opts *opts); /* an exit code */

#endif
