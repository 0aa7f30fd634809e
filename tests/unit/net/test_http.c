// SPDX-License-Identifier: Apache-2.0
/* HTTP messages as a table, each fed whole, cut at every offset and byte by byte; what must be
 * refused (B-49); writers against the parser of the other role; percent encoding. */
#include "net/http.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

static const struct {
    const char *what;
    enum http_role role;
    const char *text;
    const char *want; /* each message as status|method path?query|body|flags, or !status */
    int is_end;       /* the peer closes after the text */
} cases[] = {
    {"reply with a length", HTTP_CLIENT, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
     "200|hello|k ", 0},
    {"reply without body", HTTP_CLIENT, "HTTP/1.1 204 No Content\r\n\r\n", "204||k ", 0},
    {"304 with a length has no body", HTTP_CLIENT,
     "HTTP/1.1 304 x\r\nContent-Length: 5\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
     "304||k 200||k ", 0},
    {"chunks with extension and trailer", HTTP_CLIENT,
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\nA\r\n0123456789\r\n0\r\n"
     "X-Sum: 1\r\n\r\n",
     "200|abc0123456789|k ", 0},
    {"two replies in a row", HTTP_CLIENT,
     "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\naHTTP/1.1 429 x\r\nRetry-After: 3\r\n"
     "Content-Length: 1\r\n\r\nb",
     "200|a|k 429|b|k ", 0},
    {"B-49 no length: until the end", HTTP_CLIENT, "HTTP/1.1 200 OK\r\n\r\nabc", "200|abc| ", 1},
    {"B-49 a length that is not reached", HTTP_CLIENT,
     "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel", "!400", 1},
    {"connection: close", HTTP_CLIENT,
     "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nab", "200|ab| ", 0},
    {"bytes after the final reply", HTTP_CLIENT,
     "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nabHTTP/1.1 200 OK\r\n",
     "200|ab| !400", 0},
    {"HTTP/1.0 ends the connection", HTTP_CLIENT, "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nab",
     "200|ab| ", 0},
    {"interim replies are passed over", HTTP_CLIENT,
     "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 x\r\nLink: a\r\n\r\n"
     "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na",
     "200|a|k ", 0},
    {"B-49 interim replies without end", HTTP_CLIENT,
     "HTTP/1.1 100 C\r\n\r\nHTTP/1.1 100 C\r\n\r\nHTTP/1.1 100 C\r\n\r\nHTTP/1.1 100 C\r\n\r\n"
     "HTTP/1.1 100 C\r\n\r\nHTTP/1.1 100 C\r\n\r\nHTTP/1.1 100 C\r\n\r\nHTTP/1.1 100 C\r\n\r\n"
     "HTTP/1.1 100 C\r\n\r\n",
     "!400", 0},
    {"B-49 a redirect is a reply", HTTP_CLIENT,
     "HTTP/1.1 302 Found\r\nLocation: http://elsewhere/\r\nContent-Length: 0\r\n\r\n", "302||k ",
     0},
    {"upgrade", HTTP_CLIENT,
     "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n\x81\x01x", "101||ku ", 0},
    {"B-49 both lengths", HTTP_CLIENT,
     "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "!400",
     0},
    {"B-49 both lengths, the other order", HTTP_CLIENT,
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n", "!400",
     0},
    {"B-49 two lengths", HTTP_CLIENT,
     "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", "!400", 0},
    {"B-49 negative length", HTTP_CLIENT, "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "!400",
     0},
    {"B-49 length past 64 bits", HTTP_CLIENT,
     "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n", "!400", 0},
    {"B-49 length over the cap", HTTP_CLIENT, "HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n",
     "!413", 0},
    {"B-49 chunk over the cap", HTTP_CLIENT,
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3E9\r\n", "!413", 0},
    {"B-49 chunk size huge", HTTP_CLIENT,
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n", "!400", 0},
    {"B-49 chunk size negative", HTTP_CLIENT,
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n", "!400", 0},
    {"B-49 gzip that nobody asked for", HTTP_CLIENT,
     "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx", "!400", 0},
    {"status 99", HTTP_CLIENT, "HTTP/1.1 099 x\r\nContent-Length: 0\r\n\r\n", "!400", 0},
    {"not HTTP at all", HTTP_CLIENT, "SSH-2.0-x\r\n", "!400", 0},
    {"version 2", HTTP_CLIENT, "HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n", "!505", 0},
    {"GET", HTTP_SERVER, "GET /a/b?x=%20y&z HTTP/1.1\r\nHost: h\r\n\r\n", "GET /a/b?x=%20y&z||k ",
     0},
    {"DELETE with a body", HTTP_SERVER,
     "DELETE /o HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\na=1", "DELETE /o?|a=1|k ", 0},
    {"POST in chunks", HTTP_SERVER,
     "POST /o?q HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\na=1\r\n0\r\n\r\n",
     "POST /o?q|a=1|k ", 0},
    {"two requests in a row", HTTP_SERVER,
     "GET /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
     "GET /1?||k GET /2?|| ", 0},
    {"dots stay as they came", HTTP_SERVER, "GET /a/../%2e%2E/c%2Fd HTTP/1.1\r\nHost: h\r\n\r\n",
     "GET /a/../%2e%2E/c%2Fd?||k ", 0},
    {"HTTP/1.0 without Host", HTTP_SERVER, "GET / HTTP/1.0\r\n\r\n", "GET /?|| ", 0},
    {"no Host", HTTP_SERVER, "GET / HTTP/1.1\r\n\r\n", "!400", 0},
    {"two Hosts", HTTP_SERVER, "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "!400", 0},
    {"blank in a header's name", HTTP_SERVER,
     "POST / HTTP/1.1\r\nHost: h\r\nContent-Length : 3\r\n\r\nabc", "!400", 0},
    {"control character in a value", HTTP_SERVER, "GET / HTTP/1.1\r\nHost: h\r\nX: a\x01\r\n\r\n",
     "!400", 0},
    {"another coding", HTTP_SERVER, "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\n\r\n",
     "!400", 0},
    {"chunked twice over", HTTP_SERVER,
     "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n", "!400", 0},
    {"B-49 a folded field", HTTP_SERVER, "GET / HTTP/1.1\r\nHost: h\r\nX: a\r\n b\r\n\r\n", "!400",
     0},
    {"B-49 a fold as the first field", HTTP_SERVER, "GET / HTTP/1.1\r\n Host: h\r\n\r\n", "!400",
     0},
    {"B-49 LF alone", HTTP_SERVER, "GET / HTTP/1.1\nHost: h\n\n", "!400", 0},
    {"B-49 CR alone", HTTP_SERVER, "GET / HTTP/1.1\r\nHost: h\rX: y\r\n\r\n", "!400", 0},
    {"B-49 a length with a sign", HTTP_SERVER,
     "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: +3\r\n\r\nabc", "!400", 0},
    {"B-49 a length that is a list", HTTP_SERVER,
     "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3, 3\r\n\r\nabc", "!400", 0},
    {"B-49 the same length twice", HTTP_SERVER,
     "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc", "!400", 0},
    {"B-49 an empty length", HTTP_SERVER, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length:\r\n\r\n",
     "!400", 0},
    {"B-49 both lengths in a request", HTTP_SERVER,
     "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"
     "\r\nX",
     "!400", 0},
    {"B-49 chunked in HTTP/1.0", HTTP_SERVER,
     "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "!400", 0},
    {"B-49 chunked twice", HTTP_SERVER,
     "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: "
     "chunked\r\n\r\n0\r\n\r\n",
     "!400", 0},
    {"B-49 a coding that looks like chunked", HTTP_SERVER,
     "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: \vchunked\r\n\r\n0\r\n\r\n", "!400", 0},
    {"B-49 a chunk's size with a blank", HTTP_SERVER,
     "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3 \r\nabc\r\n0\r\n\r\n",
     "!400", 0},
    {"B-49 a chunk's size as C writes it", HTTP_SERVER,
     "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n0\r\n\r\n",
     "!400", 0},
    {"B-49 a chunk longer than its size", HTTP_SERVER,
     "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n",
     "!400", 0},
    {"B-49 chunks that end with LF", HTTP_SERVER,
     "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\nabc\n0\n\n", "!400", 0},
    {"B-49 a request in the rest of a chunk's line", HTTP_SERVER,
     "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0;\nGET /evil "
     "HTTP/1.1\r\n\r\n",
     "!400", 0},
    {"a field without a value", HTTP_SERVER, "GET / HTTP/1.1\r\nHost:\r\nX:\r\n\r\n", "GET /?||k ",
     0},
    {"a field without a name", HTTP_SERVER, "GET / HTTP/1.1\r\nHost: h\r\n: v\r\n\r\n", "!400", 0},
    {"a field without a colon", HTTP_SERVER, "GET / HTTP/1.1\r\nHost: h\r\nX\r\n\r\n", "!400", 0},
    {"two blanks before the target", HTTP_SERVER, "GET  / HTTP/1.1\r\nHost: h\r\n\r\n", "!400", 0},
    {"a version of another form", HTTP_SERVER, "GET / HTTP/1.1 \r\nHost: h\r\n\r\n", "!400", 0},
    {"no version", HTTP_SERVER, "GET /\r\nHost: h\r\n\r\n", "!400", 0},
    {"empty lines before it", HTTP_SERVER, "\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n",
     "GET /?||k ", 0},
    {"empty lines without end", HTTP_SERVER, "\r\n\r\n\r\n\r\n\r\n", "!400", 0},
    {"a status without words", HTTP_CLIENT, "HTTP/1.1 200\r\nContent-Length: 1\r\n\r\na",
     "200|a|k ", 0},
    {"a status of four digits", HTTP_CLIENT, "HTTP/1.1 2000 x\r\nContent-Length: 0\r\n\r\n", "!400",
     0},
    {"B-49 a coding in a reply", HTTP_CLIENT, "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nx",
     "!400", 1},
    {"high bytes in a value", HTTP_CLIENT,
     "HTTP/1.1 200 OK\r\nX: \xc3\xa9\r\nContent-Length: 0\r\n\r\n", "200||k ", 0},
    {"unknown method", HTTP_SERVER, "BREW / HTTP/1.1\r\nHost: h\r\n\r\n", "!501", 0},
    {"CONNECT", HTTP_SERVER, "CONNECT a:1 HTTP/1.1\r\nHost: h\r\n\r\n", "!501", 0},
    {"absolute target", HTTP_SERVER, "GET http://h/a HTTP/1.1\r\nHost: h\r\n\r\n", "!400", 0},
    {"fragment in the target", HTTP_SERVER, "GET /a#b HTTP/1.1\r\nHost: h\r\n\r\n", "!400", 0},
    {"high bytes in the target", HTTP_SERVER, "GET /\xc3\xa9 HTTP/1.1\r\nHost: h\r\n\r\n", "!400",
     0},
    {"cut in the head", HTTP_SERVER, "GET / HTTP/1.1\r\nHo", "!400", 1},
    {"TLS to a plain port", HTTP_SERVER, "\x16\x03\x01\x02\x00\x01", "!501", 0},
    {"nothing at all", HTTP_SERVER, "", "", 1},
};

static void show(char *log, size_t room, const struct http_message *m)
{
    size_t n = strlen(log);

    if (m->status)
        snprintf(log + n, room - n, "%d|%s|%s%s ", m->status, m->body, m->is_keep_alive ? "k" : "",
                 m->is_upgrade ? "u" : "");
    else
        snprintf(log + n, room - n, "%s %s?%s|%s|%s%s ", m->method, m->path, m->query, m->body,
                 m->is_keep_alive ? "k" : "", m->is_upgrade ? "u" : "");
}

static void run(size_t i, size_t cut, size_t step)
{
    const char *text = cases[i].text;
    size_t total = strlen(text);
    struct http_parse *parse;
    struct error err = {0};
    char log[512] = "";
    int rc = 0;
    int is_upgraded = 0;

    ck_assert_int_eq(http_new(&parse, cases[i].role, 1000), AGON_OK);
    for (size_t at = 0; at < total && rc >= 0 && !is_upgraded;) {
        size_t n = at < cut ? cut - at : step;
        size_t done = 0;
        char *copy;
        if (n > total - at)
            n = total - at;
        copy = malloc(n);
        ck_assert_ptr_nonnull(copy);
        memcpy(copy, text + at, n);
        while (done < n && rc >= 0 && !is_upgraded) {
            size_t used;
            rc = http_feed(parse, copy + done, n - done, &used, &err);
            if (rc < 0)
                break;
            done += used;
            ck_assert(rc == 1 || done == n);
            if (rc == 1) {
                show(log, sizeof log, http_message(parse));
                is_upgraded = http_message(parse)->is_upgrade;
            }
        }
        free(copy);
        at += is_upgraded ? done : n;
        if (is_upgraded)
            ck_assert_str_eq(text + at, "\x81\x01x");
    }
    if (rc >= 0 && cases[i].is_end) {
        rc = http_finish(parse, &err);
        if (rc == 1)
            show(log, sizeof log, http_message(parse));
    }
    if (rc < 0) {
        snprintf(log + strlen(log), 16, "!%d", http_status(parse));
        ck_assert_int_eq(rc, AGON_ECORRUPT);
        ck_assert(err.text[0]);
    }
    ck_assert_msg(strcmp(log, cases[i].want) == 0, "%s (cut %zu, step %zu): %s (%s)", cases[i].what,
                  cut, step, log, err.text);
    http_free(parse);
}

START_TEST(every_split_gives_the_same_messages)
{
    size_t total = strlen(cases[_i].text);

    for (size_t cut = 0; cut <= total; cut++)
        run((size_t)_i, cut, total);
    run((size_t)_i, 0, 1);
    run((size_t)_i, 0, 7);
}
END_TEST

static int feed_all(struct http_parse *parse, const char *text, size_t n, struct error *err)
{
    size_t used;

    return http_feed(parse, text, n, &used, err);
}

START_TEST(b_49_heads_are_bounded)
{
    struct http_parse *parse;
    struct error err = {0};
    char *line = malloc(70000);
    int rc = 0;

    // a head of 1 MiB in one header
    ck_assert_ptr_nonnull(line);
    memset(line, 'a', 70000);
    ck_assert_int_eq(http_new(&parse, HTTP_CLIENT, 0), AGON_OK);
    ck_assert_int_eq(feed_all(parse, "HTTP/1.1 200 OK\r\nX: ", 20, &err), 0);
    for (int i = 0; i < 16 && rc == 0; i++)
        rc = feed_all(parse, line, 65536, &err);
    ck_assert_int_eq(rc, AGON_ECORRUPT);
    ck_assert_int_eq(http_status(parse), 431);
    http_free(parse);
    // 100 headers pass, 101 do not
    for (int more = 0; more < 2; more++) {
        ck_assert_int_eq(http_new(&parse, HTTP_CLIENT, 0), AGON_OK);
        ck_assert_int_eq(feed_all(parse, "HTTP/1.1 204 x\r\n", 16, &err), 0);
        rc = 0;
        for (int i = 0; i < 100 + more && rc == 0; i++)
            rc = feed_all(parse, "A: b\r\n", 6, &err);
        if (rc == 0)
            rc = feed_all(parse, "\r\n", 2, &err);
        ck_assert_int_eq(rc, more ? AGON_ECORRUPT : 1);
        if (more)
            ck_assert_int_eq(http_status(parse), 431);
        else
            ck_assert_uint_eq(http_message(parse)->n_headers, 100);
        http_free(parse);
    }
    // trailers are bounded as well
    ck_assert_int_eq(http_new(&parse, HTTP_CLIENT, 0), AGON_OK);
    ck_assert_int_eq(
        feed_all(parse, "HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", 49, &err), 0);
    rc = 0;
    for (int i = 0; i < 1000000 && rc == 0; i++)
        rc = feed_all(parse, "A: b\r\n", 6, &err);
    ck_assert_int_eq(rc, AGON_ECORRUPT);
    http_free(parse);
    free(line);
}
END_TEST

START_TEST(a_body_without_length_is_bounded)
{
    struct http_parse *parse;
    int rc = 0;

    ck_assert_int_eq(http_new(&parse, HTTP_CLIENT, 10), AGON_OK);
    ck_assert_int_eq(feed_all(parse, "HTTP/1.1 200 x\r\n\r\n0123456789", 28, NULL), 0);
    rc = feed_all(parse, "x", 1, NULL);
    ck_assert_int_eq(rc, AGON_ECORRUPT);
    http_free(parse);
}
END_TEST

START_TEST(a_reply_to_head_has_no_body)
{
    const char *text = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"
                       "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab";
    struct http_parse *parse;
    size_t used, n = strlen(text);

    ck_assert_int_eq(http_new(&parse, HTTP_CLIENT, 0), AGON_OK);
    http_expect_head(parse);
    ck_assert_int_eq(http_feed(parse, text, n, &used, NULL), 1);
    ck_assert_uint_eq(http_message(parse)->body_n, 0);
    ck_assert(http_message(parse)->is_head);
    ck_assert_int_eq(http_feed(parse, text + used, n - used, &used, NULL), 1);
    ck_assert_str_eq(http_message(parse)->body, "ab");
    http_free(parse);
}
END_TEST

START_TEST(headers_are_found_whatever_their_case)
{
    const char *text =
        "HTTP/1.1 200 OK\r\nX-MBX-USED-WEIGHT-1M:  12 \t\r\nVia: a\r\nVia: b, Close ,c"
        "\r\nEmpty:\r\nContent-Length: 0\r\n\r\n";
    struct http_parse *parse;
    const struct http_message *message;

    ck_assert_int_eq(http_new(&parse, HTTP_CLIENT, 0), AGON_OK);
    ck_assert_int_eq(feed_all(parse, text, strlen(text), NULL), 1);
    message = http_message(parse);
    ck_assert_str_eq(http_header_find(message, "x-mbx-used-weight-1m"), "12");
    ck_assert_str_eq(http_header_find(message, "via"), "a");
    ck_assert_str_eq(http_header_find(message, "empty"), "");
    ck_assert_ptr_null(http_header_find(message, "x-mbx"));
    ck_assert(http_header_has_token(message, "via", "close"));
    ck_assert(!http_header_has_token(message, "via", "clos"));
    http_free(parse);
}
END_TEST

START_TEST(b_65_a_message_in_progress_is_seen)
{
    struct http_parse *parse;

    ck_assert_int_eq(http_new(&parse, HTTP_SERVER, 0), AGON_OK);
    ck_assert(!http_is_partial(parse));
    ck_assert_int_eq(feed_all(parse, "G", 1, NULL), 0);
    ck_assert(http_is_partial(parse));
    ck_assert_int_eq(feed_all(parse, "ET / HTTP/1.1\r\nHost: h\r\n\r\n", 26, NULL), 1);
    ck_assert(!http_is_partial(parse));
    http_free(parse);
}
END_TEST

/* Path and query are copied within the head's own memory, which moves as it grows. */
START_TEST(targets_of_every_length_are_split)
{
    static char text[2200], target[2001];

    for (size_t n = 2; n <= 2000; n++) {
        struct http_parse *parse;
        int length;
        memset(target, 'p', n);
        target[0] = '/';
        target[n / 2] = '?';
        target[n] = '\0';
        length = snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: h\r\n\r\n", target);
        ck_assert_int_eq(http_new(&parse, HTTP_SERVER, 0), AGON_OK);
        ck_assert_int_eq(feed_all(parse, text, (size_t)length, NULL), 1);
        ck_assert_str_eq(http_message(parse)->target, target);
        ck_assert_uint_eq(strlen(http_message(parse)->path), n / 2);
        ck_assert_str_eq(http_message(parse)->query, target + n / 2 + 1);
        http_free(parse);
    }
}
END_TEST

START_TEST(requests_we_write_are_read_back)
{
    struct http_header headers[] = {{"X-MBX-APIKEY", "key"}, {"Content-Type", "text/plain"}};
    struct http_request request = {.method = "POST",
                                   .host = "api.example:443",
                                   .target = "/api/v3/order?symbol=BTCUSDT",
                                   .headers = headers,
                                   .n_headers = 2,
                                   .body = "a=1",
                                   .body_n = 3};
    char text[512];
    struct http_parse *parse;
    int64_t n = http_write_request(text, sizeof text, &request);

    ck_assert_int_gt(n, 0);
    for (size_t room = 0; room < (size_t)n; room++)
        ck_assert_int_eq(http_write_request(text, room, &request), AGON_ENOSPC);
    n = http_write_request(text, (size_t)n, &request);
    ck_assert_int_eq(http_new(&parse, HTTP_SERVER, 0), AGON_OK);
    ck_assert_int_eq(feed_all(parse, text, (size_t)n, NULL), 1);
    ck_assert_str_eq(http_message(parse)->method, "POST");
    ck_assert_str_eq(http_message(parse)->target, request.target);
    ck_assert_str_eq(http_message(parse)->body, "a=1");
    ck_assert_str_eq(http_header_find(http_message(parse), "x-mbx-apikey"), "key");
    ck_assert_str_eq(http_header_find(http_message(parse), "host"), "api.example:443");
    http_free(parse);
}
END_TEST

START_TEST(headers_written_once_are_those_of_each_request)
{
    const struct http_header headers[] = {{"X-KEY", "a key of some length"}, {"X-A", ""}};
    const struct http_header bad[] = {
        {"X-A", "a\r\nX-B: b"}, {"X A", "b"}, {"Host", "here"}, {"", "c"}};
    struct http_request request = {.method = "POST", .host = "example.org", .target = "/a?b=1"};
    char lines[128], first[512], second[512];
    int64_t n;

    request.headers = headers;
    request.n_headers = 2;
    n = http_write_request(first, sizeof(first), &request);
    ck_assert_int_gt(n, 0);
    request.headers = NULL;
    request.n_headers = 0;
    request.lines = lines;
    request.n_lines = (uint32_t)http_write_lines(lines, sizeof(lines), headers, 2);
    ck_assert_uint_eq(request.n_lines, strlen("X-KEY: a key of some length\r\nX-A: \r\n"));
    ck_assert_int_eq(http_write_request(second, sizeof(second), &request), n);
    ck_assert_mem_eq(first, second, (size_t)n);
    // Without room none of it is written, and what no line may have is refused here too.
    ck_assert_int_eq(http_write_request(second, (size_t)n - 1, &request), AGON_ENOSPC);
    ck_assert_int_eq(http_write_lines(lines, 10, headers, 2), AGON_ENOSPC);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        ck_assert_int_eq(http_write_lines(lines, sizeof(lines), &bad[i], 1), AGON_EINVAL);
}
END_TEST

/* Of every length, what a frame is written around is what is written in one go; and no room, and no
 * byte that a target may not have, is overlooked. */
START_TEST(a_request_in_its_frame_is_the_request)
{
    static const char *const methods[] = {"POST", "DELETE", "GET", "PUT"};
    static const char lines[] = "X-KEY: a key of some length\r\nX-A: \r\n";
    struct http_frame frame;
    char target[80], first[512], second[512];
    char longer[400];

    for (size_t i = 0; i < 4 * 64; i++) {
        const char *method = methods[i % 4];
        size_t n_target = 1 + i / 4;
        struct http_request request = {.method = method, .host = "example.org:8443"};
        int64_t n;

        memset(target, 'a', sizeof(target));
        target[n_target] = '\0';
        request.target = target;
        request.lines = lines;
        request.n_lines = i % 3 == 0 ? 0 : (uint32_t)strlen(lines);
        n = http_write_request(first, sizeof(first), &request);
        ck_assert_int_gt(n, 0);
        ck_assert_int_eq(http_frame_init(&frame, method, request.host), AGON_OK);
        memset(second, 'x', sizeof(second));
        ck_assert_int_eq(
            http_frame_write(second, (size_t)n, &frame, target, n_target, lines, request.n_lines),
            n);
        ck_assert_mem_eq(first, second, (size_t)n);
        ck_assert_int_eq(second[n], 'x'); // no byte behind it
        for (int64_t room = 0; room < n; room++)
            ck_assert_int_eq(http_frame_write(second, (size_t)room, &frame, target, n_target, lines,
                                              request.n_lines),
                             AGON_ENOSPC);
        for (size_t at = 0; at < n_target; at++) {
            for (int c = 0; c < 256; c++) {
                target[at] = (char)c;
                ck_assert_int_eq(http_frame_write(second, sizeof(second), &frame, target, n_target,
                                                  lines, request.n_lines),
                                 c > ' ' && c <= '~' ? n : AGON_EINVAL);
            }
            target[at] = 'a';
        }
    }
    memset(longer, 'h', sizeof(longer));
    longer[sizeof(longer) - 1] = '\0';
    ck_assert_int_eq(http_frame_init(&frame, "POST", longer), AGON_ENOSPC);
    ck_assert_int_eq(http_frame_init(&frame, "A_METHOD_THAT_NOBODY_HAS", "h"), AGON_ENOSPC);
    ck_assert_int_eq(http_frame_init(&frame, "POST", "h\r\nX: y"), AGON_EINVAL);
    ck_assert_int_eq(http_frame_init(&frame, "PO ST", "h"), AGON_EINVAL);
    ck_assert_int_eq(http_frame_init(&frame, "", "h"), AGON_EINVAL);
    ck_assert_int_eq(http_frame_init(&frame, "POST", ""), AGON_EINVAL);
}
END_TEST

START_TEST(replies_we_write_are_read_back)
{
    struct http_header header = {"Retry-After", "7"};
    struct http_response response = {
        .status = 429, .headers = &header, .n_headers = 1, .body = "{}", .body_n = 2};
    char text[512];
    struct http_parse *parse;
    int64_t n = http_write_response(text, sizeof text, &response);

    ck_assert_int_gt(n, 0);
    ck_assert_uint_ge(http_response_room(&response), (uint64_t)n);
    ck_assert_int_eq(http_new(&parse, HTTP_CLIENT, 0), AGON_OK);
    ck_assert_int_eq(feed_all(parse, text, (size_t)n, NULL), 1);
    ck_assert_int_eq(http_message(parse)->status, 429);
    ck_assert_str_eq(http_message(parse)->body, "{}");
    ck_assert(http_message(parse)->is_keep_alive);
    ck_assert_str_eq(http_header_find(http_message(parse), "retry-after"), "7");
    http_free(parse);
}
END_TEST

START_TEST(nobody_writes_a_second_line_through_us)
{
    static const struct http_header bad[] = {
        {"X", "a\r\nY: b"},
        {"X\r\nY", "b"},
        {"X Y", "b"},
        {"", "b"},
        {"X", NULL},
        {"X:", "b"},
        {"Host", "b"},
        {"content-LENGTH", "3"},
        {"Connection", "close"},
        {"X", "a\x7f"},
        {"X", "a\nb"},
        {"Transfer-Encoding", "gzip"},
    };
    struct http_request request = {.method = "GET", .host = "h", .target = "/", .n_headers = 1};
    struct http_response response = {.status = 200, .n_headers = 1};
    char text[256];

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        request.headers = response.headers = &bad[i];
        ck_assert_int_eq(http_write_request(text, sizeof text, &request), AGON_EINVAL);
        ck_assert_int_eq(http_write_response(text, sizeof text, &response), AGON_EINVAL);
    }
    request.n_headers = 0;
    request.target = "/a b";
    ck_assert_int_eq(http_write_request(text, sizeof text, &request), AGON_EINVAL);
    request.target = "/a\r\nX: y";
    ck_assert_int_eq(http_write_request(text, sizeof text, &request), AGON_EINVAL);
    request.target = "/";
    request.host = "h\n";
    ck_assert_int_eq(http_write_request(text, sizeof text, &request), AGON_EINVAL);
}
END_TEST

/* Several bytes are looked at at once: each byte at each place of a text is judged as by itself. */
START_TEST(no_control_passes_at_any_place_of_a_line)
{
    char line[52], text[512];
    struct http_header header = {.name = "X-A", .value = line};
    struct http_request request = {.method = "GET", .host = "h", .target = line};

    for (size_t n = 1; n < sizeof line; n++) {
        for (size_t at = 0; at < n; at++) {
            for (int c = 1; c < 256; c++) {
                int is_line = c >= ' ' && c != 127;
                int is_word = c > ' ' && c < 127;

                memset(line, at % 2 == 0 ? '~' : '!', n);
                line[at] = (char)c;
                line[n] = '\0';
                request.target = line;
                request.n_headers = 0;
                ck_assert_int_eq(http_write_request(text, sizeof text, &request) > 0, is_word);
                request.target = "/";
                request.headers = &header;
                request.n_headers = 1;
                ck_assert_int_eq(http_write_request(text, sizeof text, &request) > 0, is_line);
                header.value = "v";
                header.name = line;
                ck_assert_int_eq(http_write_request(text, sizeof text, &request) > 0,
                                 is_word && c != ':');
                header.name = "X-A";
                header.value = line;
            }
        }
    }
}
END_TEST

START_TEST(percent_encoding_is_that_of_rfc_3986)
{
    unsigned char all[256];
    char text[1024], back[1024];
    int64_t n;

    for (int i = 0; i < 256; i++)
        all[i] = (unsigned char)i;
    n = http_pct_encode(all, 256, text, sizeof text);
    // 66 unreserved characters stand for themselves
    ck_assert_int_eq(n, 66 + 190 * 3);
    ck_assert_int_eq(http_pct_decode(text, (size_t)n, 0, back, sizeof back), 256);
    ck_assert_mem_eq(back, all, 256);
    ck_assert_int_eq(http_pct_encode("[\"A~b\"] +", 9, text, sizeof text), 21);
    ck_assert_str_eq(text, "%5B%22A~b%22%5D%20%2B");
    ck_assert_int_eq(http_pct_encode("ab", 2, text, 2), AGON_ENOSPC);
    ck_assert_int_eq(http_pct_encode("ab", 2, text, 3), 2);
    // Eight at a time: each byte at each place among digits and letters.
    for (int c = 0; c < 256; c++) {
        for (int at = 0; at < 17; at++) {
            unsigned char word[17];
            int is_plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                           (c >= 'A' && c <= 'Z') || c == '-' || c == '.' || c == '_' || c == '~';

            memcpy(word, "0aZ9zA5mM0aZ9zA5m", sizeof word);
            word[at] = (unsigned char)c;
            n = http_pct_encode(word, sizeof word, text, sizeof text);
            ck_assert_int_eq(n, is_plain ? 17 : 19);
            ck_assert_int_eq(text[at], is_plain ? (char)c : '%');
            ck_assert_int_eq(http_pct_decode(text, (size_t)n, 0, back, sizeof back), 17);
            ck_assert_mem_eq(back, word, 17);
            ck_assert_int_eq(http_pct_encode(word, sizeof word, text, (size_t)n), AGON_ENOSPC);
        }
    }
    // ... and of less than eight, with the room that they need and a byte less.
    for (int c = 0; c < 256; c++) {
        for (size_t length = 0; length < 8; length++) {
            for (size_t at = 0; at < length; at++) {
                unsigned char word[8] = "aZ9zA5m";
                int is_alnum =
                    (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
                int is_plain = is_alnum || c == '-' || c == '.' || c == '_' || c == '~';

                word[at] = (unsigned char)c;
                n = http_pct_encode(word, length, text, sizeof text);
                ck_assert_uint_eq((uint64_t)n, is_plain ? length : length + 2);
                ck_assert_int_eq(text[n], '\0');
                ck_assert_int_eq(http_pct_decode(text, (size_t)n, 0, back, sizeof back),
                                 (int64_t)length);
                ck_assert_mem_eq(back, word, length);
                ck_assert_int_eq(http_pct_encode(word, length, text, (size_t)n + 1), n);
                ck_assert_int_eq(http_pct_encode(word, length, text, (size_t)n), AGON_ENOSPC);
            }
        }
    }
    ck_assert_int_eq(http_pct_decode("a+b%2b", 6, 0, text, sizeof text), 4);
    ck_assert_str_eq(text, "a+b+");
    ck_assert_int_eq(http_pct_decode("a+b%2b", 6, 1, text, sizeof text), 4);
    ck_assert_str_eq(text, "a b+");
    ck_assert_int_eq(http_pct_decode("%4", 2, 0, text, sizeof text), AGON_ECORRUPT);
    ck_assert_int_eq(http_pct_decode("%", 1, 0, text, sizeof text), AGON_ECORRUPT);
    ck_assert_int_eq(http_pct_decode("%4g", 3, 0, text, sizeof text), AGON_ECORRUPT);
}
END_TEST

START_TEST(queries_are_walked)
{
    const char *query = "&a=1&&b=%20x&c&a=2&=d&e=f=g";
    static const char *const want[] = {"a=1", "b=%20x", "c", "a=2", "=d", "e=f=g"};
    const char *at = query;
    struct http_pair pair;
    char text[16];
    int n = 0;

    while (http_query_next(&at, &pair)) {
        size_t length = pair.name_n + (size_t)pair.has_value + pair.value_n;
        ck_assert_int_lt(n, 6);
        ck_assert_uint_eq(length, strlen(want[n]));
        ck_assert_mem_eq(pair.name, want[n], length);
        n++;
    }
    ck_assert_int_eq(n, 6);
    ck_assert_int_eq(http_query_get(query, "b", text, sizeof text), 2);
    ck_assert_str_eq(text, " x");
    ck_assert_int_eq(http_query_get(query, "a", text, sizeof text), 1);
    ck_assert_str_eq(text, "1");
    ck_assert_int_eq(http_query_get(query, "c", text, sizeof text), 0);
    ck_assert_int_eq(http_query_get(query, "x", text, sizeof text), AGON_ENOENT);
    ck_assert_int_eq(http_query_get(query, "e", text, 3), AGON_ENOSPC);
    ck_assert_int_eq(http_query_get("", "e", text, 3), AGON_ENOENT);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("http");
    TCase *tcase = tcase_create("http");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_loop_test(tcase, every_split_gives_the_same_messages, 0,
                        (int)(sizeof cases / sizeof cases[0]));
    tcase_add_test(tcase, b_49_heads_are_bounded);
    tcase_add_test(tcase, a_body_without_length_is_bounded);
    tcase_add_test(tcase, a_reply_to_head_has_no_body);
    tcase_add_test(tcase, headers_are_found_whatever_their_case);
    tcase_add_test(tcase, b_65_a_message_in_progress_is_seen);
    tcase_add_test(tcase, targets_of_every_length_are_split);
    tcase_add_test(tcase, requests_we_write_are_read_back);
    tcase_add_test(tcase, headers_written_once_are_those_of_each_request);
    tcase_add_test(tcase, a_request_in_its_frame_is_the_request);
    tcase_add_test(tcase, replies_we_write_are_read_back);
    tcase_add_test(tcase, nobody_writes_a_second_line_through_us);
    tcase_add_test(tcase, no_control_passes_at_any_place_of_a_line);
    tcase_add_test(tcase, percent_encoding_is_that_of_rfc_3986);
    tcase_add_test(tcase, queries_are_walked);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
