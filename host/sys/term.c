// SPDX-License-Identifier: Apache-2.0
#include "sys/term.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
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

int term_can_draw(int fd)
{
    const char *term = getenv("TERM");

    return term_is_tty(fd) && term != NULL && *term != '\0' && strcmp(term, "dumb") != 0;
}

int term_has_colour(int fd)
{
    const char *no_colour = getenv("NO_COLOR");

    return term_can_draw(fd) && (no_colour == NULL || *no_colour == '\0');
}

int term_keys(int fd, int is_on)
{
    static struct termios before;
    static int has_before;
    struct termios now;

    if (!is_on)
        return has_before && tcsetattr(fd, TCSANOW, &before) == 0 ? AGON_OK : AGON_ENOTSUP;
    if (tcgetattr(fd, &before) != 0)
        return AGON_ENOTSUP;
    has_before = 1;
    now = before;
    now.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    return tcsetattr(fd, TCSANOW, &now) == 0 ? AGON_OK : AGON_ENOTSUP;
}

int term_key(int fd, int64_t wait_ns)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
    unsigned char key;

    if (poll(&poll_fd, 1, (int)(wait_ns / 1000000)) <= 0 || read(fd, &key, 1) != 1)
        return 0;
    return key;
}
