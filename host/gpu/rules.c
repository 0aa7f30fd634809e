// SPDX-License-Identifier: Apache-2.0
#include "gpu/rules.h"

#include <string.h>

#include "base/error.h"
#include "base/num.h"

static void save_card(const struct gpu_card_rules *card, struct enc *enc)
{
    enc_bytes(enc, card->name, sizeof(card->name));
    enc_i64(enc, card->memory);
    enc_i64(enc, card->reserve);
    enc_u32(enc, card->cores);
    enc_u8(enc, card->training);
    enc_u8(enc, card->is_fp64_limited);
    enc_u8(enc, card->is_standby);
    enc_u8(enc, card->is_on_demand);
}

void gpu_rules_save(const struct gpu_rules *rules, struct enc *enc)
{
    enc_u32(enc, rules->n_cards);
    enc_u32(enc, rules->n_budgets);
    enc_u32(enc, rules->n_groups);
    for (uint32_t i = 0; i < rules->n_cards; i++)
        save_card(&rules->cards[i], enc);
    for (uint32_t i = 0; i < rules->n_budgets; i++) {
        enc_bytes(enc, rules->budgets[i].name, sizeof(rules->budgets[i].name));
        enc_i64(enc, rules->budgets[i].bytes);
        enc_u8(enc, rules->budgets[i].card);
        enc_u8(enc, rules->budgets[i].class);
    }
    for (uint32_t i = 0; i < rules->n_groups; i++) {
        enc_bytes(enc, rules->groups[i].name, sizeof(rules->groups[i].name));
        enc_u32(enc, rules->groups[i].share_ppm);
        enc_u8(enc, rules->groups[i].card);
        enc_u8(enc, rules->groups[i].class);
    }
    for (uint32_t i = 0; i < GPU_SPLITS; i++) {
        enc_u32(enc, rules->splits[i].inference_ppm);
        enc_u32(enc, rules->splits[i].training_ppm);
    }
    enc_u32(enc, rules->target_min_ppm);
    enc_u32(enc, rules->target_max_ppm);
    enc_i64(enc, rules->reviewed_ns);
    enc_i64(enc, rules->chunk_ns);
    enc_i64(enc, rules->window_ns);
    enc_u32(enc, (uint32_t)rules->warm_mc);
    enc_u32(enc, (uint32_t)rules->alert_mc);
    enc_u32(enc, (uint32_t)rules->scale_mc);
    enc_u32(enc, (uint32_t)rules->stop_mc);
    enc_u32(enc, (uint32_t)rules->less_mc);
    enc_i64(enc, rules->sustained_ns);
    enc_u32(enc, rules->scaled_ppm);
    enc_u32(enc, rules->single_ppm);
    enc_u32(enc, rules->single_top);
}

static void load_name(char *name, struct dec *dec)
{
    dec_bytes(dec, name, GPU_NAME);
    if (name[GPU_NAME - 1] != '\0')
        dec_fail(dec);
}

static void load_card(struct gpu_card_rules *card, struct dec *dec)
{
    load_name(card->name, dec);
    card->memory = dec_i64(dec);
    card->reserve = dec_i64(dec);
    card->cores = dec_u32(dec);
    card->training = dec_u8(dec);
    card->is_fp64_limited = dec_u8(dec);
    card->is_standby = dec_u8(dec);
    card->is_on_demand = dec_u8(dec);
    if (card->memory <= 0 || card->reserve < 0 || card->reserve > card->memory ||
        card->training > GPU_TRAINING_OTHER || card->is_fp64_limited > 1 || card->is_standby > 1 ||
        card->is_on_demand > 1)
        dec_fail(dec);
}

static void load_budget(const struct gpu_rules *rules, struct gpu_budget *budget, struct dec *dec)
{
    load_name(budget->name, dec);
    budget->bytes = dec_i64(dec);
    budget->card = dec_u8(dec);
    budget->class = dec_u8(dec);
    if (budget->card >= rules->n_cards || budget->class >= GPU_CLASSES || budget->bytes < 0 ||
        budget->bytes > rules->cards[budget->card].memory)
        dec_fail(dec);
}

