// SPDX-License-Identifier: Apache-2.0
/* http_write: requests, replies and percent encoding for net/http.h. */
#include "net/http.h"

#include <stdio.h>
#include <strings.h>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "base/num.h"

struct out {
    char *at;
    size_t room, n; /* n goes on counting past room */
};

static void put(struct out *out, const void *bytes, size_t n)
{
    if (n && out->n <= out->room && n <= out->room - out->n)
        memcpy(out->at + out->n, bytes, n);
    out->n += n;
}

static void put_text(struct out *out, const char *text)
{
    put(out, text, strlen(text));
}

#define PUT(out, word) put(out, word, sizeof(word) - 1)

static void put_number(struct out *out, uint64_t number)
{
    char digits[NUM_DIGITS];
    const char *at = num_digits(number, digits + sizeof digits);

    put(out, at, (size_t)(digits + sizeof digits - at));
}

static int64_t finish(const struct out *out)
{
    return out->n > out->room ? AGON_ENOSPC : (int64_t)out->n;
}

/* Sets of bytes, a bit each: a request is written for every order. */
static const uint64_t line_bytes[4] = {0xffffffff00000000, 0x7fffffffffffffff, UINT64_MAX,
                                       UINT64_MAX};                             /* but controls */
static const uint64_t word_bytes[4] = {0xfffffffe00000000, 0x7fffffffffffffff}; /* '!' to '~' */
static const uint64_t plain_bytes[4] = {0x03ff600000000000,
                                        0x47fffffe87fffffe}; /* RFC 3986, 2.3: unreserved */

static int is_in(const uint64_t set[4], unsigned char c)
{
    return (int)(set[c >> 6] >> (c & 63) & 1);
}

#define EACH(byte) (0x0101010101010101u * (uint64_t)(byte))

/* Of eight bytes, those outside of what a line may have, or a word, in their highest bits. A
 * borrow reaches none but bytes above one that is marked itself. */
static uint64_t outside(uint64_t bytes, int has_blanks)
{
    uint64_t low = (bytes - EACH(has_blanks ? 0x20 : 0x21)) & ~bytes;
    uint64_t del = bytes ^ EACH(0x7f);

    del = (del - EACH(1)) & ~del;
    return (low | del | (has_blanks ? 0 : bytes)) & EACH(0x80);
}

/* May these bytes, up to the NUL, stand on a head's line? A blank ends a method or a target early.
 */
static int are_in_line(const char *text, size_t n, int has_blanks)
{
    const uint64_t *set = has_blanks ? line_bytes : word_bytes;
    uint64_t bytes, bad = 0;
    uint32_t first, last;

    if (n >= 8) {
        for (size_t i = 0; i + 8 <= n; i += 8) {
            memcpy(&bytes, text + i, 8);
            bad |= outside(bytes, has_blanks);
        }
        // The last eight: some of them were among those before.
        memcpy(&bytes, text + n - 8, 8);
        return (bad | outside(bytes, has_blanks)) == 0;
    }
    if (n >= 4) {
        memcpy(&first, text, 4);
        memcpy(&last, text + n - 4, 4);
        return outside(first | (uint64_t)last << 32, has_blanks) == 0;
    }
    for (; n > 0; text++, n--) {
        if (!is_in(set, (unsigned char)*text))
            return 0;
    }
    return 1;
}

#if defined(__SSE2__)
/* Of all bytes that were looked at. A word: how far the highest is above '!'. With blanks: whether
 * one is a control, and whether one is DEL. */
struct look {
    __m128i high, del;
};

static inline void look_at(struct look *look, const char *from, char *to, int has_blanks)
{
    __m128i sixteen = _mm_loadu_si128((const __m128i *)(const void *)from);

    _mm_storeu_si128((__m128i *)(void *)to, sixteen);
    if (!has_blanks) {
        look->high = _mm_max_epu8(look->high, _mm_sub_epi8(sixteen, _mm_set1_epi8('!')));
        return;
    }
    look->high = _mm_max_epu8(look->high, _mm_subs_epu8(_mm_set1_epi8(' '), sixteen));
    look->del = _mm_or_si128(look->del, _mm_cmpeq_epi8(sixteen, _mm_set1_epi8(0x7f)));
}

static inline int is_fine(const struct look *look, int has_blanks)
{
    // The most that is allowed is the highest.
    __m128i most = _mm_set1_epi8((char)(has_blanks ? 0 : '~' - '!'));

    return _mm_movemask_epi8(_mm_cmpeq_epi8(_mm_max_epu8(look->high, most), most)) == 0xffff &&
           _mm_movemask_epi8(look->del) == 0;
}
#endif

