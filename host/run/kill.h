// SPDX-License-Identifier: Apache-2.0
/* kill: the kill switch by ways that need no answer from the host: a word in the environment it is
 * started with, and a file that is looked at each second. [control] */
#ifndef RUN_KILL_H
#define RUN_KILL_H

#include "market/records.h"

#define KILL_VARIABLE "KILL_SWITCH"
#define KILL_FILE     "KILL" /* in the run directory, where the configuration names no other */
#define KILL_LOOK_NS  ((int64_t)1000000000)

/* Does the environment throw it? Whatever is not empty, 0, false, no or off does: a word that is
 * not understood is on the safe side. why says what it holds. */
int kill_in_environment(char why[COMMAND_WHY]);
/* Is the file there, of whatever kind? why: its name, and its first line where it can be read. */
int kill_file_is_there(const char *path, char why[COMMAND_WHY]);

#endif
