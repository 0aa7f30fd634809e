// SPDX-License-Identifier: Apache-2.0
/* completion: the shell asks agon itself, so that the script never knows less than the program. */
#include <string.h>

#include "args/args.h"
#include "cli/commands.h"

static const char bash[] =
    "# bash completion for agon\n"
    "_agon()\n"
    "{\n"
    "    local word=${COMP_WORDS[COMP_CWORD]} words i\n"
    "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
    "        words=$(\"${COMP_WORDS[0]}\" completion words 2>/dev/null)\n"
    "    elif [[ $word == -* ]]; then\n"
    "        words=$(\"${COMP_WORDS[0]}\" \"${COMP_WORDS[1]}\" --help 2>/dev/null |\n"
    "            sed -n 's/^  \\(--[a-z0-9-]*\\).*/\\1/p')\n"
    "    fi\n"
    "    if [ -n \"$words\" ]; then\n"
    "        mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n"
    "    else\n"
    "        mapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n"
    "    fi\n"
    "}\n"
    "complete -o filenames -F _agon agon ./agon\n";

int cmd_completion(int argc, char **argv)
{
    struct arg_list operands = {0};
    const struct arg args[] = {{.name = NULL}};
    const struct args_spec spec = {
        .usage = "bash",
        .about = "Prints a completion script: source <(agon completion bash). \"words\" lists the "
                 "commands.",
        .args = args,
        .operands = &operands,
        .operands_min = 1,
        .operands_max = 1,
    };
    int rc = args_parse(&spec, argc, argv);

    if (rc != ARGS_RUN)
        return rc;
    if (strcmp(operands.at[0], "words") == 0) {
        for (const struct command *command = commands; command->name; command++)
            printf("%s\n", command->name);
        return EXIT_OK;
    }
    if (strcmp(operands.at[0], "bash") != 0)
        return args_refuse(&spec, argv[0], "no completion for %s, only for bash",
                           args_safe(operands.at[0]));
    fputs(bash, stdout);
    return EXIT_OK;
}
