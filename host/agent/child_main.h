// SPDX-License-Identifier: Apache-2.0
/* child_main: the program of a process runner's child.
 *
 * It is a program of its own (runner.h) or this same binary, started with the words below by
 * run_process with these descriptors and nothing else: the slot's memory, the bus (read-only), the
 * setup, the plugin's copy and the files that its roster names. It takes away from itself what a
 * plugin has no use for (sandbox.h), maps the plugin, and feeds it. */
#ifndef AGENT_CHILD_MAIN_H
#define AGENT_CHILD_MAIN_H

#define CHILD_COMMAND    "__runner" /* argv[1] */
#define CHILD_NOT_CALLED 64         /* exit status of who was not started by a host */

/* Never started by hand: exits with a line on standard error then. [main thread] */
int child_main(int argc, char **argv);

#endif
