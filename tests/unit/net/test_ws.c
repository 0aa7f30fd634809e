// SPDX-License-Identifier: Apache-2.0
/* The examples of RFC 6455 5.7 and 1.3, its rules as a table of single violations, and every way to
 * split a conversation in two or into single bytes (B-46, B-47, B-48, F-09). */
#include "net/ws.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

struct seen {
    char log[65536];
    size_t n;
    uint32_t messages;
    uint64_t bytes;
    struct ws *stop_on_message;
};

static void note(struct seen *seen, const char *what, const void *bytes, size_t n)
{
    const unsigned char *at = bytes;

    if (seen->n + n * 2 + 32 > sizeof seen->log)
        return;
    seen->n += (size_t)snprintf(seen->log + seen->n, 24, "%s:", what);
    for (size_t i = 0; i < n; i++) {
        int is_plain = at[i] > ' ' && at[i] < 127;
        seen->n += (size_t)snprintf(seen->log + seen->n, 4, is_plain ? "%c" : "%02x", at[i]);
    }
    seen->log[seen->n++] = ' ';
    seen->log[seen->n] = '\0';
}

static void on_message(void *ctx, enum ws_opcode opcode, const void *bytes, size_t n)
{
    struct seen *seen = ctx;

    seen->messages++;
    seen->bytes += n;
    note(seen, opcode == WS_TEXT ? "text" : "binary", bytes, n);
    if (seen->stop_on_message)
        ws_stop(seen->stop_on_message);
}

static void on_ping(void *ctx, const void *bytes, size_t n)
{
    note(ctx, "ping", bytes, n);
}

static void on_pong(void *ctx, const void *bytes, size_t n)
{
    note(ctx, "pong", bytes, n);
}

static void on_close(void *ctx, int code, const char *reason, size_t n)
{
    char what[16];

    snprintf(what, sizeof what, "close%d", code);
    note(ctx, what, reason, n);
}

static struct ws *reader(enum ws_role role, const struct ws_limits *limits, struct seen *seen)
{
    struct ws_owner owner = {seen, on_message, on_ping, on_pong, on_close};
    struct ws *ws;

    memset(seen, 0, sizeof *seen);
    ck_assert_int_eq(ws_new(&ws, role, limits, &owner), AGON_OK);
    return ws;
}

#define B(text) (const unsigned char *)(text), sizeof(text) - 1

