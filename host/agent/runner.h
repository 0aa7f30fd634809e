// SPDX-License-Identifier: Apache-2.0
/* runner: the program of a plugin's process, carried inside this one.
 *
 * It is child_main and what that needs, linked against libc and libm only: it starts in half the
 * time of this whole program, and a plugin that breaks out of its own code finds no TLS, no
 * signatures and no sockets' code beside it. Children get it as a sealed descriptor, so that host
 * and children are of one build whatever becomes of the program's file. Where nothing may be
 * executed from memory (vm.memfd_noexec=2, a security module) children are this program itself. */
#ifndef AGENT_RUNNER_H
#define AGENT_RUNNER_H

#include "sys/proc.h"

/* Starts a child of that program in proc. argv, envp, fds 0 to CHILD_FD_RUNNER - 1 and is_group are
 * spec's; exe NULL: the runner, or this program where that is not to be had. [any] */
int runner_spawn(struct proc *proc, const char *exe, struct proc_spec *spec, struct error *err);
/* Can the runner be started? Tries it. AGON_E...: children are this program, and why. [control] */
int runner_check(struct error *err);

#endif