/* The same for bytes that are put: both in one go. Of either set there is one, which asks for it
 * once and not with each step. */
static inline __attribute__((always_inline)) int put_judged(struct out *out, const char *text,
                                                            size_t n, int has_blanks)
{
    if (n == 0)
        return text != NULL && has_blanks;
#if defined(__SSE2__)
    if (n >= 16 && out->n <= out->room && n <= out->room - out->n) {
        struct look look = {_mm_setzero_si128(), _mm_setzero_si128()};
        char *to = out->at + out->n;

        // From its end on, where a signature was written a moment ago, sixteen at a time: read as
        // it was written it need not have left for the cache.
        for (size_t i = n; i >= 16; i -= 16)
            look_at(&look, text + i - 16, to + i - 16, has_blanks);
        // The first sixteen: some of them were among those before.
        look_at(&look, text, to, has_blanks);
        out->n += n;
        return is_fine(&look, has_blanks);
    }
#endif
    put(out, text, n);
    return are_in_line(text, n, has_blanks);
}

static __attribute__((noinline)) int put_word(struct out *out, const char *text)
{
    return put_judged(out, text, text != NULL ? strlen(text) : 0, 0);
}

static __attribute__((noinline)) int put_line(struct out *out, const char *text)
{
    return put_judged(out, text, text != NULL ? strlen(text) : 0, 1);
}

/* Is it one of those that are ours to write? */
static int is_ours(const char *name, size_t n)
{
    static const struct {
        const char *name;
        size_t n;
    } ours[] = {{"host", 4}, {"content-length", 14}, {"transfer-encoding", 17}, {"connection", 10}};

    for (size_t k = 0; k < sizeof ours / sizeof ours[0]; k++) {
        if (n == ours[k].n && strcasecmp(name, ours[k].name) == 0)
            return 1;
    }
    return 0;
}

/* False: one of them may not stand on a head's line, or is ours to write. */
static int put_headers(struct out *out, const struct http_header *headers, uint32_t n)
{
    if (n > HTTP_HEADERS_MAX)
        return 0;
    for (uint32_t i = 0; i < n; i++) {
        size_t n_name = headers[i].name != NULL ? strlen(headers[i].name) : 0;

        if (n_name == 0 || memchr(headers[i].name, ':', n_name) != NULL ||
            is_ours(headers[i].name, n_name) || !put_word(out, headers[i].name))
            return 0;
        PUT(out, ": ");
        if (!put_line(out, headers[i].value))
            return 0;
        PUT(out, "\r\n");
    }
    return 1;
}

int64_t http_write_lines(char *buffer, size_t room, const struct http_header *headers, uint32_t n)
{
    struct out out = {.at = buffer, .room = room};

    return put_headers(&out, headers, n) ? finish(&out) : AGON_EINVAL;
}

/* Whether a length is written where there is no body. */
static int has_length(const char *method)
{
    return strcmp(method, "POST") == 0 || strcmp(method, "PUT") == 0;
}

int64_t http_write_request(char *buffer, size_t room, const struct http_request *request)
{
    struct out out = {.at = buffer, .room = room};

    if ((request->body_n && !request->body) || !put_word(&out, request->method))
        return AGON_EINVAL;
    PUT(&out, " ");
    if (!put_word(&out, request->target))
        return AGON_EINVAL;
    PUT(&out, " HTTP/1.1\r\nHost: ");
    if (!put_word(&out, request->host))
        return AGON_EINVAL;
    PUT(&out, "\r\n");
    if (!put_headers(&out, request->headers, request->n_headers))
        return AGON_EINVAL;
    put(&out, request->lines, request->n_lines);
    if (request->body || has_length(request->method)) {
        PUT(&out, "Content-Length: ");
        put_number(&out, request->body_n);
        PUT(&out, "\r\n");
    }
    if (request->is_close)
        PUT(&out, "Connection: close\r\n");
    PUT(&out, "\r\n");
    put(&out, request->body, request->body_n);
    return finish(&out);
}

