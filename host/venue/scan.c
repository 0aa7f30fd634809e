// SPDX-License-Identifier: Apache-2.0
#include "venue/scan.h"

const int64_t scan_pow10[9] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000};

void scan_init(struct scan *scan, const void *bytes, size_t n)
{
    scan->at = bytes;
    scan->end = n > 0 ? scan->at + n : scan->at;
    scan->rc = AGON_OK;
    scan->depth = 0;
    scan->is_first = 0;
}

int scan_fail(struct scan *scan)
{
    if (scan->rc == AGON_OK)
        scan->rc = AGON_EINVAL;
    // An empty rest makes every later call fail without a look at rc.
    scan->at = scan->end;
    return scan->rc;
}

static inline void skip_space(struct scan *scan)
{
    // Venues send none, so the first look decides.
    while (scan->at < scan->end && __builtin_expect((unsigned char)*scan->at <= ' ', 0)) {
        if (*scan->at != ' ' && *scan->at != '\n' && *scan->at != '\r' && *scan->at != '\t')
            return;
        scan->at++;
    }
}

/* Bytes of word that are '"', '\\' or below 0x20 have their high bit set; the lowest is exact. */
static inline uint64_t special8(uint64_t word)
{
    uint64_t quote = word ^ (SCAN_ONES * '"');
    uint64_t slash = word ^ (SCAN_ONES * '\\');

    return (((quote - SCAN_ONES) & ~quote) | ((slash - SCAN_ONES) & ~slash) |
            ((word - SCAN_ONES * 0x20) & ~word)) &
           SCAN_HIGHS;
}

