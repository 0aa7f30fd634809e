// SPDX-License-Identifier: Apache-2.0
#include "run/kill.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/utf8.h"

int kill_in_environment(char why[COMMAND_WHY])
{
    static const char *const off[] = {"", "0", "false", "no", "off"};
    const char *text = getenv(KILL_VARIABLE);

    if (text == NULL)
        return 0;
    for (size_t i = 0; i < sizeof(off) / sizeof(off[0]); i++) {
        if (strcasecmp(text, off[i]) == 0)
            return 0;
    }
    snprintf(why, COMMAND_WHY, "%s is set in the environment", KILL_VARIABLE);
    return 1;
}

// Never waits for who would write into it: a pipe is there, and that is enough.
static size_t first_line(const char *path, char *line, size_t room)
{
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);
    ssize_t n = fd >= 0 ? read(fd, line, room - 1) : 0;

    if (fd >= 0)
        (void)close(fd);
    line[n > 0 ? n : 0] = '\0';
    line[strcspn(line, "\r\n")] = '\0';
    if (!utf8_is_valid(line, strlen(line)))
        line[0] = '\0';
    return strlen(line);
}

int kill_file_is_there(const char *path, char why[COMMAND_WHY])
{
    const char *name = strrchr(path, '/');
    struct stat stat;
    char line[61];

    if (lstat(path, &stat) != 0)
        return 0;
    name = name != NULL ? name + 1 : path;
    if (first_line(path, line, sizeof(line)) > 0)
        snprintf(why, COMMAND_WHY, "the file %.24s: %s", name, line);
    else
        snprintf(why, COMMAND_WHY, "the file %.80s", name);
    return 1;
}
