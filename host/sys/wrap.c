// SPDX-License-Identifier: Apache-2.0
#include "sys/wrap.h"

#include <string.h>

#include "sys/term.h"

static int most = WRAP_NONE;

int wrap_width(FILE *out)
{
    int fd = fileno(out);

    return fd >= 0 && term_is_tty(fd) ? term_width(fd) : most;
}

void wrap_limit(int columns)
{
    most = columns;
}

// Bytes that go on a line of room columns: all, or up to the last space within it. A UTF-8
// character counts as many columns as bytes: a line may be shorter than it had to be, never longer.
static size_t fits(const char *text, int room)
{
    size_t n = strlen(text);
    size_t end = room > 0 ? (size_t)room : 1;

    if (n <= end)
        return n;
    for (size_t i = end; i > 0; i--) {
        if (text[i] == ' ')
            return i;
    }
    return n > strcspn(text, " ") ? strcspn(text, " ") : n; // a word that is longer than a line
}

void wrap_text(FILE *out, int width, int at, int indent, const char *text)
{
    size_t n = fits(text, width - at);

    fprintf(out, "%.*s\n", (int)n, text);
    for (text += n; *text == ' ';)
        text++;
    while (*text != '\0') {
        n = fits(text, width - indent);
        fprintf(out, "%*s%.*s\n", indent, "", (int)n, text);
        for (text += n; *text == ' ';)
            text++;
    }
}

void wrap_lines(FILE *out, int width, const char *text)
{
    char line[4096];

    while (*text != '\0') {
        size_t n = strcspn(text, "\n");
        int begins = (int)strspn(text, " ");

        if (n <= (size_t)width || n >= sizeof(line) || begins + 2 >= width / 2) {
            fprintf(out, "%.*s\n", (int)n, text);
        } else {
            (void)snprintf(line, sizeof(line), "%.*s", (int)n, text);
            wrap_text(out, width, 0, begins + 2, line);
        }
        text += n + (text[n] == '\n');
    }
}
