// SPDX-License-Identifier: Apache-2.0
/* rules: what cards there are, who may have how much of them, and when: a profile of budgets and a
 * profile of shares, read from YAML (profile.h) and plain from then on. Bytes are bytes, shares are
 * parts per million of one card. [any] */
#ifndef GPU_RULES_H
#define GPU_RULES_H

#include "base/codec.h"
#include "base/hash.h"

#define GPU_CARDS_MAX   8
#define GPU_BUDGETS_MAX 32 /* of all cards */
#define GPU_GROUPS_MAX  32
#define GPU_NAME        32
#define GPU_ALL_PPM     1000000
#define GPU_EACH        0xff /* a group that is on every card by itself */
#define GPU_NONE        0xff /* no card, no group, no budget */

/* In the order in which they keep what they have: who comes later here leaves first. */
enum gpu_class { GPU_INFERENCE, GPU_TRAINING, GPU_RESEARCH, GPU_CLASSES };
/* How training comes to pass on a card: not at all, by CUDA, by something else. */
enum gpu_training { GPU_TRAINING_NONE, GPU_TRAINING_CUDA, GPU_TRAINING_OTHER };
enum gpu_split_of { GPU_NORMAL, GPU_HIGH, GPU_EXTREME, GPU_WEEKLY, GPU_SPLITS };

struct gpu_split { /* training: that and research together */
    uint32_t inference_ppm, training_ppm;
};
struct gpu_card_rules {
    char name[GPU_NAME];
    int64_t memory, reserve; /* bytes; the reserve is leased to nobody */
    uint32_t cores;          /* 0: not said */
    uint8_t training;        /* enum gpu_training */
    uint8_t is_fp64_limited;
    uint8_t is_standby;   /* used when no other card is left, and by what is inference alone */
    uint8_t is_on_demand; /* its worker ends when the last lease does */
};
struct gpu_budget {
    char name[GPU_NAME];
    int64_t bytes;
    uint8_t card, class;
};
struct gpu_group {
    char name[GPU_NAME];
    uint32_t share_ppm;
    uint8_t card, class; /* card: GPU_EACH or one */
};
struct gpu_rules {
    uint32_t n_cards, n_budgets, n_groups;
    struct gpu_card_rules cards[GPU_CARDS_MAX];
    struct gpu_budget budgets[GPU_BUDGETS_MAX];
    struct gpu_group groups[GPU_GROUPS_MAX];
    struct gpu_split splits[GPU_SPLITS];
    uint32_t target_min_ppm, target_max_ppm; /* of use; reported, no goal (CNF-33) */
    int64_t reviewed_ns; /* volatility is looked at each time so much engine time has gone by */
    int64_t chunk_ns;    /* longest chunk of a job */
    int64_t window_ns;   /* as much unused time as training may save up */
    /* Heat in thousandths of a degree: above warm a card is outside of its baseline, above alert
     * for sustained_ns somebody hears of it, above scale it works scaled_ppm of the time, above
     * stop it is shut and everything stops. A step ends less_mc below its threshold. */
    int32_t warm_mc, alert_mc, scale_mc, stop_mc, less_mc;
    int64_t sustained_ns;
    uint32_t scaled_ppm;
    uint32_t single_ppm; /* one card left of several: its use, and how many strategies stay */
    uint32_t single_top;
};

/* As rules of cards in a world whose time runs so many thousandths as fast as theirs: a chunk, what
 * is saved up and heat that lasts are of real time. */
void gpu_rules_scale(struct gpu_rules *rules, int64_t speed_milli);

#define GPU_RULES_BYTES_MAX 4096 /* that gpu_rules_save ever writes */
/* Canonical bytes, of what there is alone. */
void gpu_rules_save(const struct gpu_rules *rules, struct enc *enc);
/* What no profile can say makes dec fail. No cards at all are rules too. */
void gpu_rules_load(struct gpu_rules *rules, struct dec *dec);
/* Of what gpu_rules_save writes. */
void gpu_rules_digest(const struct gpu_rules *rules, unsigned char digest[HASH_SIZE]);

#endif