/* From the first byte of a text to its closing quote; NULL: it is malformed or does not end. */
static inline const char *text_end(const char *at, const char *end, int *has_escape)
{
    *has_escape = 0;
    for (;;) {
        while (end - at >= 8) {
            uint64_t special = special8(scan_load8(at));

            if (special != 0) {
                at += __builtin_ctzll(special) >> 3;
                break;
            }
            at += 8;
        }
        while (at < end && *at != '"' && *at != '\\' && (unsigned char)*at >= 0x20)
            at++;
        if (at >= end || (unsigned char)*at < 0x20)
            return NULL;
        if (*at == '"')
            return at;
        *has_escape = 1;
        if (end - at < 2)
            return NULL;
        switch (at[1]) {
        case '"':
        case '\\':
        case '/':
        case 'b':
        case 'f':
        case 'n':
        case 'r':
        case 't':
            at += 2;
            break;
        case 'u':
            if (end - at < 6)
                return NULL;
            for (int i = 2; i < 6; i++) {
                unsigned char c = (unsigned char)at[i];

                if (!((c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')))
                    return NULL;
            }
            at += 6;
            break;
        default:
            return NULL;
        }
    }
}

static unsigned hex4(const char *at)
{
    unsigned value = 0;

    for (int i = 0; i < 4; i++) {
        unsigned char c = (unsigned char)at[i];

        value = value << 4 | (c <= '9' ? c - (unsigned)'0' : (c | 0x20u) - 'a' + 10u);
    }
    return value;
}

static size_t put_utf8(unsigned code, char *into)
{
    if (code < 0x80) {
        into[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        into[0] = (char)(0xc0 | code >> 6);
        into[1] = (char)(0x80 | (code & 63));
        return 2;
    }
    if (code < 0x10000) {
        into[0] = (char)(0xe0 | code >> 12);
        into[1] = (char)(0x80 | (code >> 6 & 63));
        into[2] = (char)(0x80 | (code & 63));
        return 3;
    }
    into[0] = (char)(0xf0 | code >> 18);
    into[1] = (char)(0x80 | (code >> 12 & 63));
    into[2] = (char)(0x80 | (code >> 6 & 63));
    into[3] = (char)(0x80 | (code & 63));
    return 4;
}

/* Decodes escapes of a text that text_end has checked. A lone surrogate becomes U+FFFD. Returns
 * the length, or -1 when it does not fit and is_cut is not allowed. */
static int64_t decode_text(const char *at, const char *end, char *into, size_t room, int is_cut)
{
    size_t n = 0;

    while (at < end) {
        char piece[4];
        size_t bytes = 1;

        if (*at != '\\') {
            piece[0] = *at++;
        } else {
            char c = at[1];

            at += 2;
            switch (c) {
            case 'b':
                piece[0] = '\b';
                break;
            case 'f':
                piece[0] = '\f';
                break;
            case 'n':
                piece[0] = '\n';
                break;
            case 'r':
                piece[0] = '\r';
                break;
            case 't':
                piece[0] = '\t';
                break;
            case 'u': {
                unsigned code = hex4(at);

                at += 4;
                if (code >= 0xd800 && code < 0xdc00 && end - at >= 6 && at[0] == '\\' &&
                    at[1] == 'u') {
                    unsigned low = hex4(at + 2);

                    if (low >= 0xdc00 && low < 0xe000) {
                        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
                        at += 6;
                    }
                }
                if (code >= 0xd800 && code < 0xe000)
                    code = 0xfffd;
                bytes = put_utf8(code, piece);
                break;
            }
            default:
                piece[0] = c;
                break;
            }
        }
        if (n + bytes > room) {
            if (!is_cut)
                return -1;
            break;
        }
        memcpy(into + n, piece, bytes);
        n += bytes;
    }
    return (int64_t)n;
}

/* Reads the text that stands here; decodes into scratch when it has escapes and fits. */
static inline int read_text(struct scan *scan, struct scan_text *text, char *scratch, size_t room)
{
    const char *begin = scan->at + 1;
    const char *end;
    int has_escape;

    end = text_end(begin, scan->end, &has_escape);
    if (end == NULL)
        return scan_fail(scan);
    text->at = begin;
    text->n = (uint32_t)(end - begin);
    text->is_raw = 0;
    scan->at = end + 1;
    if (__builtin_expect(has_escape, 0)) {
        int64_t n = decode_text(begin, end, scratch, room, 0);

        if (n < 0) {
            text->is_raw = 1;
        } else {
            text->at = scratch;
            text->n = (uint32_t)n;
        }
    }
    return AGON_OK;
}

int scan_peek(struct scan *scan)
{
    skip_space(scan);
    return scan->at < scan->end ? (unsigned char)*scan->at : 0;
}

int scan_end(struct scan *scan)
{
    if (scan->rc != AGON_OK)
        return scan->rc;
    skip_space(scan);
    if (scan->at != scan->end || scan->depth != 0)
        return scan_fail(scan);
    return AGON_OK;
}

static inline int enter(struct scan *scan, char bracket)
{
    skip_space(scan);
    if (scan->at >= scan->end || *scan->at != bracket || scan->depth >= SCAN_DEPTH)
        return scan_fail(scan);
    scan->at++;
    scan->depth++;
    scan->is_first = 1;
    return AGON_OK;
}

int scan_object(struct scan *scan)
{
    return enter(scan, '{');
}

int scan_array(struct scan *scan)
{
    return enter(scan, '[');
}

/* Goes over the comma before a key or item, or the bracket that closes. 1, 0 or an error. */
static inline int next(struct scan *scan, char bracket)
{
    int is_first = scan->is_first;

    skip_space(scan);
    if (scan->at >= scan->end)
        return scan_fail(scan);
    if (*scan->at == bracket) {
        scan->at++;
        scan->depth--;
        scan->is_first = 0;
        return 0;
    }
    if (!is_first) {
        if (*scan->at != ',')
            return scan_fail(scan);
        scan->at++;
        skip_space(scan);
    }
    scan->is_first = 0;
    return 1;
}

const char *scan_fast_decimal_tail(const char *at, const char *end, int exp, int64_t *value)
{
    char pad[64] = {0};
    size_t rest = end > at ? (size_t)(end - at) : 0;
    const char *stop;

    memcpy(pad, at, rest < 32 ? rest : 32);
    stop = scan_fast_decimal(pad, pad + sizeof(pad), exp, value);
    return stop != NULL ? at + (stop - pad) : NULL;
}

int scan_key_slow(struct scan *scan, struct scan_text *key)
{
    int rc = next(scan, '}');

    if (rc <= 0)
        return rc;
    if (scan->at >= scan->end || *scan->at != '"')
        return scan_fail(scan);
    rc = read_text(scan, key, scan->key, sizeof(scan->key));
    if (rc < 0)
        return rc;
    skip_space(scan);
    if (scan->at >= scan->end || *scan->at != ':')
        return scan_fail(scan);
    scan->at++;
    return 1;
}

int scan_item_slow(struct scan *scan)
{
    return next(scan, ']');
}

int scan_string(struct scan *scan, struct scan_text *text)
{
    skip_space(scan);
    if (scan->at >= scan->end || *scan->at != '"')
        return scan_fail(scan);
    return read_text(scan, text, scan->text, sizeof(scan->text));
}

int scan_copy(struct scan *scan, char *text, size_t room)
{
    const char *end;
    int has_escape;
    int64_t n;

    text[0] = 0;
    skip_space(scan);
    if (scan->at >= scan->end || *scan->at != '"')
        return scan_fail(scan);
    end = text_end(scan->at + 1, scan->end, &has_escape);
    if (end == NULL)
        return scan_fail(scan);
    n = decode_text(scan->at + 1, end, text, room - 1, 1);
    text[n] = 0;
    scan->at = end + 1;
    return AGON_OK;
}

int scan_number(struct scan *scan, struct scan_text *text)
{
    skip_space(scan);
    if (scan->at >= scan->end)
        return scan_fail(scan);
    if (*scan->at == '"')
        return read_text(scan, text, scan->text, sizeof(scan->text));
    text->at = scan->at;
    text->is_raw = 0;
    while (scan->at < scan->end && scan_is_number_byte((unsigned char)*scan->at))
        scan->at++;
    text->n = (uint32_t)(scan->at - text->at);
    if (text->n == 0)
        return scan_fail(scan);
    return AGON_OK;
}

int scan_decimal_slow(struct scan *scan, int exp, int64_t *value)
{
    struct scan_text text;
    int rc = scan_number(scan, &text);

    if (rc < 0)
        return rc;
    rc = text.is_raw ? AGON_EINVAL : num_parse(text.at, text.n, exp, value);
    if (rc < 0) {
        scan->rc = rc;
        return scan_fail(scan);
    }
    return AGON_OK;
}

int scan_qty_slow(struct scan *scan, int exp, int64_t *value, uint64_t *n_cut)
{
    struct scan_text text;
    int rc = scan_number(scan, &text);

    if (rc < 0)
        return rc;
    rc = text.is_raw ? AGON_EINVAL : num_parse_qty(text.at, text.n, exp, value);
    if (rc < 0) {
        scan->rc = rc;
        return scan_fail(scan);
    }
    *n_cut += (uint64_t)rc;
    return AGON_OK;
}

int scan_level_slow(struct scan *scan, int exp_a, int64_t *a, int exp_b, int64_t *b,
                    uint64_t *n_cut)
{
    int rc;

    if (scan_array(scan) < 0 || scan_item(scan) != 1 || scan_decimal(scan, exp_a, a) < 0 ||
        scan_item(scan) != 1 || scan_qty(scan, exp_b, b, n_cut) < 0)
        return scan_fail(scan);
    while ((rc = scan_item(scan)) > 0) {
        if (scan_skip(scan) < 0)
            return scan->rc;
    }
    return rc;
}

int scan_u64_slow(struct scan *scan, uint64_t *value)
{
    const char *at;
    uint64_t total = 0;

    skip_space(scan);
    at = scan->at;
    if (at >= scan->end || *at < '0' || *at > '9')
        return scan_fail(scan);
    if (*at == '0' && scan->end - at > 1 && at[1] >= '0' && at[1] <= '9')
        return scan_fail(scan);
    for (; at < scan->end && *at >= '0' && *at <= '9'; at++) {
        if (__builtin_mul_overflow(total, (uint64_t)10, &total) ||
            __builtin_add_overflow(total, (uint64_t)(*at - '0'), &total)) {
            scan->rc = AGON_ERANGE;
            return scan_fail(scan);
        }
    }
    if (at < scan->end && scan_is_number_byte((unsigned char)*at))
        return scan_fail(scan);
    scan->at = at;
    *value = total;
    return AGON_OK;
}

int scan_i64(struct scan *scan, int64_t *value)
{
    int is_negative = scan_peek(scan) == '-';
    uint64_t magnitude = 0;
    int rc;

    if (is_negative)
        scan->at++;
    // A space may stand before a number, not inside it.
    if (is_negative && (scan->at >= scan->end || (unsigned char)*scan->at <= ' '))
        return scan_fail(scan);
    rc = scan_u64(scan, &magnitude);
    if (rc < 0)
        return rc;
    if (magnitude > (uint64_t)NUM_MAX) {
        scan->rc = AGON_ERANGE;
        return scan_fail(scan);
    }
    *value = is_negative ? -(int64_t)magnitude : (int64_t)magnitude;
    return AGON_OK;
}

static inline int literal(struct scan *scan, const char *word, size_t n)
{
    if ((size_t)(scan->end - scan->at) < n || memcmp(scan->at, word, n) != 0)
        return 0;
    scan->at += n;
    return 1;
}

int scan_bool(struct scan *scan, int *value)
{
    skip_space(scan);
    if (literal(scan, "true", 4))
        *value = 1;
    else if (literal(scan, "false", 5))
        *value = 0;
    else
        return scan_fail(scan);
    return AGON_OK;
}

int scan_null(struct scan *scan)
{
    skip_space(scan);
    return literal(scan, "null", 4);
}

/* A number as JSON's grammar has it, exponent and all. */
static int skip_number(struct scan *scan)
{
    const char *at = scan->at;
    const char *end = scan->end;

    if (at < end && *at == '-')
        at++;
    if (at >= end || *at < '0' || *at > '9')
        return scan_fail(scan);
    if (*at == '0') {
        at++;
    } else {
        while (at < end && *at >= '0' && *at <= '9')
            at++;
    }
    if (at < end && *at == '.') {
        at++;
        if (at >= end || *at < '0' || *at > '9')
            return scan_fail(scan);
        while (at < end && *at >= '0' && *at <= '9')
            at++;
    }
    if (at < end && (*at | 0x20) == 'e') {
        at++;
        if (at < end && (*at == '+' || *at == '-'))
            at++;
        if (at >= end || *at < '0' || *at > '9')
            return scan_fail(scan);
        while (at < end && *at >= '0' && *at <= '9')
            at++;
    }
    if (at < end && scan_is_number_byte((unsigned char)*at))
        return scan_fail(scan);
    scan->at = at;
    return AGON_OK;
}

static int skip_scalar(struct scan *scan)
{
    const char *end;
    int has_escape;

    switch (scan_peek(scan)) {
    case '"':
        end = text_end(scan->at + 1, scan->end, &has_escape);
        if (end == NULL)
            return scan_fail(scan);
        scan->at = end + 1;
        return AGON_OK;
    case 't':
        return literal(scan, "true", 4) ? AGON_OK : scan_fail(scan);
    case 'f':
        return literal(scan, "false", 5) ? AGON_OK : scan_fail(scan);
    case 'n':
        return literal(scan, "null", 4) ? AGON_OK : scan_fail(scan);
    default:
        return skip_number(scan);
    }
}

int scan_skip(struct scan *scan)
{
    uint32_t floor = scan->depth;
    uint32_t is_array = 0; // bit per level: what its closing bracket is
    int c = scan_peek(scan);
    int rc;

    if (c != '{' && c != '[')
        return skip_scalar(scan);
    // Levels are counted, not recursed into: depth is bounded and so is the stack.
    rc = c == '{' ? scan_object(scan) : scan_array(scan);
    if (rc < 0)
        return rc;
    is_array = c == '[';
    while (scan->depth > floor) {
        if (is_array & 1) {
            rc = scan_item(scan);
        } else {
            struct scan_text key;

            rc = scan_key(scan, &key);
        }
        if (rc < 0)
            return rc;
        if (rc == 0) {
            is_array >>= 1;
            continue;
        }
        c = scan_peek(scan);
        if (c == '{' || c == '[') {
            rc = c == '{' ? scan_object(scan) : scan_array(scan);
            is_array = is_array << 1 | (c == '[');
        } else {
            rc = skip_scalar(scan);
        }
        if (rc < 0)
            return rc;
    }
    return AGON_OK;
}

int scan_slice(struct scan *scan, struct scan_text *value)
{
    int rc;

    skip_space(scan);
    value->at = scan->at;
    rc = scan_skip(scan);
    if (rc < 0)
        return rc;
    value->n = (uint32_t)(scan->at - value->at);
    value->is_raw = 1;
    return AGON_OK;
}