static void load_group(const struct gpu_rules *rules, struct gpu_group *group, struct dec *dec)
{
    load_name(group->name, dec);
    group->share_ppm = dec_u32(dec);
    group->card = dec_u8(dec);
    group->class = dec_u8(dec);
    if (group->share_ppm > GPU_ALL_PPM || group->class >= GPU_CLASSES ||
        (group->card != GPU_EACH && group->card >= rules->n_cards))
        dec_fail(dec);
}

static int is_sound(const struct gpu_rules *rules)
{
    for (uint32_t i = 0; i < GPU_SPLITS; i++) {
        if (rules->splits[i].inference_ppm > GPU_ALL_PPM ||
            rules->splits[i].training_ppm > GPU_ALL_PPM)
            return 0;
    }
    return rules->reviewed_ns > 0 && rules->chunk_ns > 0 && rules->chunk_ns <= INT64_MAX / 4 &&
           rules->window_ns > 0 && rules->sustained_ns >= 0 && rules->less_mc >= 0 &&
           rules->warm_mc < rules->alert_mc && rules->alert_mc < rules->scale_mc &&
           rules->scale_mc < rules->stop_mc && rules->scaled_ppm <= GPU_ALL_PPM &&
           rules->single_ppm <= GPU_ALL_PPM;
}

void gpu_rules_load(struct gpu_rules *rules, struct dec *dec)
{
    memset(rules, 0, sizeof(*rules));
    rules->n_cards = dec_u32(dec);
    rules->n_budgets = dec_u32(dec);
    rules->n_groups = dec_u32(dec);
    if (rules->n_cards > GPU_CARDS_MAX || rules->n_budgets > GPU_BUDGETS_MAX ||
        rules->n_groups > GPU_GROUPS_MAX) {
        rules->n_cards = rules->n_budgets = rules->n_groups = 0;
        dec_fail(dec);
    }
    for (uint32_t i = 0; i < rules->n_cards; i++)
        load_card(&rules->cards[i], dec);
    for (uint32_t i = 0; i < rules->n_budgets; i++)
        load_budget(rules, &rules->budgets[i], dec);
    for (uint32_t i = 0; i < rules->n_groups; i++)
        load_group(rules, &rules->groups[i], dec);
    for (uint32_t i = 0; i < GPU_SPLITS; i++) {
        rules->splits[i].inference_ppm = dec_u32(dec);
        rules->splits[i].training_ppm = dec_u32(dec);
    }
    rules->target_min_ppm = dec_u32(dec);
    rules->target_max_ppm = dec_u32(dec);
    rules->reviewed_ns = dec_i64(dec);
    rules->chunk_ns = dec_i64(dec);
    rules->window_ns = dec_i64(dec);
    rules->warm_mc = (int32_t)dec_u32(dec);
    rules->alert_mc = (int32_t)dec_u32(dec);
    rules->scale_mc = (int32_t)dec_u32(dec);
    rules->stop_mc = (int32_t)dec_u32(dec);
    rules->less_mc = (int32_t)dec_u32(dec);
    rules->sustained_ns = dec_i64(dec);
    rules->scaled_ppm = dec_u32(dec);
    rules->single_ppm = dec_u32(dec);
    rules->single_top = dec_u32(dec);
    if (rules->n_cards > 0 && !is_sound(rules))
        dec_fail(dec);
}

static int64_t scaled(int64_t ns, int64_t speed_milli)
{
    return num_mul_div(ns, speed_milli, 1000, NUM_UP);
}

void gpu_rules_scale(struct gpu_rules *rules, int64_t speed_milli)
{
    rules->chunk_ns = scaled(rules->chunk_ns, speed_milli);
    rules->window_ns = scaled(rules->window_ns, speed_milli);
    rules->sustained_ns = scaled(rules->sustained_ns, speed_milli);
}

void gpu_rules_digest(const struct gpu_rules *rules, unsigned char digest[HASH_SIZE])
{
    unsigned char bytes[GPU_RULES_BYTES_MAX];
    struct enc enc = {.at = bytes, .room = sizeof(bytes)};
    struct hash hash;

    gpu_rules_save(rules, &enc);
    REQUIRE(enc_is_ok(&enc));
    hash_init(&hash);
    hash_update(&hash, bytes, enc.used);
    hash_final(&hash, digest);
}
