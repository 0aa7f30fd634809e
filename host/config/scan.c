// SPDX-License-Identifier: Apache-2.0
/* scan: what a file may be made of, character by character, and what must never be shown.
 *
 * A configuration says how money is handled, so what a person sees in an editor and what the host
 * reads must be the same: no character that hides, turns the line around, or is drawn like another
 * one. */
#include <ctype.h>

#include "base/utf8.h"
#include "config/node.h"

/* Letters that are drawn like one of ASCII. Ordered by code. */
static const struct {
    uint32_t rune;
    char like;
} confusables[] = {
    {0x0391, 'A'}, {0x0392, 'B'}, {0x0395, 'E'}, {0x0396, 'Z'}, {0x0397, 'H'}, {0x0399, 'I'},
    {0x039a, 'K'}, {0x039c, 'M'}, {0x039d, 'N'}, {0x039f, 'O'}, {0x03a1, 'P'}, {0x03a4, 'T'},
    {0x03a5, 'Y'}, {0x03a7, 'X'}, {0x03bd, 'v'}, {0x03bf, 'o'}, {0x03c1, 'p'}, {0x0405, 'S'},
    {0x0406, 'I'}, {0x0408, 'J'}, {0x0410, 'A'}, {0x0412, 'B'}, {0x0415, 'E'}, {0x041a, 'K'},
    {0x041c, 'M'}, {0x041d, 'H'}, {0x041e, 'O'}, {0x0420, 'P'}, {0x0421, 'C'}, {0x0422, 'T'},
    {0x0423, 'Y'}, {0x0425, 'X'}, {0x0430, 'a'}, {0x0435, 'e'}, {0x043e, 'o'}, {0x0440, 'p'},
    {0x0441, 'c'}, {0x0443, 'y'}, {0x0445, 'x'}, {0x0455, 's'}, {0x0456, 'i'}, {0x0458, 'j'},
    {0x0501, 'd'}, {0x051b, 'q'}, {0x051d, 'w'},
};

static char looks_like(uint32_t rune)
{
    if (rune >= 0xff01 && rune <= 0xff5e) // the full-width forms of ASCII
        return (char)(rune - 0xff01 + '!');
    for (size_t i = 0; i < sizeof(confusables) / sizeof(confusables[0]); i++)
        if (confusables[i].rune == rune)
            return confusables[i].like;
    return 0;
}

/* The next character of well-formed UTF-8; its bytes. 0 when the bytes are not well-formed. */
static size_t next_rune(const char *text, size_t n, uint32_t *rune)
{
    unsigned char c = (unsigned char)text[0];
    size_t need = c < 0x80 ? 1 : c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;

    if (need > n || !utf8_is_valid(text, need))
        return 0;
    *rune = need == 1 ? c : c & (0x7fu >> need);
    for (size_t i = 1; i < need; i++)
        *rune = *rune << 6 | ((unsigned char)text[i] & 0x3fu);
    return need;
}

/* Why a character may not stand in a file at all; NULL when it may. */
static const char *refusal(uint32_t rune, enum config_code *code)
{
    *code = CONFIG_E_ENCODING;
    if (rune == 0)
        return "a NUL byte";
    if ((rune < 0x20 && rune != '\n' && rune != '\r' && rune != '\t') || rune == 0x7f ||
        (rune >= 0x80 && rune < 0xa0))
        return "a control character";
    *code = CONFIG_E_INVISIBLE;
    if ((rune >= 0x202a && rune <= 0x202e) || (rune >= 0x2066 && rune <= 0x2069) ||
        rune == 0x200e || rune == 0x200f || rune == 0x061c)
        return "a character that turns the direction of text around";
    if ((rune >= 0x200b && rune <= 0x200d) || (rune >= 0x2060 && rune <= 0x2064) ||
        rune == 0xfeff || rune == 0xad || rune == 0x180e || (rune >= 0xe0000 && rune <= 0xe007f))
        return "an invisible character";
    if (rune == 0x2028 || rune == 0x2029)
        return "a line break other than a newline";
    if (rune == 0xa0 || (rune >= 0x2000 && rune <= 0x200a) || rune == 0x202f || rune == 0x205f ||
        rune == 0x3000)
        return "a space other than the plain one";
    return NULL;
}

int scan_bytes(struct config *config)
{
    const char *bytes = config->bytes;
    size_t n = config->n_bytes, at = 0;
    uint32_t line = 1, column = 1, n_before = config->n_errors;
    int is_indent = 1;

    if (n >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0)
        at = 3;
    while (at < n) {
        enum config_code code;
        uint32_t rune;
        size_t took = next_rune(bytes + at, n - at, &rune);
        const char *why;

        if (took == 0) {
            node_error(config, line, column, NULL, CONFIG_E_ENCODING,
                       "byte 0x%02x at offset %zu is not UTF-8; expected text in UTF-8",
                       (unsigned)(unsigned char)bytes[at], at);
            return 0; // columns mean nothing after it
        }
        why = refusal(rune, &code);
        if (rune == '\r' && (at + 1 == n || bytes[at + 1] != '\n')) {
            why = "a carriage return without a newline";
            code = CONFIG_E_ENCODING;
        }
        if (why)
            node_error(config, line, column, NULL, code,
                       "%s (U+%04X) at offset %zu; expected it to be removed", why, (unsigned)rune,
                       at);
        if (rune == '\t' && is_indent) {
            size_t end = at;

            // A line of nothing but blanks, or a comment, is no indentation.
            while (end < n && (bytes[end] == '\t' || bytes[end] == ' '))
                end++;
            if (end < n && bytes[end] != '\n' && bytes[end] != '\r' && bytes[end] != '#')
                node_error(config, line, column, NULL, CONFIG_E_TAB,
                           "a tab as indentation at offset %zu; expected spaces", at);
            is_indent = 0;
        } else if (rune != ' ') {
            is_indent = 0;
        }
        at += took;
        column++;
        if (rune == '\n') {
            line++;
            column = 1;
            is_indent = 1;
        }
    }
    return config->n_errors == n_before;
}

