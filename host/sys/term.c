// SPDX-License-Identifier: Apache-2.0
#include "sys/term.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

int term_is_tty(int fd)
{
    return isatty(fd) == 1;
}

static int clamp(long value, long low, long high)
{
    return (int)(value < low ? low : value > high ? high : value);
}

int term_width(int fd)
{
    struct winsize size = {0};
    const char *columns = getenv("COLUMNS");

    if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return clamp(size.ws_col, 20, 1000);
    if (columns != NULL && *columns != '\0')
        return clamp(strtol(columns, NULL, 10), 20, 1000);
    return 80;
}

int term_height(int fd)
{
    struct winsize size = {0};

    return ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 ? clamp(size.ws_row, 5, 1000) : 24;
}

int term_has_colour(int fd)
{
    const char *no_colour = getenv("NO_COLOR");
    const char *term = getenv("TERM");

    return term_is_tty(fd) && (no_colour == NULL || *no_colour == '\0') && term != NULL &&
           strcmp(term, "dumb") != 0;
}