static const struct {
    const char *what;
    enum ws_role role;
    const unsigned char *bytes;
    size_t n;
    const char *want; /* what is heard */
    int code;         /* 0: nothing is wrong */
} cases[] = {
    // RFC 6455 5.7
    {"unmasked text", WS_CLIENT, B("\x81\x05Hello"), "text:Hello ", 0},
    {"masked text", WS_SERVER, B("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"), "text:Hello ", 0},
    {"fragmented text", WS_CLIENT, B("\x01\x03Hel\x80\x02lo"), "text:Hello ", 0},
    {"ping", WS_CLIENT, B("\x89\x05Hello"), "ping:Hello ", 0},
    {"masked pong", WS_SERVER, B("\x8a\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"), "pong:Hello ", 0},
    // what else must be taken
    {"empty text", WS_CLIENT, B("\x81\x00"), "text: ", 0},
    {"empty binary", WS_CLIENT, B("\x82\x00"), "binary: ", 0},
    {"empty first fragment", WS_CLIENT, B("\x01\x00\x80\x02lo"), "text:lo ", 0},
    {"ping inside a message", WS_CLIENT, B("\x01\x03Hel\x89\x01x\x80\x02lo"), "ping:x text:Hello ",
     0},
    {"text and a character over two fragments", WS_CLIENT, B("\x01\x01\xc3\x80\x01\xa9"),
     "text:c3a9 ", 0},
    {"binary is not looked at", WS_CLIENT, B("\x82\x02\xff\xfe"), "binary:fffe ", 0},
    {"two in one read", WS_CLIENT,
     B("\x81\x01"
       "a\x81\x01"
       "b"),
     "text:a text:b ", 0},
    {"masked empty text", WS_SERVER, B("\x81\x80\x01\x02\x03\x04"), "text: ", 0},
    {"close without code", WS_CLIENT, B("\x88\x00"), "close1005: ", 0},
    {"close with code", WS_CLIENT, B("\x88\x02\x03\xe8"), "close1000: ", 0},
    {"close with reason", WS_CLIENT,
     B("\x88\x05\x03\xe9"
       "bye"),
     "close1001:bye ", 0},
    {"close with a private code", WS_CLIENT, B("\x88\x02\x0f\xa0"), "close4000: ", 0},
    {"nothing after close", WS_CLIENT, B("\x88\x02\x03\xe8\x81\x01x"), "close1000: ", 0},
    // B-47
    {"masked server frame", WS_CLIENT, B("\x81\x81\x01\x01\x01\x01x"), "", 1002},
    {"unmasked client frame", WS_SERVER, B("\x81\x01x"), "", 1002},
    {"RSV1", WS_CLIENT, B("\xc1\x01x"), "", 1002},
    {"RSV2", WS_CLIENT, B("\xa1\x01x"), "", 1002},
    {"RSV3", WS_CLIENT, B("\x91\x01x"), "", 1002},
    {"opcode 3", WS_CLIENT, B("\x83\x01x"), "", 1002},
    {"opcode 7", WS_CLIENT, B("\x87\x00"), "", 1002},
    {"opcode 11", WS_CLIENT, B("\x8b\x00"), "", 1002},
    {"opcode 15", WS_CLIENT, B("\x8f\x00"), "", 1002},
    {"ping of 126 bytes", WS_CLIENT, B("\x89\x7e\x00\x7e"), "", 1002},
    {"fragmented ping", WS_CLIENT, B("\x09\x01x"), "", 1002},
    {"fragmented close", WS_CLIENT, B("\x08\x02\x03\xe8"), "", 1002},
    {"stray continuation", WS_CLIENT, B("\x80\x01x"), "", 1002},
    {"message in a message", WS_CLIENT, B("\x01\x01x\x81\x01y"), "", 1002},
    {"continuation after the end", WS_CLIENT, B("\x01\x01x\x80\x01y\x80\x01z"), "text:xy ", 1002},
    {"close with half a code", WS_CLIENT, B("\x88\x01\x03"), "", 1002},
    {"close code 999", WS_CLIENT, B("\x88\x02\x03\xe7"), "", 1002},
    {"close code 1004", WS_CLIENT, B("\x88\x02\x03\xec"), "", 1002},
    {"close code 1005", WS_CLIENT, B("\x88\x02\x03\xed"), "", 1002},
    {"close code 1006", WS_CLIENT, B("\x88\x02\x03\xee"), "", 1002},
    {"close code 1015", WS_CLIENT, B("\x88\x02\x03\xf7"), "", 1002},
    {"close code 2999", WS_CLIENT, B("\x88\x02\x0b\xb7"), "", 1002},
    {"close code 5000", WS_CLIENT, B("\x88\x02\x13\x88"), "", 1002},
    {"length not in its shortest form", WS_CLIENT, B("\x81\x7e\x00\x01x"), "", 1002},
    {"close reason not UTF-8", WS_CLIENT, B("\x88\x03\x03\xe8\xff"), "", 1007},
    {"text not UTF-8", WS_CLIENT, B("\x81\x02\xc3\x28"), "", 1007},
    {"text with a surrogate", WS_CLIENT, B("\x81\x03\xed\xa0\x80"), "", 1007},
    {"text cut in a character", WS_CLIENT, B("\x81\x01\xc3"), "", 1007},
    {"overlong form", WS_CLIENT, B("\x81\x02\xc0\xaf"), "", 1007},
    {"bad only when joined", WS_CLIENT, B("\x01\x01\xc3\x80\x01\x28"), "", 1007},
    // B-46
    {"2^63 bytes", WS_CLIENT, B("\x82\x7f\x80\x00\x00\x00\x00\x00\x00\x00x"), "", 1002},
    {"1 GiB", WS_CLIENT, B("\x82\x7f\x00\x00\x00\x00\x40\x00\x00\x00x"), "", 1009},
    {"one past 4 MiB", WS_CLIENT, B("\x82\x7f\x00\x00\x00\x00\x00\x40\x00\x01x"), "", 1009},
};