static int is_letter(uint32_t rune)
{
    return rune >= 0x80 || (rune >= 'A' && rune <= 'Z') || (rune >= 'a' && rune <= 'z');
}

int scan_scalar(struct config *config, const struct config_node *node, uint32_t line,
                uint32_t column, const char *text, size_t n)
{
    int has_ascii = 0;
    uint32_t odd = 0;

    for (size_t at = 0; at <= n;) {
        enum config_code code;
        uint32_t rune = ' ';
        size_t took = at < n ? next_rune(text + at, n - at, &rune) : 1;
        const char *why;

        if (took == 0) {
            node_error(config, line, column, node, CONFIG_E_ENCODING,
                       "an escape makes bytes that are not UTF-8; expected text");
            return 0;
        }
        why = refusal(rune, &code);
        if (why) {
            node_error(config, line, column, node, code, "an escape makes %s (U+%04X)", why,
                       (unsigned)rune);
            return 0;
        }
        if (is_letter(rune)) {
            has_ascii |= rune < 0x80;
            if (!odd && looks_like(rune))
                odd = rune;
        } else {
            if (odd && has_ascii) {
                node_error(config, line, column, node, CONFIG_E_CONFUSABLE,
                           "the character U+%04X looks like %c (U+%04X) and is another; expected "
                           "one alphabet in a word",
                           (unsigned)odd, looks_like(odd),
                           (unsigned)(unsigned char)looks_like(odd));
                return 0;
            }
            odd = 0;
            has_ascii = 0;
        }
        at += took;
    }
    return 1;
}

int scan_foreign(const char *text, size_t n, char *what, size_t room)
{
    for (size_t at = 0; at < n;) {
        uint32_t rune = 0xfffd;
        size_t took = next_rune(text + at, n - at, &rune);

        if (took == 0 || rune < 0x20 || rune > 0x7e) {
            char like = looks_like(rune);

            if (like)
                snprintf(what, room, "U+%04X, which looks like %c", (unsigned)rune, like);
            else
                snprintf(what, room, "U+%04X", (unsigned)rune);
            return 1;
        }
        at += took;
    }
    return 0;
}

static int is_key_char(char c)
{
    return isalnum((unsigned char)c) || c == '+' || c == '=' || c == '_' || c == '-';
}

/* Random text changes between small letters, capitals and digits all the time; names do not. */
static int run_is_secret(const char *run, size_t n)
{
    size_t n_digits = 0, n_upper = 0, n_lower = 0, n_hex = 0, n_changes = 0;
    int last = 0;

    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)run[i];
        int now = isdigit(c) ? 1 : isupper(c) ? 2 : islower(c) ? 3 : last;

        n_digits += now == 1;
        n_upper += now == 2;
        n_lower += now == 3;
        n_hex += isxdigit(c) != 0;
        n_changes += last != 0 && now != last;
        last = now;
    }
    if (n_hex >= 32 && n_hex + 4 >= n && n_digits >= 4 && n_changes >= 6)
        return 1;
    return n >= 20 && n_digits > 0 && n_upper > 0 && n_lower > 0 && n_changes >= 6;
}

int scan_is_secret(const char *text, size_t n)
{
    static const char pem[] = "-----BEGIN";

    for (size_t at = 0; at < n;) {
        size_t end = at;

        if (n - at >= sizeof(pem) - 1 && memcmp(text + at, pem, sizeof(pem) - 1) == 0)
            return 1;
        while (end < n && is_key_char(text[end]))
            end++;
        if (run_is_secret(text + at, end - at))
            return 1;
        at = end > at ? end : at + 1;
    }
    return 0;
}

int scan_is_secret_key(const char *key)
{
    static const char *const words[] = {"secret", "passphrase",  "password",
                                        "passwd", "private_key", "api_key",
                                        "apikey", "auth_token",  "access_token"};
    size_t n = strlen(key);

    if ((n > 5 && strcmp(key + n - 5, "_file") == 0) || (n > 4 && strcmp(key + n - 4, "_env") == 0))
        return 0;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strstr(key, words[i]))
            return 1;
    return 0;
}

/* Where the value begins on a line whose key names a secret; n when it has none. */
static size_t secret_value(const char *line, size_t n)
{
    char key[64];
    size_t from = 0, end;

    while (from < n && strchr(" -{\"'", line[from]))
        from++;
    for (end = from; end < n && end - from < sizeof(key) - 1 && line[end] != ':'; end++)
        key[end - from] = (char)tolower((unsigned char)line[end]);
    key[end - from] = 0;
    return end < n && line[end] == ':' && scan_is_secret_key(key) ? end + 1 : n;
}

size_t scan_mask(const char *text, size_t n, char *masked, size_t room)
{
    size_t used = 0, hidden = secret_value(text, n);

    for (size_t at = 0; at < n && used + 5 < room;) {
        size_t end = at;

        if (at == hidden) {
            memcpy(masked + used, " ***", 4);
            used += 4;
            break;
        }
        while (end < n && end != hidden && is_key_char(text[end]))
            end++;
        if (end == at)
            end = at + 1;
        if (run_is_secret(text + at, end - at)) {
            memcpy(masked + used, "***", 3);
            used += 3;
        } else {
            size_t take = end - at < room - 1 - used ? end - at : room - 1 - used;

            memcpy(masked + used, text + at, take);
            used += take;
        }
        at = end;
    }
    masked[used] = 0;
    return used;
}
