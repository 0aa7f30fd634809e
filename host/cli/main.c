// SPDX-License-Identifier: Apache-2.0
/* agon: finds the subcommand and runs it. What all commands share is here: help, the version,
 * suggestions for a mistyped name, and that a broken standard output is an error and no silence. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "agent/child_main.h"
#include "args/args.h"
#include "base/utf8.h"
#include "cli/commands.h"
#include "config/suggest.h"
#include "sys/harden.h"

#define COMMANDS_ROW(name, function, help) {#name, help, function},
const struct command commands[] = {COMMANDS(COMMANDS_ROW){NULL, NULL, NULL}};

static const char usage[] = "usage: agon COMMAND [OPTION...]\n";

int commands_can_print(void)
{
    return !ferror(stdout);
}

int commands_printed(int rc)
{
    return rc < 0 && !commands_can_print() ? AGON_OK : rc;
}

static const struct command *find(const char *name)
{
    for (const struct command *command = commands; command->name; command++)
        if (strcmp(command->name, name) == 0)
            return command;
    return NULL;
}

static int print_help(void)
{
    printf("agon: an arena for trading strategies\n\n%s\nCommands:\n", usage);
    for (const struct command *command = commands; command->name; command++)
        printf("  %-12s %s\n", command->name, command->help);
    printf("\nagon help COMMAND shows a command's options;\n"
           "agon --version [--features] what this is.\n"
           "Exit codes: 0 well, 1 a check failed, 2 command line, 3 configuration,\n"
           "4 bad data, 5 refused for safety, 6 environment,\n"
           "7 a journal ahead of the clock, 70 internal error.\n");
    return EXIT_OK;
}

static int print_version(int argc, char **argv)
{
    int has_features = argc > 2 && strcmp(argv[2], "--features") == 0;

    if (argc > 2 + has_features) {
        fprintf(stderr, "agon --version: unexpected argument %s\n%s",
                args_safe(argv[2 + has_features]), usage);
        return EXIT_FLAGS;
    }
    printf("agon %s\n", AGON_VERSION);
    for (const char *c = AGON_FEATURES; has_features && *c; c++)
        putchar(*c == ',' ? '\n' : *c);
    return EXIT_OK;
}

static int refuse(const char *what, const char *name)
{
    struct suggest suggest = {0};
    size_t n = strnlen(name, SUGGEST_MAX + 1);

    for (const struct command *command = commands; command->name; command++)
        suggest_offer(&suggest, name, n, command->name);
    fprintf(stderr, "agon: unknown %s %s%s%s%s\n%sagon --help lists the commands\n", what,
            args_safe(name), suggest.best ? "; did you mean " : "",
            suggest.best ? suggest.best : "", suggest.best ? "?" : "", usage);
    return EXIT_FLAGS;
}

static int run(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "--help";
    const struct command *command;

    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
        return print_help();
    if (strcmp(name, "--version") == 0)
        return print_version(argc, argv);
    if (strcmp(name, "help") == 0) {
        char help[] = "--help";
        char *help_argv[] = {NULL, help, NULL};

        if (argc < 3)
            return print_help();
        command = find(argv[2]);
        if (!command)
            return refuse("command", argv[2]);
        help_argv[0] = argv[2];
        return command->run(2, help_argv);
    }
    if (name[0] == '-')
        return refuse("option", name);
    command = find(name);
    return command ? command->run(argc - 1, argv + 1) : refuse("command", name);
}

/* Has who reads standard output gone, as behind `| head -1`? He has what he wanted. */
static int is_reader_gone(void)
{
    struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};

    return poll(&out, 1, 0) > 0 && (out.revents & (POLLERR | POLLHUP)) != 0;
}

int main(int argc, char **argv)
{
    int rc, error;

    // A process runner's child is this program too (agent/child_main.h).
    if (argc > 1 && strcmp(argv[1], CHILD_COMMAND) == 0)
        return child_main(argc, argv);
    // A peer or a pager that goes away is an error of one write, never the end of the host.
    signal(SIGPIPE, SIG_IGN);
    harden_files();
    rc = run(argc, argv);
    errno = 0;
    if ((fflush(stdout) != 0 || ferror(stdout)) && !is_reader_gone()) {
        error = errno;
        fprintf(stderr, "agon: standard output: %s\n",
                error != 0 ? strerror(error) : "not all of it could be written");
        if (rc == EXIT_OK)
            rc = EXIT_ENVIRONMENT;
    }
    return rc;
}