static void run(size_t i, size_t cut, size_t step)
{
    struct seen seen;
    struct ws *ws = reader(cases[i].role, NULL, &seen);
    struct error err = {0};
    int rc = AGON_OK;

    for (size_t at = 0; at < cases[i].n && rc == AGON_OK;) {
        size_t n = at < cut ? cut - at : step;
        // A copy of just these bytes, so that the sanitizer sees any read past them.
        unsigned char *copy;
        if (n > cases[i].n - at)
            n = cases[i].n - at;
        copy = malloc(n);
        ck_assert_ptr_nonnull(copy);
        memcpy(copy, cases[i].bytes + at, n);
        rc = ws_feed(ws, copy, n, &err);
        free(copy);
        at += n;
    }
    ck_assert_msg(ws_code(ws) == cases[i].code, "%s (cut %zu, step %zu): code %d", cases[i].what,
                  cut, step, ws_code(ws));
    ck_assert_msg(strcmp(seen.log, cases[i].want) == 0, "%s (cut %zu): heard %s", cases[i].what,
                  cut, seen.log);
    ck_assert_int_eq(rc, cases[i].code ? AGON_ECORRUPT : AGON_OK);
    ck_assert_int_eq(cases[i].code != 0, err.code != 0);
    if (cases[i].code)
        ck_assert_int_eq(ws_feed(ws, "x", 1, NULL), AGON_ESTATE);
    else
        ck_assert(!ws_is_partial(ws));
    ws_free(ws);
}

START_TEST(every_split_gives_the_same_answer)
{
    size_t i = (size_t)_i;

    for (size_t cut = 0; cut <= cases[i].n; cut++)
        run(i, cut, cases[i].n);
    run(i, 0, 1);
    run(i, 0, 3);
}
END_TEST

/* What is written is read back by the other role, at all lengths around the three length forms. */
START_TEST(what_we_write_the_other_side_reads)
{
    static const size_t lengths[] = {0, 1, 2, 3, 4, 5, 125, 126, 127, 65535, 65536, 65537, 200000};
    enum ws_role role = _i ? WS_CLIENT : WS_SERVER;
    size_t room = 200000 + WS_HEADER_MAX;
    unsigned char *payload = malloc(200000);
    unsigned char *wire = malloc(room);

    ck_assert(payload && wire);
    for (size_t i = 0; i < 200000; i++)
        payload[i] = (unsigned char)('a' + i % 23);
    for (size_t k = 0; k < sizeof lengths / sizeof lengths[0]; k++) {
        struct seen seen;
        struct ws *ws = reader(role == WS_CLIENT ? WS_SERVER : WS_CLIENT, NULL, &seen);
        int64_t n = ws_write(wire, room, role, WS_TEXT, payload, lengths[k], 0xa1b2c3d4u);
        ck_assert_int_ge(n, (int64_t)lengths[k] + 2);
        ck_assert_int_le(n, (int64_t)(lengths[k] + WS_HEADER_MAX));
        ck_assert_int_eq(
            ws_write(wire, (size_t)n - 1, role, WS_TEXT, payload, lengths[k], 0xa1b2c3d4u),
            AGON_ENOSPC);
        ws_write(wire, (size_t)n, role, WS_TEXT, payload, lengths[k], 0xa1b2c3d4u);
        ck_assert_int_eq(ws_feed(ws, wire, (size_t)n - 1, NULL), AGON_OK);
        ck_assert(ws_is_partial(ws));
        ck_assert_uint_eq(seen.messages, 0);
        ck_assert_int_eq(ws_feed(ws, wire + n - 1, 1, NULL), AGON_OK);
        ck_assert(!ws_is_partial(ws));
        ck_assert_uint_eq(seen.messages, 1);
        ck_assert_uint_eq(seen.bytes, lengths[k]);
        ws_free(ws);
    }
    free(payload);
    free(wire);
}
END_TEST

