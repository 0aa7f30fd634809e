// SPDX-License-Identifier: Apache-2.0
/* completion: the shell asks agon itself, so that the script never knows less than the program. The
 * scripts hand over the words of the line; what could follow comes from the tables of commands,
 * options and verbs, and from a running host where agents and symbols are meant. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "args/args.h"
#include "cli/commands.h"
#include "control/client.h"
#include "ops/api.h"
#include "roster/tournament_preset.h"
#include "synth/synth.h"
#include "sys/log.h"
#include "sys/rundir.h"

#define WAIT_NS ((int64_t)1000000000)

static const char bash[] =
    "# bash completion for agon\n"
    "_agon()\n"
    "{\n"
    "    mapfile -t COMPREPLY < <(\"${COMP_WORDS[0]}\" completion next "
    "\"${COMP_WORDS[@]:1:COMP_CWORD}\" 2>/dev/null)\n"
    "    if [ \"${#COMPREPLY[@]}\" -eq 0 ]; then\n"
    "        mapfile -t COMPREPLY < <(compgen -f -- \"${COMP_WORDS[COMP_CWORD]}\")\n"
    "    fi\n"
    "}\n"
    "complete -o filenames -F _agon agon ./agon\n";

static const char zsh[] =
    "#compdef agon\n"
    "# zsh completion for agon: source it after compinit, or put it as _agon in a folder of fpath\n"
    "_agon()\n"
    "{\n"
    "    local -a next\n"
    "    next=(${(f)\"$(\"${words[1]}\" completion next \"${(@)words[2,CURRENT]}\" "
    "2>/dev/null)\"})\n"
    "    if (( ${#next} )); then\n"
    "        compadd -a next\n"
    "    else\n"
    "        _files\n"
    "    fi\n"
    "}\n"
    "compdef _agon agon\n";

static const char fish[] =
    "# fish completion for agon\n"
    "function __agon_next\n"
    "    set -l words (commandline -opc)\n"
    "    set -l program $words[1]\n"
    "    set -l next ($program completion next $words[2..-1] (commandline -ct) 2>/dev/null)\n"
    "    if test (count $next) -gt 0\n"
    "        printf '%s\\n' $next\n"
    "    else\n"
    "        __fish_complete_path (commandline -ct)\n"
    "    end\n"
    "end\n"
    "complete -c agon -f -a '(__agon_next)'\n";

static const struct {
    const char *name, *script;
} shells[] = {{"bash", bash}, {"zsh", zsh}, {"fish", fish}};
#define SHELLS (sizeof(shells) / sizeof(shells[0]))

static void offer(const char *prefix, const char *word, size_t n)
{
    if (n >= strlen(prefix) && strncmp(word, prefix, strlen(prefix)) == 0)
        printf("%.*s\n", (int)n, word);
}

static void offer_commands(const char *prefix)
{
    for (const struct command *command = commands; command->name; command++)
        offer(prefix, command->name, strlen(command->name));
}

/* The command's own help. The caller frees it; NULL: there is no such command. */
static char *help_of(const char *name)
{
    char help[] = "--help";
    char *argv[] = {NULL, help, NULL};
    FILE *before = stdout;
    char *text = NULL;
    size_t n;

    for (const struct command *command = commands; command->name; command++) {
        if (strcmp(command->name, name) != 0 || (argv[0] = strdup(name)) == NULL)
            continue;
        stdout = open_memstream(&text, &n);
        if (stdout != NULL) {
            (void)command->run(2, argv);
            fclose(stdout);
        }
        stdout = before;
        free(argv[0]);
    }
    return text;
}

static void offer_options(const char *prefix, const char *name)
{
    char *text = help_of(name);

    for (const char *at = text; at != NULL && *at != '\0';
         at += strcspn(at, "\n"), at += *at != '\0') {
        if (strncmp(at, "  --", 4) == 0)
            offer(prefix, at + 2, strcspn(at + 2, " \n"));
    }
    free(text);
}

