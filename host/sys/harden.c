// SPDX-License-Identifier: Apache-2.0
#include "sys/harden.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>

int harden_memory(struct error *err)
{
    struct rlimit none = {0, 0};

    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 || setrlimit(RLIMIT_CORE, &none) != 0)
        return error_set(err, AGON_EPERM, "core files cannot be switched off: %s", strerror(errno));
    return AGON_OK;
}

void harden_files(void)
{
    (void)signal(SIGXFSZ, SIG_IGN);
}