START_TEST(rfc_frames_are_written_byte_for_byte)
{
    unsigned char wire[64];
    uint32_t mask;

    memcpy(&mask, "\x37\xfa\x21\x3d", 4);
    ck_assert_int_eq(ws_write(wire, sizeof wire, WS_CLIENT, WS_TEXT, "Hello", 5, mask), 11);
    ck_assert_mem_eq(wire, "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", 11);
    ck_assert_int_eq(ws_write(wire, sizeof wire, WS_SERVER, WS_TEXT, "Hello", 5, mask), 7);
    ck_assert_mem_eq(wire, "\x81\x05Hello", 7);
    ck_assert_int_eq(ws_write_close(wire, sizeof wire, WS_SERVER, 1000, NULL, 0), 4);
    ck_assert_mem_eq(wire, "\x88\x02\x03\xe8", 4);
    ck_assert_int_eq(ws_write_close(wire, sizeof wire, WS_SERVER, WS_CODE_NONE, NULL, 0), 2);
    ck_assert_int_eq(ws_write_close(wire, sizeof wire, WS_SERVER, 1006, NULL, 0), AGON_EINVAL);
    ck_assert_int_eq(ws_write_close(wire, sizeof wire, WS_SERVER, 999, NULL, 0), AGON_EINVAL);
    ck_assert_int_eq(ws_write(wire, sizeof wire, WS_SERVER, WS_PING, wire, 126, 0), AGON_EINVAL);
}
END_TEST

START_TEST(a_long_close_reason_is_cut_between_characters)
{
    unsigned char wire[256];
    char reason[201];
    struct seen seen;
    struct ws *ws = reader(WS_CLIENT, NULL, &seen);
    int64_t n;

    for (int i = 0; i < 100; i++)
        memcpy(reason + 2 * i, "\xc3\xa9", 2);
    reason[200] = '\0';
    n = ws_write_close(wire, sizeof wire, WS_SERVER, 1011, reason, 0);
    ck_assert_int_eq(n, 2 + 2 + 122);
    ck_assert_int_eq(ws_feed(ws, wire, (size_t)n, NULL), AGON_OK);
    ck_assert(strncmp(seen.log, "close1011:c3a9", 14) == 0);
    ws_free(ws);
}
END_TEST

START_TEST(b_46_empty_fragments_end_at_the_cap)
{
    struct seen seen;
    struct ws *ws = reader(WS_CLIENT, NULL, &seen);

    ck_assert_int_eq(ws_feed(ws, "\x01\x00", 2, NULL), AGON_OK);
    for (unsigned i = 1; i < WS_FRAGMENTS_MAX; i++)
        ck_assert_int_eq(ws_feed(ws, "\x00\x00", 2, NULL), AGON_OK);
    ck_assert_int_eq(ws_feed(ws, "\x00\x00", 2, NULL), AGON_ECORRUPT);
    ck_assert_int_eq(ws_code(ws), WS_CODE_TOO_BIG);
    ws_free(ws);
    // Exactly at the cap is well.
    ws = reader(WS_CLIENT, NULL, &seen);
    ck_assert_int_eq(ws_feed(ws, "\x01\x00", 2, NULL), AGON_OK);
    for (unsigned i = 2; i < WS_FRAGMENTS_MAX; i++)
        ck_assert_int_eq(ws_feed(ws, "\x00\x00", 2, NULL), AGON_OK);
    ck_assert_int_eq(ws_feed(ws, "\x80\x00", 2, NULL), AGON_OK);
    ck_assert_uint_eq(seen.messages, 1);
    ws_free(ws);
}
END_TEST

START_TEST(b_46_fragments_end_at_the_message_limit)
{
    struct ws_limits limits = {.frame_bytes = 100, .message_bytes = 250};
    unsigned char frame[102] = {2, 100};
    struct seen seen;
    struct ws *ws = reader(WS_CLIENT, &limits, &seen);

    ck_assert_int_eq(ws_feed(ws, frame, 102, NULL), AGON_OK);
    frame[0] = 0;
    ck_assert_int_eq(ws_feed(ws, frame, 102, NULL), AGON_OK);
    ck_assert_int_eq(ws_feed(ws, frame, 102, NULL), AGON_ECORRUPT);
    ck_assert_int_eq(ws_code(ws), WS_CODE_TOO_BIG);
    ws_free(ws);
}
END_TEST

