// SPDX-License-Identifier: Apache-2.0
#include "net/http_head.h"

#include <string.h>
#include <strings.h>

static const char *const methods[] = {"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"};
#define N_METHODS (sizeof(methods) / sizeof(methods[0]))

static int refuse(const char **why, int status, const char *text)
{
    *why = text;
    return status;
}

static int is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* RFC 9110 5.6.2. */
static int is_token_char(unsigned char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c != 0 && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static int is_control(unsigned char c)
{
    return (c < ' ' && c != '\t') || c == 127;
}

int http_head_byte(unsigned char before, unsigned char byte, const char **why)
{
    if (before == '\r')
        return byte == '\n' ? 1 : -refuse(why, 400, "a CR stands alone");
    if (byte == '\n')
        return -refuse(why, 400, "an LF stands alone");
    if (byte != '\r' && is_control(byte))
        return -refuse(why, 400, "a control character");
    return 0;
}

static int begins_request(const char *line, size_t n, const char **why)
{
    for (size_t i = 0; i < N_METHODS; i++) {
        size_t length = strlen(methods[i]);

        if (memcmp(line, methods[i], n < length ? n : length) == 0 &&
            (n <= length || line[length] == ' '))
            return 0;
    }
    return refuse(why, 501, "the method is not known");
}

int http_head_begins(int is_reply, const char *line, size_t n, const char **why)
{
    static const char version[] = "HTTP/";

    if (!is_reply)
        return begins_request(line, n, why);
    if (memcmp(line, version, n < 5 ? n : 5) != 0)
        return refuse(why, 400, "the first line is not HTTP's");
    return 0;
}

/* "HTTP/1.1" of exactly 8 bytes. */
static int read_version(const char *at, size_t n, int *minor, const char **why)
{
    if (n != 8 || memcmp(at, "HTTP/", 5) != 0 || !is_digit(at[5]) || at[6] != '.' ||
        !is_digit(at[7]))
        return refuse(why, 400, "the version is not HTTP/ and two digits");
    if (at[5] != '1' || at[7] > '1')
        return refuse(why, 505, "the version is neither HTTP/1.1 nor HTTP/1.0");
    *minor = at[7] - '0';
    return 0;
}

int http_head_request(const char *line, size_t n, struct http_head_request *out, const char **why)
{
    int status = begins_request(line, n, why);
    const char *target = memchr(line, ' ', n);
    const char *end;

    if (status != 0)
        return status;
    if (target == NULL)
        return refuse(why, 400, "the first line has no target");
    target++;
    end = memchr(target, ' ', n - (size_t)(target - line));
    if (end == NULL || end == target)
        return refuse(why, 400, "the first line has no target or no version");
    for (const char *at = target; at < end; at++) {
        if ((unsigned char)*at <= ' ' || (unsigned char)*at >= 127 || *at == '#')
            return refuse(why, 400, "the target holds a character that must be encoded");
    }
    if (target[0] != '/')
        return refuse(why, 400, "the target does not begin with '/'");
    for (size_t i = 0; i < N_METHODS; i++) {
        if (strlen(methods[i]) == (size_t)(target - 1 - line) &&
            memcmp(line, methods[i], (size_t)(target - 1 - line)) == 0)
            out->method = methods[i];
    }
    out->target = (struct http_slice){target, (size_t)(end - target)};
    return read_version(end + 1, n - (size_t)(end + 1 - line), &out->minor, why);
}

int http_head_reply(const char *line, size_t n, struct http_head_reply *out, const char **why)
{
    int status = n < 8 ? refuse(why, 400, "the first line is too short")
                       : read_version(line, 8, &out->minor, why);

    if (status != 0)
        return status;
    // The blank behind the status may be missing where no words follow: some servers send that.
    if (n < 12 || line[8] != ' ' || !is_digit(line[9]) || !is_digit(line[10]) ||
        !is_digit(line[11]) || (n > 12 && line[12] != ' '))
        return refuse(why, 400, "the status is not three digits");
    out->status = (line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0');
    if (out->status < 100 || out->status > 599)
        return refuse(why, 400, "the status is not between 100 and 599");
    return 0;
}

int http_head_field(const char *line, size_t n, struct http_head_field *out, const char **why)
{
    size_t name = 0;
    size_t from;
    size_t to = n;

    if (n > 0 && (line[0] == ' ' || line[0] == '\t'))
        return refuse(why, 400, "a field is folded over two lines");
    while (name < n && is_token_char((unsigned char)line[name]))
        name++;
    if (name == 0 || name == n || line[name] != ':')
        return refuse(why, 400, "a field's name holds a character it must not");
    from = name + 1;
    while (from < to && (line[from] == ' ' || line[from] == '\t'))
        from++;
    while (to > from && (line[to - 1] == ' ' || line[to - 1] == '\t'))
        to--;
    for (size_t i = from; i < to; i++) {
        if (is_control((unsigned char)line[i]))
            return refuse(why, 400, "a field's value holds a control character");
    }
    out->name = (struct http_slice){line, name};
    out->value = (struct http_slice){line + from, to - from};
    return 0;
}

static int read_length(const char *at, size_t n, uint64_t *length, const char **why)
{
    // 18 digits are far above every cap, and leave no room for a sum that wraps.
    if (n == 0 || n > 18)
        return refuse(why, 400, "a length is not 1 to 18 digits");
    *length = 0;
    for (size_t i = 0; i < n; i++) {
        if (!is_digit(at[i]))
            return refuse(why, 400, "a length is not digits");
        *length = *length * 10 + (uint64_t)(at[i] - '0');
    }
    return 0;
}

int http_head_frame(struct http_head_framing *framing, const char *name, const char *value,
                    size_t value_n, const char **why)
{
    if (strcmp(name, "content-length") == 0) {
        if (framing->has_length)
            return refuse(why, 400, "two lengths");
        framing->has_length = 1;
        if (framing->is_chunked)
            return refuse(why, 400, "a length and a transfer coding");
        return read_length(value, value_n, &framing->length, why);
    }
    if (strcmp(name, "transfer-encoding") != 0)
        return 0;
    if (framing->has_length)
        return refuse(why, 400, "a length and a transfer coding");
    if (framing->is_chunked || value_n != 7 || strncasecmp(value, "chunked", 7) != 0)
        return refuse(why, 400, "the transfer coding is not chunked, once");
    framing->is_chunked = 1;
    return 0;
}

static int hex_of(char c)
{
    if (is_digit(c))
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

int http_head_chunk(const char *line, size_t n, uint64_t *size, const char **why)
{
    size_t at = 0;

    *size = 0;
    while (at < n && hex_of(line[at]) >= 0) {
        if (at == 15)
            return refuse(why, 400, "a chunk's size has more than 15 digits");
        *size = *size << 4 | (uint64_t)hex_of(line[at]);
        at++;
    }
    if (at == 0 || (at < n && line[at] != ';'))
        return refuse(why, 400, "a chunk's size is not hexadecimal digits");
    for (; at < n; at++) {
        if (is_control((unsigned char)line[at]))
            return refuse(why, 400, "a chunk's extension holds a control character");
    }
    return 0;
}