/* The verbs of a command stand in its usage, apart by "|": "cat|stats DIRECTORY|FILE", "show
 * DIRECTORY | measures". Capitals name a kind. */
static void offer_verbs(const char *prefix, const char *name)
{
    char *text = help_of(name);
    char head[64];
    int n = snprintf(head, sizeof(head), "usage: agon %.40s ", name);
    const char *at = text != NULL && strncmp(text, head, (size_t)n) == 0 ? text + n : NULL;

    while (at != NULL) {
        size_t word = strspn(at, "abcdefghijklmnopqrstuvwxyz-");

        if (word > 0 && at[0] != '-' && at[word] != '\0' && strchr(" |\n", at[word]) != NULL)
            offer(prefix, at, word);
        // To the next one; the usage ends with a line behind which none is indented.
        for (; *at != '\0' && *at != '|' && !(at[0] == '\n' && at[1] != ' '); at++)
            ;
        at = *at == '|' ? at + 1 + strspn(at + 1, " \n") : NULL;
    }
    free(text);
}

static void offer_presets(const char *prefix)
{
    const char *name, *bytes;
    size_t n;

    for (uint32_t i = 0; tournament_preset_at(i, &name, &bytes, &n); i++)
        offer(prefix, name, strlen(name));
}

/* What a running host calls its agents, symbols or venues; none where none runs. */
static void offer_of_host(const char *prefix, const char *dir, const char *verb, const char *key)
{
    struct error err = {0};
    json_t *list = NULL;
    const json_t *row;
    size_t i;

    if (client_ask(dir, &verb, 1, WAIT_NS, &list, &err) < 0)
        return;
    json_array_foreach(list, i, row)
    {
        const char *name = json_string_value(json_object_get(row, key));

        if (name != NULL)
            offer(prefix, name, strlen(name));
    }
    json_decref(list);
}

/* One argument of a verb's usage, such as "[AGENT|SYMBOL|all]": capitals name a kind, the rest is
 * meant as it stands. */
static void offer_argument(const char *prefix, const char *dir, const char *usage, size_t n)
{
    while (n > 0) {
        size_t skip = strcspn(usage, "[]|");
        size_t one = skip < n ? skip : n;

        if (one == 5 && strncmp(usage, "AGENT", 5) == 0)
            offer_of_host(prefix, dir, "agents", "name");
        else if (one == 4 && strncmp(usage, "NAME", 4) == 0)
            offer_of_host(prefix, dir, "agents", "name");
        else if (one == 6 && strncmp(usage, "SYMBOL", 6) == 0)
            offer_of_host(prefix, dir, "books", "symbol");
        else if (one == 5 && strncmp(usage, "VENUE", 5) == 0)
            offer_of_host(prefix, dir, "venues", "venue");
        else if (one == 5 && strncmp(usage, "LEVEL", 5) == 0)
            for (int level = LOG_DEBUG; level <= LOG_ERROR; level++)
                offer(prefix, log_level_name((enum log_level)level),
                      strlen(log_level_name((enum log_level)level)));
        else if (one > 0 && usage[0] >= 'a' && usage[0] <= 'z')
            offer(prefix, usage, one);
        one += one < n;
        usage += one;
        n -= one;
    }
}

// Of verbs of two words the first stands once, wherever they are in the table.
static int is_first_of_its_word(const struct control_verb *verb, size_t n)
{
    for (const struct control_verb *before = api_verbs; before != verb; before++) {
        if (strcspn(before->name, " ") == n && strncmp(before->name, verb->name, n) == 0)
            return 0;
    }
    return 1;
}