/* A bad byte is seen wherever it stands, also where many bytes are looked at together. */
START_TEST(b_47_bad_text_is_found_at_every_place)
{
    for (size_t n = 1; n <= 125; n++) {
        for (size_t bad = 0; bad < n; bad++) {
            unsigned char frame[127] = {0x81, (unsigned char)n};
            struct seen seen;
            struct ws *ws = reader(WS_CLIENT, NULL, &seen);
            memset(frame + 2, 'a', n);
            ck_assert_int_eq(ws_feed(ws, frame, n + 2, NULL), AGON_OK);
            frame[2 + bad] = 0xff;
            ck_assert_int_eq(ws_feed(ws, frame, n + 2, NULL), AGON_ECORRUPT);
            ck_assert_int_eq(ws_code(ws), WS_CODE_BAD_DATA);
            ws_free(ws);
        }
    }
}
END_TEST

START_TEST(nothing_is_delivered_after_stop)
{
    struct seen seen;
    struct ws *ws = reader(WS_CLIENT, NULL, &seen);

    seen.stop_on_message = ws;
    ck_assert_int_eq(ws_feed(ws, "\x81\x01x\x81\x01y", 6, NULL), AGON_OK);
    ck_assert_int_eq(ws_feed(ws, "\x81\x01z", 3, NULL), AGON_OK);
    ck_assert_str_eq(seen.log, "text:x ");
    ws_free(ws);
}
END_TEST

/* ---- handshake */

static const struct http_message *parse(struct http_parse **http, enum http_role role,
                                        const char *text, size_t n)
{
    struct error err = {0};
    size_t used;

    ck_assert_int_eq(http_new(http, role, 0), AGON_OK);
    ck_assert_msg(http_feed(*http, text, n, &used, &err) == 1, "%s", err.text);
    ck_assert_uint_eq(used, n);
    return http_message(*http);
}

