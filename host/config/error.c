// SPDX-License-Identifier: Apache-2.0
// error: how mistakes of a file are kept in order and shown with their line.
#include <stdlib.h>

#include "base/utf8.h"
#include "config/node.h"

#define LINE_SHOWN 100 /* characters of a source line that a message shows */

/* The bytes of a line, without its end. */
static const char *source_line(const struct config *config, uint32_t line, size_t *n)
{
    const char *at = config->bytes, *end = config->bytes + config->n_bytes, *stop;

    for (uint32_t i = 1; i < line && at < end; i++) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));

        at = newline ? newline + 1 : end;
    }
    stop = at < end ? memchr(at, '\n', (size_t)(end - at)) : NULL;
    if (!stop)
        stop = end;
    if (line == 1 && stop - at >= 3 && memcmp(at, "\xef\xbb\xbf", 3) == 0)
        at += 3;
    if (stop > at && stop[-1] == '\r')
        stop--;
    *n = (size_t)(stop - at);
    return at;
}

/* Bytes of the first n characters, as the parser counts them; bad bytes count as one each. */
static size_t bytes_of(const char *text, size_t n, uint32_t characters)
{
    size_t at = 0;

    while (at < n && characters > 0) {
        at++;
        while (at < n && ((unsigned char)text[at] & 0xc0) == 0x80)
            at++;
        characters--;
    }
    return at;
}

static size_t count_characters(const char *text, size_t n)
{
    size_t count = 0;

    for (size_t i = 0; i < n; i++)
        count += ((unsigned char)text[i] & 0xc0) != 0x80;
    return count;
}

/* The line with a caret under the column: at most LINE_SHOWN characters around it. */
static void show_line(const struct config *config, uint32_t line, uint32_t column, char *text,
                      size_t room)
{
    char head[4 * LINE_SHOWN], tail[4 * LINE_SHOWN], masked[8 * LINE_SHOWN];
    size_t n, at, from = 0, n_masked, n_head, n_tail, used;
    const char *source = source_line(config, line, &n);

    if (n == 0) {
        text[0] = 0;
        return;
    }
    at = bytes_of(source, n, column > 0 ? column - 1 : 0);
    if (at > LINE_SHOWN / 2) {
        from = at - LINE_SHOWN / 2;
        while (from < at && ((unsigned char)source[from] & 0xc0) == 0x80)
            from++;
    }
    if (n - from > 2 * LINE_SHOWN)
        n = from + 2 * LINE_SHOWN;
    // What is hidden is decided on the whole line, or a cut could show half of a secret.
    n_masked = scan_mask(source, n, masked, sizeof(masked));
    if (n_masked != n || memcmp(masked, source, n) != 0) {
        n_head = scan_mask(source, at, masked, sizeof(masked));
        if (n_head > LINE_SHOWN)
            n_head = LINE_SHOWN;
        n_head = utf8_escape(masked, n_head, head, sizeof(head));
        n_masked = scan_mask(source, n, masked, sizeof(masked));
        n_tail =
            utf8_escape(masked, n_masked < LINE_SHOWN ? n_masked : LINE_SHOWN, tail, sizeof(tail));
        used = (size_t)snprintf(text, room, "\n    %s\n    ", tail);
    } else {
        n_head = utf8_escape(source + from, at - from, head, sizeof(head));
        n_tail = utf8_escape(source + at, n - at, tail, sizeof(tail));
        used = (size_t)snprintf(text, room, "\n    %s%s\n    ", head, tail);
    }
    (void)n_tail;
    n_head = count_characters(head, n_head);
    while (n_head-- > 0 && used + 2 < room)
        text[used++] = ' ';
    if (used + 2 < room) {
        text[used++] = '^';
        text[used] = 0;
    }
}

void node_error_v(struct config *config, uint32_t line, uint32_t column,
                  const struct config_node *node, enum config_code code, const char *format,
                  va_list args)
{
    char path[256], text[1536], shown[16 * LINE_SHOWN];
    char whole[4096];
    struct config_error error = {.line = line, .column = column, .code = code};
    uint32_t at;

    config->n_errors++;
    if (config->n_kept == CONFIG_ERRORS_MAX)
        return;
    node_path(node, path, sizeof(path));
    vsnprintf(text, sizeof(text), format, args);
    show_line(config, line, column, shown, sizeof(shown));
    snprintf(whole, sizeof(whole), "%s:%u:%u: error[AG-%04d]: %s%s%s%s", config->name, line, column,
             (int)code, path, path[0] ? ": " : "", text, shown);
    error.text = strdup(whole);
    if (!error.text)
        return;
    for (at = config->n_kept; at > 0; at--) {
        const struct config_error *before = &config->errors[at - 1];

        if (before->line < line || (before->line == line && before->column <= column))
            break;
        config->errors[at] = *before;
    }
    config->errors[at] = error;
    config->n_kept++;
}

void node_error(struct config *config, uint32_t line, uint32_t column,
                const struct config_node *node, enum config_code code, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    node_error_v(config, line, column, node, code, format, args);
    va_end(args);
}

int config_refuse(struct config *config, const struct config_node *node, enum config_code code,
                  const char *format, ...)
{
    va_list args;

    if (code == CONFIG_E_PATH)
        config->is_unsafe = 1;
    va_start(args, format);
    node_error_v(config, node ? node->line : 1, node ? node->column : 1, node, code, format, args);
    va_end(args);
    return AGON_EINVAL;
}

int config_refuse_key(struct config *config, const struct config_node *entry, enum config_code code,
                      const char *format, ...)
{
    va_list args;

    va_start(args, format);
    node_error_v(config, entry->key_line, entry->key_column, entry, code, format, args);
    va_end(args);
    return AGON_EINVAL;
}

uint32_t config_error_count(const struct config *config)
{
    return config->n_errors;
}

const char *config_error_text(const struct config *config, uint32_t i)
{
    return i < config->n_kept ? config->errors[i].text : NULL;
}

uint32_t config_error_line(const struct config *config, uint32_t i)
{
    return i < config->n_kept ? config->errors[i].line : 0;
}

uint32_t config_error_column(const struct config *config, uint32_t i)
{
    return i < config->n_kept ? config->errors[i].column : 0;
}

enum config_code config_error_code(const struct config *config, uint32_t i)
{
    return i < config->n_kept ? config->errors[i].code : 0;
}

int config_is_unsafe(const struct config *config)
{
    return config->is_unsafe;
}

void config_print_errors(const struct config *config, FILE *out)
{
    for (uint32_t i = 0; i < config->n_kept; i++)
        fprintf(out, "%s\n", config->errors[i].text);
    if (config->n_errors > config->n_kept)
        fprintf(out, "%s: and %u more errors\n", config->name, config->n_errors - config->n_kept);
}
