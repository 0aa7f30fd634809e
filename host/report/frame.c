// SPDX-License-Identifier: Apache-2.0
#include "report/frame.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sys/term.h"

void frame_init(struct frame *frame, FILE *out)
{
    int fd = fileno(out);

    memset(frame, 0, sizeof(*frame));
    frame->out = out;
    frame->tail_fd = -1;
    frame->is_screen = fd >= 0 && term_can_draw(fd);
    frame->has_colour = frame->is_screen && term_has_colour(fd);
    frame->columns = 80;
    frame->rows = 24;
}

int frame_catch(struct frame *frame)
{
    int fds[2];

    if (!frame->is_screen || pipe2(fds, O_CLOEXEC | O_NONBLOCK) < 0)
        return -1;
    frame->tail_fd = fds[0];
    return fds[1];
}

const char *frame_paint(const struct frame *frame, const char *code, char text[12])
{
    if (frame->has_colour)
        snprintf(text, 12, "\x1b[%.6sm", code);
    else
        text[0] = '\0';
    return text;
}

FILE *frame_begin(struct frame *frame)
{
    frame->columns = term_width(fileno(frame->out));
    frame->rows = term_height(fileno(frame->out));
    frame->text = NULL;
    frame->lines = open_memstream(&frame->text, &frame->n);
    return frame->lines != NULL ? frame->lines : frame->out;
}

size_t frame_cut(const char *line, size_t n, int columns)
{
    size_t i = 0;
    int used = 0;

    while (i < n) {
        unsigned char c = (unsigned char)line[i];

        if (c == 0x1b) { // up to its letter
            while (i < n && (line[i] < 'A' || line[i] == '['))
                i++;
            i += i < n;
            continue;
        }
        if (used == columns)
            break;
        used++;
        i++;
        while (i < n && ((unsigned char)line[i] & 0xc0) == 0x80)
            i++; // the rest of a character
    }
    return i;
}

/* Each line is cleared before it is written and placed by its number: at the last column a terminal
 * holds the cursor back, and clearing or a line feed there would hit the wrong cell or scroll. */
void frame_end(struct frame *frame)
{
    const char *at;
    int row = 0;

    if (frame->lines == NULL)
        return;
    if (fclose(frame->lines) != 0)
        frame->n = 0;
    frame->lines = NULL;
    frame_tail_read(frame);
    if (!frame->is_open)
        fputs("\x1b[?1049h\x1b[?25l", frame->out);
    frame->is_open = 1;
    at = frame->n > 0 ? frame->text : "";
    while (row < frame->rows) {
        size_t n = strcspn(at, "\n");
        size_t cut = frame_cut(at, n, frame->columns);

        fprintf(frame->out, "\x1b[%d;1H\x1b[K", ++row);
        fwrite(at, 1, cut, frame->out);
        if (frame->has_colour && cut < n)
            fputs("\x1b[0m", frame->out);
        at += n + (at[n] == '\n');
    }
    fflush(frame->out);
    free(frame->text);
    frame->text = NULL;
}

void frame_tail_read(struct frame *frame)
{
    char bytes[4096];
    ssize_t n;

    while (frame->tail_fd >= 0 && (n = read(frame->tail_fd, bytes, sizeof(bytes))) > 0) {
        for (ssize_t i = 0; i < n; i++) {
            if (bytes[i] != '\n') {
                if (frame->tail_used + 1 < FRAME_TAIL_LINE)
                    frame->tail_open[frame->tail_used++] = bytes[i];
                continue;
            }
            memcpy(frame->tail[frame->n_tail % FRAME_TAIL], frame->tail_open, frame->tail_used);
            frame->tail[frame->n_tail++ % FRAME_TAIL][frame->tail_used] = '\0';
            frame->tail_used = 0;
        }
    }
}

int frame_tail_count(const struct frame *frame)
{
    return frame->n_tail < FRAME_TAIL ? (int)frame->n_tail : FRAME_TAIL;
}

const char *frame_tail_line(const struct frame *frame, int i)
{
    uint64_t first = frame->n_tail < FRAME_TAIL ? 0 : frame->n_tail - FRAME_TAIL;

    return frame->tail[(first + (uint64_t)i) % FRAME_TAIL];
}

void frame_close(struct frame *frame)
{
    if (!frame->is_open)
        return;
    fputs("\x1b[?25h\x1b[?1049l", frame->out);
    fflush(frame->out);
    frame->is_open = 0;
}

void frame_put(FILE *out, const char *text, int columns)
{
    while (*text != '\0') {
        size_t n = strcspn(text, "\n");

        fwrite(text, 1, frame_cut(text, n, columns), out);
        fputc('\n', out);
        text += n + (text[n] == '\n');
    }
}
