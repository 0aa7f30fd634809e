// SPDX-License-Identifier: Apache-2.0
/* manifest: what a backup says of itself, and what its journal says of itself. */
#ifndef BACKUP_MANIFEST_H
#define BACKUP_MANIFEST_H

#include <jansson.h>

#include "backup/backup.h"
#include "exec/orders.h"
#include "journal/reader.h"

#define FACTS_NUMBERS 64

struct facts { /* of a journal, as it was read */
    uint64_t first_seq, last_seq;
    agon_ns_t first_t, last_t;
    uint32_t run, mode; /* of the newest START; 0: none is there */
    /* That client ids of it carry or carried. */
    uint32_t numbers[FACTS_NUMBERS], n_numbers;
    struct journal_summary summary;
};
/* Reads dir as it is. AGON_ECORRUPT, AGON_ENOENT (no event), AGON_EIO. */
int facts_read(struct facts *facts, const char *dir, struct error *err);

/* By a replay: which agents there are and their plugins, and the proven state. AGON_ECORRUPT. */
int facts_prove(const char *dir, json_t *manifest, struct error *err);

/* Writes manifest.json and its sum into dir, with every file in it. */
int manifest_write(const char *dir, json_t *manifest, struct error *err);
/* AGON_EINVAL: it is no backup; AGON_EVERSION; AGON_ECORRUPT: not as it was written. */
int manifest_read(const char *dir, json_t **manifest, struct error *err);

#endif
