// SPDX-License-Identifier: Apache-2.0
/* fuzz_ws: any bytes from a WebSocket peer. Besides not crashing, the reader must hear the same
 * whether they come at once or in pieces, and what it accepts it must be able to write again.
 *
 * Byte 0: role, and whether the limits are tiny; byte 1: length of the pieces.
 *
 * decodes: host/net/ws.c host/net/ws_write.c host/base/utf8.c */
#include "net/ws.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct heard {
    uint64_t hash;
    uint32_t n;
    enum ws_role role;
};

static void mix(struct heard *heard, unsigned what, const void *bytes, size_t n)
{
    const unsigned char *at = bytes;

    heard->n++;
    heard->hash = (heard->hash ^ what) * 0x100000001b3u;
    for (size_t i = 0; i < n; i++)
        heard->hash = (heard->hash ^ at[i]) * 0x100000001b3u;
    heard->hash = (heard->hash ^ n) * 0x100000001b3u;
}

static void on_message(void *ctx, enum ws_opcode opcode, const void *bytes, size_t n)
{
    struct heard *heard = ctx;
    unsigned char *wire = malloc(n + WS_HEADER_MAX);

    mix(heard, opcode, bytes, n);
    REQUIRE(wire);
    REQUIRE(ws_write(wire, n + WS_HEADER_MAX, heard->role, opcode, bytes, n, 0x12345678) > 0);
    free(wire);
}

static void on_ping(void *ctx, const void *bytes, size_t n)
{
    REQUIRE(n <= WS_CONTROL_MAX);
    mix(ctx, WS_PING, bytes, n);
}

static void on_pong(void *ctx, const void *bytes, size_t n)
{
    REQUIRE(n <= WS_CONTROL_MAX);
    mix(ctx, WS_PONG, bytes, n);
}

static void on_close(void *ctx, int code, const char *reason, size_t n)
{
    unsigned char wire[WS_CONTROL_MAX + WS_HEADER_MAX];

    REQUIRE(n <= WS_CONTROL_MAX - 2);
    REQUIRE(ws_write_close(wire, sizeof wire, WS_CLIENT, code, NULL, 1) > 0);
    mix(ctx, (unsigned)code << 8 | WS_CLOSE, reason, n);
}

static int run(const uint8_t *data, size_t size, enum ws_role role, int is_tiny, size_t piece,
               struct heard *heard)
{
    struct ws_limits limits = {.frame_bytes = 200, .message_bytes = 300, .fragments = 4};
    struct ws_owner owner = {heard, on_message, on_ping, on_pong, on_close};
    struct ws *ws;
    int code;

    *heard = (struct heard){.hash = 1469598103934665603u, .role = role};
    REQUIRE(ws_new(&ws, role, is_tiny ? &limits : NULL, &owner) == AGON_OK);
    for (size_t at = 0; at < size;) {
        size_t n = size - at < piece ? size - at : piece;
        int rc = ws_feed(ws, data + at, n, NULL);
        REQUIRE((rc == AGON_OK) == (ws_code(ws) == 0));
        if (rc < 0)
            break;
        at += n;
    }
    code = ws_code(ws);
    ws_free(ws);
    return code;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct heard whole, pieces;
    enum ws_role role;
    size_t piece;
    int code;

    if (size < 2)
        return 0;
    role = data[0] & 1 ? WS_SERVER : WS_CLIENT;
    piece = 1 + (size_t)data[1] % 64;
    code = run(data + 2, size - 2, role, data[0] & 2, size, &whole);
    REQUIRE(code == run(data + 2, size - 2, role, data[0] & 2, piece, &pieces));
    REQUIRE(whole.hash == pieces.hash && whole.n == pieces.n);
    return 0;
}
