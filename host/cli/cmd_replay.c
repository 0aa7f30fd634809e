// SPDX-License-Identifier: Apache-2.0
/* replay: rebuilds the state that a journal describes and proves it by every recorded hash. */
#include <limits.h>
#include <stdlib.h>

#include <sodium.h>

#include "args/args.h"
#include "cli/commands.h"
#include "cli/journal_dir.h"
#include "lab/replay.h"

/* On standard error, so that what was asked for stays as it is. */
static void print_builds(const struct replay *result)
{
    char text[2 * sizeof(result->other_builds[0]) + 1];

    for (uint32_t i = 0; i < result->n_other_builds; i++) {
        sodium_bin2hex(text, sizeof(text), result->other_builds[i],
                       sizeof(result->other_builds[i]));
        fprintf(stderr,
                "agon replay: build %s made runs of this journal, and is another than this one\n",
                text[strspn(text, "0")] == '\0' ? "(unknown)" : text);
    }
}

int cmd_replay(int argc, char **argv)
{
    struct opts {
        struct arg_list dir;
        int64_t until; /* 0: the end */
        const char *tapes;
        int is_live, is_verified, is_json;
    } opts = {0};
    const struct arg table[] = {
        {"until", ARG_INT, "N", "stop behind event N", &opts.until, .min = 1, .max = INT64_MAX},
        {"verify", ARG_FLAG, NULL, "also check what must hold of the state", &opts.is_verified},
        {"tapes", ARG_TEXT, "DIR",
         "look there first for the tapes that a backtest's journal names (where they were, the "
         "journal's folder, the one above)",
         &opts.tapes},
        {"live", ARG_FLAG, NULL, "a host writes it meanwhile: stop where it ends now",
         &opts.is_live},
        {"json", ARG_FLAG, NULL, "report as JSON", &opts.is_json},
        {NULL}};
    const struct args_spec spec = {
        .usage = "DIRECTORY|FILE [OPTION...]",
        .first =
            "a run directory, its journal/, or a .aj file in it: `agon replay DIRECTORY --verify`",
        .about = "Steps a journal's events through a new engine. Every hash that the journal holds "
                 "has to be "
                 "reached again; else it says at which event the two part, and ends with 1.\n"
                 "DIRECTORY is a run directory or its journal; FILE is one of the journal's.",
        .args = table,
        .operands = &opts.dir,
        .operands_min = 1,
        .operands_max = 1};
    struct replay_config config = {0};
    struct replay result = {0};
    struct error err = {0};
    char dir[PATH_MAX];
    char state[2 * HASH_SIZE + 1];
    char intents[2 * HASH_SIZE + 1];
    int rc = args_parse(&spec, argc, argv);

    if (rc != ARGS_RUN)
        return rc;
    if (opts.tapes != NULL && !journal_dir_beside(argv[0], "tapes", opts.tapes, "tapes"))
        return EXIT_FLAGS;
    if (!journal_dir("replay", opts.dir.at[0], dir, sizeof(dir)))
        return EXIT_DATA;
    config.dir = dir;
    config.until = (uint64_t)opts.until;
    config.tapes = opts.tapes;
    config.is_live = opts.is_live;
    config.is_verified = opts.is_verified;
    rc = replay_run(&config, &result, &err);
    if (rc < 0) {
        fprintf(stderr, "agon replay: %s: %s\n", args_safe(config.dir), err.text);
        // A state that differs is a failed check; a journal that cannot be read is bad data.
        rc = rc == AGON_ECORRUPT && !result.is_unread && result.n_events > 0 ? EXIT_CHECK
             : rc == AGON_ENOENT || rc == AGON_EIO                           ? EXIT_ENVIRONMENT
                                                                             : EXIT_DATA;
        replay_free(&result);
        return rc;
    }
    if (result.last_seq < (uint64_t)opts.until)
        fprintf(stderr, "agon replay: %s: the journal ends at event %llu, before --until %lld\n",
                args_safe(config.dir), (unsigned long long)result.last_seq, (long long)opts.until);
    print_builds(&result);
    hash_hex(result.state, state);
    hash_hex(result.intents, intents);
    if (opts.is_json)
        printf("{\"first_seq\": %llu, \"last_seq\": %llu, \"events\": %llu, \"marks\": %llu, "
               "\"intents\": %llu, \"intents_hash\": \"%s\", \"state_hash\": \"%s\", \"seconds\": "
               "%.6f, \"other_build_runs\": %u}\n",
               (unsigned long long)result.first_seq, (unsigned long long)result.last_seq,
               (unsigned long long)result.n_events, (unsigned long long)result.n_marks,
               (unsigned long long)result.n_intents, intents, state, (double)result.wall_ns / 1e9,
               result.n_other_runs);
    else
        printf("events   %llu to %llu, %.2f million a second%s\n"
               "marks    %llu of %llu reached\n"
               "intents  %llu  %.16s\n"
               "state    seq %llu  %.16s\n",
               (unsigned long long)result.first_seq, (unsigned long long)result.last_seq,
               result.wall_ns > 0 ? (double)result.n_events * 1e3 / (double)result.wall_ns : 0.0,
               opts.is_verified ? ", every invariant held" : "", (unsigned long long)result.n_marks,
               (unsigned long long)result.n_marks, (unsigned long long)result.n_intents, intents,
               (unsigned long long)engine_seq(result.engine), state);
    replay_free(&result);
    return EXIT_OK;
}
