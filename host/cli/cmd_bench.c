// SPDX-License-Identifier: Apache-2.0
/* bench: the program agon-bench, which lies beside this one. */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "cli/commands.h"
#include "sys/proc.h"

int cmd_bench(int argc, char **argv)
{
    char path[PATH_MAX];

    (void)argc;
    if (proc_beside("agon-bench", path, sizeof(path)) < 0) {
        fprintf(stderr, "agon bench: the path of this program cannot be read\n");
        return EXIT_ENVIRONMENT;
    }
    execv(path, argv);
    fprintf(stderr, "agon bench: %s: %s; it is installed beside agon\n", path, strerror(errno));
    return EXIT_ENVIRONMENT;
}
