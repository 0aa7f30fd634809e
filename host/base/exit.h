// SPDX-License-Identifier: Apache-2.0
/* exit: what the program says to a shell when it ends. The numbers are part of the interface. */
#ifndef BASE_EXIT_H
#define BASE_EXIT_H

enum exit_code {
    EXIT_OK = 0,
    EXIT_CHECK = 1,       /* a check that was asked for failed */
    EXIT_FLAGS = 2,       /* command line */
    EXIT_CONFIG = 3,      /* a configuration file */
    EXIT_DATA = 4,        /* a data file or journal */
    EXIT_SAFETY = 5,      /* refused for safety */
    EXIT_ENVIRONMENT = 6, /* the machine: a library, a port, the disk, stdout */
    EXIT_CLOCK = 7,       /* a journal is ahead of the time */
    EXIT_INTERNAL = 70,   /* our own mistake */
    EXIT_INTERRUPTED = 130
};

#endif