int http_frame_init(struct http_frame *frame, const char *method, const char *host)
{
    struct out before = {.at = frame->before, .room = sizeof(frame->before)};
    struct out middle = {.at = frame->host, .room = sizeof(frame->host)};
    struct out end = {.at = frame->end, .room = sizeof(frame->end)};

    memset(frame, 0, sizeof(*frame));
    if (!put_word(&before, method))
        return AGON_EINVAL;
    PUT(&before, " ");
    PUT(&middle, " HTTP/1.1\r\nHost: ");
    if (!put_word(&middle, host))
        return AGON_EINVAL;
    PUT(&middle, "\r\n");
    if (has_length(method))
        PUT(&end, "Content-Length: 0\r\n");
    PUT(&end, "\r\n");
    if (finish(&before) < 0 || finish(&middle) < 0 || finish(&end) < 0)
        return AGON_ENOSPC;
    frame->n_before = (uint32_t)before.n;
    frame->n_host = (uint32_t)middle.n;
    frame->n_end = (uint32_t)end.n;
    return AGON_OK;
}

/* More bytes than are asked for, where there is room for them: a copy of a length that is known is
 * a few moves, and of another one a call. */
static inline void put_wide(char *to, const char *from, size_t n, size_t n_wide, size_t room)
{
    if (n <= n_wide && n_wide <= room)
        memcpy(to, from, n_wide);
    else
        memcpy(to, from, n);
}

int64_t http_frame_write(char *buffer, size_t room, const struct http_frame *frame,
                         const char *target, size_t n_target, const char *lines, size_t n_lines)
{
    struct out out = {.at = buffer, .room = room};
    size_t n = frame->n_before + n_target + frame->n_host + n_lines + frame->n_end;

    if (n_target >= room || n_lines >= room || n > room)
        return AGON_ENOSPC;
    put_wide(buffer, frame->before, frame->n_before, sizeof(frame->before), room);
    out.n = frame->n_before;
    if (!put_judged(&out, target, n_target, 0))
        return AGON_EINVAL;
    put_wide(buffer + out.n, frame->host, frame->n_host, 64, room - out.n);
    out.n += frame->n_host;
    if (n_lines > 0)
        memcpy(buffer + out.n, lines, n_lines);
    out.n += n_lines;
    put_wide(buffer + out.n, frame->end, frame->n_end, sizeof(frame->end), room - out.n);
    return (int64_t)n;
}

const char *http_reason(int status)
{
    static const struct {
        int status;
        const char *text;
    } reasons[] = {
        {100, "Continue"},
        {101, "Switching Protocols"},
        {103, "Early Hints"},
        {200, "OK"},
        {201, "Created"},
        {202, "Accepted"},
        {204, "No Content"},
        {206, "Partial Content"},
        {301, "Moved Permanently"},
        {302, "Found"},
        {303, "See Other"},
        {304, "Not Modified"},
        {307, "Temporary Redirect"},
        {308, "Permanent Redirect"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {406, "Not Acceptable"},
        {408, "Request Timeout"},
        {409, "Conflict"},
        {410, "Gone"},
        {411, "Length Required"},
        {412, "Precondition Failed"},
        {413, "Payload Too Large"},
        {414, "URI Too Long"},
        {415, "Unsupported Media Type"},
        {417, "Expectation Failed"},
        {418, "I'm a teapot"}, // RFC 2324; an exchange's word for a ban
        {421, "Misdirected Request"},
        {422, "Unprocessable Entity"},
        {425, "Too Early"},
        {426, "Upgrade Required"},
        {428, "Precondition Required"},
        {429, "Too Many Requests"},
        {431, "Request Header Fields Too Large"},
        {451, "Unavailable For Legal Reasons"},
        {500, "Internal Server Error"},
        {501, "Not Implemented"},
        {502, "Bad Gateway"},
        {503, "Service Unavailable"},
        {504, "Gateway Timeout"},
        {505, "HTTP Version Not Supported"},
    };

    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
        if (reasons[i].status == status)
            return reasons[i].text;
    }
    return "Unknown";
}

int64_t http_write_response(char *buffer, size_t room, const struct http_response *response)
{
    struct out out = {.at = buffer, .room = room};
    int is_bodyless = response->status < 200 || response->status == 204 || response->status == 304;

    if (response->status < 100 || response->status > 599 ||
        (response->body_n && (!response->body || is_bodyless)))
        return AGON_EINVAL;
    put_text(&out, "HTTP/1.1 ");
    put_number(&out, (uint64_t)response->status);
    put_text(&out, " ");
    put_text(&out, http_reason(response->status));
    put_text(&out, "\r\n");
    if (!put_headers(&out, response->headers, response->n_headers))
        return AGON_EINVAL;
    if (!is_bodyless) {
        put_text(&out, "Content-Length: ");
        put_number(&out, response->body_n);
        put_text(&out, "\r\n");
    }
    if (response->is_close)
        put_text(&out, "Connection: close\r\n");
    put_text(&out, "\r\n");
    if (!response->is_head)
        put(&out, response->body, response->body_n);
    return finish(&out);
}

