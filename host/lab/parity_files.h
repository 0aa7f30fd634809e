// SPDX-License-Identifier: Apache-2.0
/* parity_files: where the contents of agents' files are, by their SHA-256: a journal has the hash
 * alone. And the results of their jobs, which it has. [one thread] */
#ifndef LAB_PARITY_FILES_H
#define LAB_PARITY_FILES_H

#include "engine/jobs.h"
#include "sys/sealed.h"

struct parity_files {         /* zeroed; of one worker */
    const char *const *paths; /* borrowed: files, and folders of them, to a depth of three */
    uint32_t n_paths;
    struct parity_file { /* found below them; owned */
        char *path;
        unsigned char digest[HASH_SIZE];
    } * all;
    uint32_t n, room;
    int is_looked;
    struct sealed_set sealed;
};
/* The contents with that SHA-256 (hex), which nobody can change any more. NULL: they are in none of
 * these places, why is "", or cannot be read, and why says so. */
const struct sealed *parity_files_find(struct parity_files *files, const char *hex, char *why,
                                       size_t room);
void parity_files_deinit(struct parity_files *files);

struct parity_results { /* zeroed; of one journal, as it is stepped */
    struct parity_result {
        uint64_t job, n;
        unsigned char *bytes; /* owned; AGON_GPU_RESULT_MAX */
    } of[SLOTS_MAX];
};
/* Bytes of a result that is to come. */
void parity_results_take(struct parity_results *results, const struct record_job_part *part);
/* By which the engine hands them to whoever runs again; ctx is results. */
struct job_port parity_results_port(struct parity_results *results);
void parity_results_deinit(struct parity_results *results);

#endif
