// SPDX-License-Identifier: Apache-2.0
/* commands: the subcommands of agon. A new one is a file cmd_<name>.c, listed in meson.build, and
 * one line in COMMANDS. */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include <stdio.h>

#include "base/exit.h"

/* argv[0] is the command's own name. Returns an exit code. [main thread] */
struct command {
    const char *name;
    const char *help; /* one line, without a full stop */
    int (*run)(int argc, char **argv);
};
/* In the order in which help shows them; ends with a NULL name. */
extern const struct command commands[];

/* False once a write to standard output failed (a closed pipe, a full disk): a command that prints
 * much asks now and then, and stops. */
int commands_can_print(void);

/* rc of what was printed; AGON_OK where it failed because standard output did: main says so, or
 * that its reader has gone, which is no error. */
int commands_printed(int rc);

/* X(name, function, help), one line each. */
#define COMMANDS(X)                                                                                \
    X(backtest, cmd_backtest, "run plugins over recorded or generated markets")                    \
    X(backup, cmd_backup, "copy a run directory, check a copy, and restore it")                    \
    X(bench, cmd_bench, "measure a path of this host against a bare yardstick")                    \
    X(completion, cmd_completion, "print the completion script of a shell")                        \
    X(config, cmd_config, "check configurations, and show what may stand in them")                 \
    X(ctl, cmd_ctl, "ask and order a running host")                                                \
    X(demo, cmd_demo, "show the whole arena on this machine, with a proof at the end")             \
    X(doctor, cmd_doctor, "show what this machine gives and what it lacks")                        \
    X(dst, cmd_dst, "run seeds of simulated faults against the whole host")                        \
    X(features, cmd_features, "show what models are taught by, and make training files")           \
    X(gpu, cmd_gpu, "show who has what of GPU cards, by a profile or now")                         \
    X(inspect, cmd_inspect, "show what a plugin file is, without running it")                      \
    X(journal, cmd_journal, "show what a journal holds: events, figures, fills, equity")           \
    X(models, cmd_models, "keep versions of models, compare them and say which is current")        \
    X(new, cmd_new, "write a new plugin that builds and trades")                                   \
    X(parity, cmd_parity, "run a journal's plugins once more and compare what they want")          \
    X(replay, cmd_replay, "rebuild a state from its journal and prove it")                         \
    X(report, cmd_report, "say what a run came to, as text, JSON or a page")                       \
    X(run, cmd_run, "run agents on a venue, on paper or live")                                     \
    X(sim, cmd_sim, "serve an exchange's protocol on loopback over a simulated market")            \
    X(tape, cmd_tape, "make tapes of recordings, and show what is in one")                         \
    X(top, cmd_top, "show a running host in the terminal")                                         \
    X(tournament, cmd_tournament, "show how capital moved and why, or what would move now")        \
    X(train, cmd_train, "train a model, and say what it is on what it has not seen")               \
    X(validate, cmd_validate, "check plugin files")

#define COMMANDS_DECLARE(name, function, help) int function(int argc, char **argv);
COMMANDS(COMMANDS_DECLARE)
int cmd_train_ppo(int argc, char **argv); /* of train: what it does for ppo */

#endif