uint64_t http_response_room(const struct http_response *response)
{
    uint64_t room = 256 + response->body_n;

    for (uint32_t i = 0; i < response->n_headers; i++)
        room += strlen(response->headers[i].name) + strlen(response->headers[i].value) + 4;
    return room;
}

/* Of eight bytes below 0x80, those from first to last in their highest bits: no sum carries. */
static uint64_t between(uint64_t bytes, unsigned char first, unsigned char last)
{
    return (bytes + EACH(0x80 - first)) & ~(bytes + EACH(0x7f - last));
}

/* Are all eight digits and letters? */
static int are_alnum(uint64_t bytes)
{
    uint64_t low = bytes & EACH(0x7f);
    uint64_t is_one = between(low, '0', '9') | between(low | EACH(0x20), 'a', 'z');

    return (is_one & ~bytes & EACH(0x80)) == EACH(0x80);
}

/* Less than eight bytes, and more than none, as eight: some of them twice, or more often. */
static uint64_t few(const unsigned char *bytes, size_t n)
{
    uint32_t first, last;

    if (n < 4)
        return bytes[0] * EACH(1) ^ (uint64_t)(bytes[0] ^ bytes[n / 2]) << 8 ^
               (uint64_t)(bytes[0] ^ bytes[n - 1]) << 16;
    memcpy(&first, bytes, 4);
    memcpy(&last, bytes + n - 4, 4);
    return first | (uint64_t)last << 32;
}

int64_t http_pct_encode(const void *bytes, size_t n, char *buffer, size_t room)
{
    static const char hex[] = "0123456789ABCDEF";
    const unsigned char *at = bytes;
    struct out out = {.at = buffer, .room = room};
    size_t i = 0;

    // Most of what is sent has nothing to be encoded.
    if (n < 8 && n < room && (n == 0 || are_alnum(few(at, n)))) {
        memcpy(buffer, at, n);
        buffer[n] = '\0';
        return (int64_t)n;
    }
    for (; n - i >= 8 && room - i >= 8; i += 8) {
        uint64_t eight;

        memcpy(&eight, at + i, 8);
        if (!are_alnum(eight))
            break;
        memcpy(buffer + i, &eight, 8);
    }
    for (; i < n && i < room && is_in(plain_bytes, at[i]); i++)
        buffer[i] = (char)at[i];
    out.n = i;
    for (; i < n; i++) {
        unsigned char c = at[i];
        char code[3] = {'%', hex[c >> 4], hex[c & 15]};

        if (is_in(plain_bytes, c))
            put(&out, &c, 1);
        else
            put(&out, code, 3);
    }
    put(&out, "", 1);
    return out.n > room ? AGON_ENOSPC : (int64_t)out.n - 1;
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

int64_t http_pct_decode(const char *text, size_t n, int is_form, char *buffer, size_t room)
{
    struct out out = {.at = buffer, .room = room};

    for (size_t i = 0; i < n; i++) {
        char c = text[i];
        if (c == '%') {
            if (n - i < 3 || hex_value(text[i + 1]) < 0 || hex_value(text[i + 2]) < 0)
                return AGON_ECORRUPT;
            c = (char)(hex_value(text[i + 1]) << 4 | hex_value(text[i + 2]));
            i += 2;
        } else if (c == '+' && is_form) {
            c = ' ';
        }
        put(&out, &c, 1);
    }
    put(&out, "", 1);
    return out.n > room ? AGON_ENOSPC : (int64_t)out.n - 1;
}

int http_query_next(const char **at, struct http_pair *pair)
{
    const char *text = *at + strspn(*at, "&");
    size_t n = strcspn(text, "&");
    const char *equals = memchr(text, '=', n);

    *at = text + n;
    if (n == 0)
        return 0;
    pair->name = text;
    pair->has_value = equals != NULL;
    pair->name_n = equals ? (size_t)(equals - text) : n;
    pair->value = equals ? equals + 1 : text + n;
    pair->value_n = equals ? n - pair->name_n - 1 : 0;
    return 1;
}

int64_t http_query_get(const char *query, const char *name, char *out, size_t room)
{
    struct http_pair pair;
    size_t name_n = strlen(name);

    while (http_query_next(&query, &pair)) {
        if (pair.name_n == name_n && memcmp(pair.name, name, name_n) == 0)
            return http_pct_decode(pair.value, pair.value_n, 0, out, room);
    }
    return AGON_ENOENT;
}