START_TEST(the_accept_value_is_the_one_of_rfc_6455)
{
    char accept[WS_ACCEPT_TEXT];

    ws_accept("dGhlIHNhbXBsZSBub25jZQ==", accept);
    ck_assert_str_eq(accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}
END_TEST

START_TEST(a_handshake_of_both_our_sides_succeeds)
{
    struct http_header header = {"X-MBX-APIKEY", "k"};
    char request[512], reply[256], key_text[WS_KEY_TEXT];
    struct http_parse *server, *client;
    const char *key;
    int64_t n = ws_write_request(request, sizeof request, "localhost:9443", "/ws/btcusdt@trade",
                                 &header, 1, (const unsigned char *)"the sample nonce", key_text);

    ck_assert_int_gt(n, 0);
    ck_assert_str_eq(key_text, "dGhlIHNhbXBsZSBub25jZQ==");
    const struct http_message *asked = parse(&server, HTTP_SERVER, request, (size_t)n);
    ck_assert(asked->is_upgrade);
    ck_assert_str_eq(asked->path, "/ws/btcusdt@trade");
    ck_assert_str_eq(http_header_find(asked, "x-mbx-apikey"), "k");
    ck_assert_str_eq(http_header_find(asked, "host"), "localhost:9443");
    ck_assert_int_eq(ws_check_request(asked, &key, NULL), AGON_OK);
    ck_assert_str_eq(key, key_text);
    n = ws_write_reply(reply, sizeof reply, key);
    ck_assert_int_gt(n, 0);
    const struct http_message *answer = parse(&client, HTTP_CLIENT, reply, (size_t)n);
    ck_assert(answer->is_upgrade);
    ck_assert_int_eq(ws_check_reply(answer, key_text, NULL), AGON_OK);
    ck_assert_int_eq(ws_check_reply(answer, "AAAAAAAAAAAAAAAAAAAAAA==", NULL), AGON_ECORRUPT);
    http_free(server);
    http_free(client);
    for (size_t room = 0; room < (size_t)n; room++)
        ck_assert_int_eq(ws_write_reply(reply, room, key_text), AGON_ENOSPC);
}
END_TEST

static const struct {
    const char *what, *headers;
    int want;
} requests[] = {
    {"plain", "", AGON_ENOENT},
    {"another protocol", "Upgrade: h2c\r\nConnection: Upgrade\r\n", AGON_ENOENT},
    {"all right, in odd case",
     "upgrade: WebSocket\r\nconnection: keep-alive, UPGRADE\r\nSec-WebSocket-Version: 13\r\n"
     "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
     AGON_OK},
    {"no key", "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n",
     AGON_ECORRUPT},
    {"key too short",
     "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
     "Sec-WebSocket-Key: dGhlIHNhbXBsZQ==\r\n",
     AGON_ECORRUPT},
    {"key not base64",
     "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
     "Sec-WebSocket-Key: dGhlIHNhbXBsZ!Bub25jZQ==\r\n",
     AGON_ECORRUPT},
    {"version 8",
     "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 8\r\n"
     "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
     AGON_ECORRUPT},
    {"no Connection header",
     "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
     "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
     AGON_ECORRUPT},
};

START_TEST(upgrade_requests_are_judged)
{
    char text[512];
    struct http_parse *http;
    const char *key;
    int n =
        snprintf(text, sizeof text, "GET / HTTP/1.1\r\nHost: x\r\n%s\r\n", requests[_i].headers);
    const struct http_message *asked = parse(&http, HTTP_SERVER, text, (size_t)n);

    ck_assert_msg(ws_check_request(asked, &key, NULL) == requests[_i].want, "%s",
                  requests[_i].what);
    http_free(http);
}
END_TEST

static const struct {
    const char *what, *reply;
} bad_replies[] = {
    {"not 101", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"},
    {"no Upgrade", "HTTP/1.1 101 x\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"},
    {"no accept", "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"},
    {"other accept", "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                     "Sec-WebSocket-Accept: t3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"},
    {"an extension", "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                     "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
                     "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n"},
};

START_TEST(wrong_upgrade_replies_are_refused)
{
    struct http_parse *http;
    struct error err = {0};
    const struct http_message *answer =
        parse(&http, HTTP_CLIENT, bad_replies[_i].reply, strlen(bad_replies[_i].reply));

    ck_assert_msg(ws_check_reply(answer, "dGhlIHNhbXBsZSBub25jZQ==", &err) == AGON_ECORRUPT, "%s",
                  bad_replies[_i].what);
    ck_assert(err.text[0]);
    http_free(http);
}
END_TEST

START_TEST(b_48_a_ping_flood_gets_few_pongs_and_the_last_is_answered)
{
    struct pong_gate gate = {0};
    int pongs = 0;

    // 10 000 pings in one second, a timer every 10 ms
    for (int i = 0; i < 10000; i++) {
        char body[8];
        int n = snprintf(body, sizeof body, "%d", i);
        int64_t now = 1000000000ll + i * 100000ll;
        pongs += pong_gate_ping(&gate, now, body, (size_t)n);
        if (i % 100 == 0)
            pongs += pong_gate_due(&gate, now);
    }
    ck_assert_int_le(pongs, 6);
    ck_assert(pong_gate_due(&gate, 3000000000ll));
    ck_assert_uint_eq(gate.n, 4);
    ck_assert_mem_eq(gate.bytes, "9999", 4);
    ck_assert(!pong_gate_due(&gate, 4000000000ll));
    ck_assert(pong_gate_ping(&gate, 5000000000ll, "x", 1));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ws");
    TCase *tcase = tcase_create("ws");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_loop_test(tcase, every_split_gives_the_same_answer, 0,
                        (int)(sizeof cases / sizeof cases[0]));
    tcase_add_loop_test(tcase, what_we_write_the_other_side_reads, 0, 2);
    tcase_add_test(tcase, rfc_frames_are_written_byte_for_byte);
    tcase_add_test(tcase, a_long_close_reason_is_cut_between_characters);
    tcase_add_test(tcase, b_46_empty_fragments_end_at_the_cap);
    tcase_add_test(tcase, b_46_fragments_end_at_the_message_limit);
    tcase_add_test(tcase, b_47_bad_text_is_found_at_every_place);
    tcase_add_test(tcase, nothing_is_delivered_after_stop);
    tcase_add_test(tcase, the_accept_value_is_the_one_of_rfc_6455);
    tcase_add_test(tcase, a_handshake_of_both_our_sides_succeeds);
    tcase_add_loop_test(tcase, upgrade_requests_are_judged, 0,
                        (int)(sizeof requests / sizeof requests[0]));
    tcase_add_loop_test(tcase, wrong_upgrade_replies_are_refused, 0,
                        (int)(sizeof bad_replies / sizeof bad_replies[0]));
    tcase_add_test(tcase, b_48_a_ping_flood_gets_few_pongs_and_the_last_is_answered);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
