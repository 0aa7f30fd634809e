// SPDX-License-Identifier: Apache-2.0
/* fuzz_http: any bytes from an HTTP peer. Besides not crashing, the parser must give the same
 * messages whether they come at once or in pieces, within its limits; percent encoding must come
 * back; and what a parsed query holds must be walked to its end.
 *
 * Byte 0: role, HEAD expected, end of stream; byte 1: length of the pieces.
 *
 * decodes: host/net/http.c host/net/http_head.c host/net/http_write.c host/net/grow.h */
#include "net/http.h"
#include "net/ws.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define BODY_CAP 5000u

static void mix(uint64_t *hash, const void *bytes, size_t n)
{
    const unsigned char *at = bytes;

    for (size_t i = 0; i < n; i++)
        *hash = (*hash ^ at[i]) * 0x100000001b3u;
    *hash = (*hash ^ n) * 0x100000001b3u;
}

static void mix_text(uint64_t *hash, const char *text)
{
    mix(hash, text, strlen(text));
}

static void look(const struct http_message *message, uint64_t *hash)
{
    const char *query = message->query;
    struct http_pair pair;
    const char *key;
    char text[256];

    REQUIRE(message->body_n <= BODY_CAP && message->body[message->body_n] == '\0');
    REQUIRE(message->n_headers <= HTTP_HEADERS_MAX);
    mix(hash, &message->status, sizeof message->status);
    mix_text(hash, message->method);
    mix_text(hash, message->target);
    mix(hash, message->body, message->body_n);
    for (uint32_t i = 0; i < message->n_headers; i++) {
        mix_text(hash, message->headers[i].name);
        mix_text(hash, message->headers[i].value);
        REQUIRE(!strpbrk(message->headers[i].value, "\r\n"));
        REQUIRE(message->headers[i].name[0] && !strpbrk(message->headers[i].name, " \t:\r\n"));
    }
    mix(hash, &message->is_keep_alive, 1);
    mix(hash, &message->is_upgrade, 1);
    while (http_query_next(&query, &pair)) {
        int64_t n = http_pct_decode(pair.value, pair.value_n, 1, text, sizeof text);
        if (n >= 0) {
            char again[3 * sizeof text + 1], back[sizeof text];
            int64_t coded = http_pct_encode(text, (size_t)n, again, sizeof again);
            REQUIRE(coded >= n);
            REQUIRE(http_pct_decode(again, (size_t)coded, 0, back, sizeof back) == n);
            REQUIRE(memcmp(back, text, (size_t)n) == 0);
        }
    }
    REQUIRE(*query == '\0');
    if (message->status)
        (void)ws_check_reply(message, "dGhlIHNhbXBsZSBub25jZQ==", NULL);
    else
        (void)ws_check_request(message, &key, NULL);
}

static int run(const uint8_t *data, size_t size, unsigned mode, size_t piece, uint64_t *hash)
{
    struct http_parse *parse;
    int rc = 0;
    int is_upgraded = 0;

    *hash = 1469598103934665603u;
    REQUIRE(http_new(&parse, mode & 1 ? HTTP_SERVER : HTTP_CLIENT, BODY_CAP) == AGON_OK);
    if (mode & 2)
        http_expect_head(parse);
    for (size_t at = 0; at < size && rc >= 0 && !is_upgraded;) {
        size_t n = size - at < piece ? size - at : piece;
        size_t used = 0;
        rc = http_feed(parse, data + at, n, &used, NULL);
        REQUIRE(used <= n && (rc != 0 || used == n));
        at += used;
        if (rc == 1) {
            look(http_message(parse), hash);
            is_upgraded = http_message(parse)->is_upgrade;
        }
    }
    if (rc >= 0 && !is_upgraded && (mode & 4)) {
        rc = http_finish(parse, NULL);
        if (rc == 1)
            look(http_message(parse), hash);
    }
    REQUIRE((rc < 0) == (http_status(parse) != 0));
    mix(hash, &rc, sizeof rc);
    http_free(parse);
    return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint64_t whole, pieces;

    if (size < 2)
        return 0;
    (void)run(data + 2, size - 2, data[0], size, &whole);
    (void)run(data + 2, size - 2, data[0], 1 + (size_t)data[1] % 64, &pieces);
    REQUIRE(whole == pieces);
    return 0;
}
