// SPDX-License-Identifier: Apache-2.0
/* frame: a picture that fills a terminal and is drawn over the one before it, on the terminal's
 * second screen: what stood there before is there again at the end. It never scrolls and no line
 * wraps: lines are cut at the width, and those that find no row are left out. Where no picture can
 * be drawn (a pipe, a file, TERM=dumb) there is no frame, and who calls prints lines. [one thread]
 */
#ifndef REPORT_FRAME_H
#define REPORT_FRAME_H

#include <stdint.h>
#include <stdio.h>

#define FRAME_TAIL      8   /* lines of other output that are kept, the newest */
#define FRAME_TAIL_LINE 240 /* bytes of one */

struct frame {
    FILE *out;
    int is_screen;     /* a picture can be drawn */
    int has_colour;    /* and it may be painted */
    int columns, rows; /* at the last frame_begin */
    int is_open;       /* the second screen is shown */
    FILE *lines;       /* of the picture that is being made; NULL: no memory */
    char *text;        /* owned: of those lines */
    size_t n;
    int tail_fd; /* -1: nothing is kept */
    uint64_t n_tail;
    char tail[FRAME_TAIL][FRAME_TAIL_LINE]; /* line k at k % FRAME_TAIL */
    size_t tail_used;                       /* of the line that is not over yet */
    char tail_open[FRAME_TAIL_LINE];
};

void frame_init(struct frame *frame, FILE *out);
/* A descriptor for what would be written over the picture (a log on standard error): its newest
 * lines are kept. The caller closes it behind its last writer. -1: none, there is no picture. */
int frame_catch(struct frame *frame);
/* Begins a picture: its lines go to the result, each ending with a line feed. Never NULL. */
FILE *frame_begin(struct frame *frame);
/* The sequence, or "" where nothing is painted: "1" bold, "2" dim, "31" red, "0" plain. */
const char *frame_paint(const struct frame *frame, const char *code, char text[12]);
/* Draws it. */
void frame_end(struct frame *frame);
/* How many lines of the tail are kept, and the i-th, oldest first. */
int frame_tail_count(const struct frame *frame);
const char *frame_tail_line(const struct frame *frame, int i);
/* Reads what has come since. frame_end does. */
void frame_tail_read(struct frame *frame);
/* The terminal is as it was before the first picture. Pictures may be drawn again after it. */
void frame_close(struct frame *frame);
/* Cuts a line at that many columns; sequences that paint have none. Returns the bytes that go on
 * it. */
size_t frame_cut(const char *line, size_t n, int columns);
/* Lines that are no picture, each cut at that many columns. */
void frame_put(FILE *out, const char *text, int columns);

#endif
