// SPDX-License-Identifier: Apache-2.0
/* leases: what a roster says of GPU cards: which profile, and the leases of each slot.
 *
 *     gpu: {profile: s1_inference_training, shares: production, device: cuda}
 *     agents:
 *       - name: model_1
 *         files: {weights: models/lstm.safetensors}
 *         gpu:
 *           leases:
 *             main: {budget: lstm, memory: 2GiB, share: 10%, priority: 1, resident: weights}
 *
 * A lease that the profile can never grant is refused with the roster. [control] */
#ifndef ROSTER_LEASES_H
#define ROSTER_LEASES_H

#include "agent/crew.h"
#include "config/schema.h"
#include "gpu/gpu.h"

#define LEASES_NAME    24  /* of a profile; as record_gpu_rules has it */
#define LEASES_PATH    256 /* of a profile: a name, or a file beside what names it; of a library */
#define LEASES_OWN     8   /* leases of own kernels in a roster: each has a worker for itself */
#define LEASES_CONTEXT ((int64_t)512 << 20) /* the preset of own_context */
#define LEASES_SCRIPT  256                  /* of device scripted, for one card: card/scripted.h */

enum leases_device { LEASES_CUDA = 1, LEASES_CPU = 2, LEASES_SCRIPTED = 3 };
const char *leases_device_name(uint8_t device); /* "cuda"; "?" */

struct leases_words { /* `gpu` of a roster */
    char profile[LEASES_PATH], shares[LEASES_PATH];
    uint8_t device;   /* enum leases_device */
    uint32_t threads; /* of a card that is the processor */
    int64_t limit_ns; /* of a backtest: a card that says nothing for so long has hung */
    int64_t delay_ns; /* from a job's submission to its JOB event, at the least */
    uint8_t has_own;  /* agents may have kernels of their own */
    int64_t context;  /* bytes of a card that a lease of those takes besides its memory */
    char driver[LEASES_PATH], nvrtc[LEASES_PATH]; /* "": the system's */
    uint32_t n_scripts;
    char scripts[GPU_CARDS_MAX][LEASES_SCRIPT];
};
struct roster_cards { /* rules.n_cards 0: there are none */
    struct leases_words words;
    char profile[LEASES_NAME], shares[LEASES_NAME]; /* what is shown: of a file its own name */
    struct gpu_rules rules;
};
struct leases_slot {                       /* `gpu` of a slot */
    const struct config_node *leases_node; /* while it is read */
    uint32_t n_leases;
    struct crew_lease leases[CREW_LEASES_MAX];
};
extern const struct schema leases_schema, leases_slot_schema;

struct roster;
/* Profile and leases of a roster whose words are read; what is wrong is refused at its place. */
void leases_read(struct roster *roster, struct config *config);
/* The rules of a profile of budgets and one of shares, whose words stand at `node` in config: names
 * of the program's, or, with a '.' or '/', files beside config's own. What is wrong is refused
 * there, and rules.n_cards is 0 then. profile and shares: names to show, LEASES_NAME each. */
int leases_rules(struct config *config, const struct config_node *node, const char *budgets_word,
                 const char *shares_word, struct roster_cards *cards);
/* The budget of that word, "CARD.NAME", or "NAME" of a single card. GPU_NONE: there is none; *n: so
 * many of that name. */
uint8_t leases_find_budget(const struct gpu_rules *rules, const char *word, uint32_t *n);
/* Does an allocator that has nothing else to do, in that split, grant it? */
int leases_is_held(const struct gpu_rules *rules, const struct crew_lease *lease, uint32_t split);
/* leases_waits.c: those that wait from the start on, and why, where agents ask in the order of the
 * roster and none gives anything back. Returns how many. */
#define LEASES_WAITS_TEXT 448
typedef void leases_waits_fn(void *ctx, const struct crew_slot *slot,
                             const struct crew_lease *lease, const char *text);
uint32_t leases_waits(const struct roster_cards *cards, const struct crew_slot *slots,
                      uint32_t n_slots, leases_waits_fn *say, void *ctx);
/* What a lease asks for, as of t. */
void leases_request(const struct crew_lease *lease, uint16_t slot, int64_t t,
                    struct gpu_event *event);

#endif
