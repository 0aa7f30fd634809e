// SPDX-License-Identifier: Apache-2.0
/* fuzz_pack: any bytes as a compressed message. It is read within its bound or refused; what was
 * read comes back after it is written; and what was read before has no part in it.
 *
 * Byte 0: kind; byte 1: the bound, in 16 bytes.
 *
 * decodes: host/net/pack.c */
#include "base/error.h"

#include "net/pack.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum pack_kind kind = size > 0 && data[0] % 2 == 1 ? PACK_DEFLATE : PACK_GZIP;
    size_t most = size > 1 ? data[1] * 16u : 0;
    struct pack *pack, *again;
    const void *text, *bytes, *back;
    size_t n, n_bytes, n_back;
    int rc;

    if (size < 2)
        return 0;
    REQUIRE(pack_new(&pack, kind, most) == AGON_OK && pack_new(&again, kind, most) == AGON_OK);
    rc = pack_read(pack, data + 2, size - 2, &text, &n);
    REQUIRE(rc == AGON_OK || rc == AGON_EINVAL || rc == AGON_ENOSPC);
    if (rc == AGON_OK) {
        REQUIRE(n <= most);
        REQUIRE(pack_write(again, text, n, &bytes, &n_bytes) == AGON_OK);
        // The first half of a message first: nothing of it stays.
        REQUIRE(pack_read(pack, bytes, n_bytes / 2, &back, &n_back) != AGON_OK);
        REQUIRE(pack_read(pack, bytes, n_bytes, &back, &n_back) == AGON_OK && n_back == n);
        REQUIRE(pack_read(again, data + 2, size - 2, &text, &n) == AGON_OK && n == n_back);
        REQUIRE(n == 0 || memcmp(text, back, n) == 0);
    }
    pack_free(pack);
    pack_free(again);
    return 0;
}