static void offer_verb(int n, char **words, const char *dir)
{
    const char *prefix = words[n - 1];

    for (const struct control_verb *verb = api_verbs; verb->name != NULL; verb++) {
        size_t first = strcspn(verb->name, " ");
        int n_words = verb->name[first] == '\0' ? 1 : 2;
        const char *usage = verb->usage;

        if (n == 1) {
            if (is_first_of_its_word(verb, first))
                offer(prefix, verb->name, first);
            continue;
        }
        if (strlen(words[0]) != first || strncmp(verb->name, words[0], first) != 0)
            continue;
        if (n_words == 2 && n == 2)
            offer(prefix, verb->name + first + 1, strlen(verb->name) - first - 1);
        if (n_words == 2 && (n < 3 || strcmp(words[1], verb->name + first + 1) != 0))
            continue;
        for (int i = n_words; i < n - 1; i++)
            usage += strcspn(usage, " ") + (usage[strcspn(usage, " ")] != '\0');
        // A NAME is an agent's only where none has been named.
        if (usage == verb->usage || strncmp(usage, "NAME", 4) != 0)
            offer_argument(prefix, dir, usage, strcspn(usage, " "));
    }
}

/* The words of ctl without its options; the folder of --dir. */
static void offer_ctl(int n, char **words)
{
    char *plain[CONTROL_ARGS + 2];
    char dir[PATH_MAX] = "";
    struct error err = {0};
    int n_plain = 0;

    for (int i = 0; i < n && n_plain < CONTROL_ARGS + 2; i++) {
        int is_value = i > 0 && i < n - 1 && strcmp(words[i - 1], "--dir") == 0;

        if (is_value)
            snprintf(dir, sizeof(dir), "%s", words[i]);
        else if (i == n - 1 || strncmp(words[i], "--", 2) != 0)
            plain[n_plain++] = words[i];
    }
    if (dir[0] == '\0' && rundir_default(dir, sizeof(dir), &err) < 0)
        dir[0] = '\0';
    if (n_plain > 0)
        offer_verb(n_plain, plain, dir);
}

/* What could stand in the last word's place; nothing: a file. */
static int next(int n, char **words)
{
    const char *prefix = n > 0 ? words[n - 1] : "";
    struct synth_file file;

    if (n <= 1 || (n == 2 && strcmp(words[0], "help") == 0))
        offer_commands(prefix);
    else if (prefix[0] == '-')
        offer_options(prefix, words[0]);
    else if (strcmp(words[n - 2], "--market") == 0)
        for (uint32_t i = 0; synth_builtin(i, &file); i++)
            offer(prefix, file.name, strlen(file.name));
    else if (strncmp(words[n - 2], "--dir", 5) == 0)
        return EXIT_OK;
    else if (strcmp(words[0], "ctl") == 0)
        offer_ctl(n - 1, words + 1);
    else if (n == 2)
        offer_verbs(prefix, words[0]);
    else if (n == 3 && strcmp(words[0], "tournament") == 0 && strcmp(words[1], "presets") == 0)
        offer_presets(prefix);
    return EXIT_OK;
}

int cmd_completion(int argc, char **argv)
{
    struct arg_list operands = {0};
    const struct arg args[] = {{.name = NULL}};
    const struct args_spec spec = {
        .usage = "bash|zsh|fish",
        .first = "bash, zsh or fish: `agon completion bash`",
        .about = "Prints a completion script: source <(agon completion bash), or in fish: agon "
                 "completion fish | source. \"words\" lists the commands.",
        .args = args,
        .operands = &operands,
        .operands_min = 1,
        .operands_max = 1,
    };
    int rc;

    if (argc > 1 && strcmp(argv[1], "next") == 0) // words of a line, options among them
        return next(argc - 2, argv + 2);
    rc = args_parse(&spec, argc, argv);
    if (rc != ARGS_RUN)
        return rc;
    if (strcmp(operands.at[0], "words") == 0) {
        offer_commands("");
        return EXIT_OK;
    }
    for (size_t i = 0; i < SHELLS; i++) {
        if (strcmp(operands.at[0], shells[i].name) == 0) {
            fputs(shells[i].script, stdout);
            return EXIT_OK;
        }
    }
    return args_refuse(&spec, argv[0], "no completion for %s, only for bash, zsh and fish",
                       args_safe(operands.at[0]));
}
