// SPDX-License-Identifier: Apache-2.0
/* Cards, their leases and what was decided of them. Rows in the order in which answers have them.
 */
#include <stddef.h>

#include "gpu/gpu.h"
#include "ops/api_schema.h"
#include "ops/api_words.h"

#define TEXT  CONTROL_TEXT
#define INT   CONTROL_INTEGER
#define REAL  CONTROL_REAL
#define BOOL  CONTROL_BOOL
#define TIME  CONTROL_TIME
#define LIST  CONTROL_LIST
#define ONE   CONTROL_OBJECT
#define NULLS .marks = CONTROL_NULL
#define MAYBE .marks = CONTROL_MAYBE
#define SHARE .unit = "share, 1 is 100 %"
#define BYTES .unit = "bytes"
#define CARD  .example = "\"inference\""

static const char *class_word(uint32_t n)
{
    return n < GPU_CLASSES ? gpu_class_name(n) : NULL;
}

static const char *decision_word(uint32_t n)
{
    return n < GPU_DECISION_KINDS ? gpu_decision_name(n) : NULL;
}

static const char *why_word(uint32_t n)
{
    return n < GPU_WHY_ALL ? gpu_why_name(n) : NULL;
}

static const char *wait_word(uint32_t n)
{
    return n < GPU_WAIT_ALL ? gpu_wait_doc(n) : NULL;
}

static const char *const devices[] = {"cuda", "cpu", "scripted", NULL};
static const struct control_field card_fields[] = {
    {"card", INT, "its number", .example = "0"},
    {"name", TEXT, "its name in the profile", CARD},
    {"state", TEXT, "how it is", .words = api_card_states},
    {"device", TEXT, "by its worker's word; empty: it was not there yet",
     .example = "\"NVIDIA H100 80GB HBM3\""},
    {"bytes", INT, "by the profile", BYTES},
    {"reserve_bytes", INT, "of them, leased to nobody", BYTES},
    {"leased_bytes", INT, "of them, those of leases", BYTES},
    {"used_bytes", INT, "as the card itself says; null: it does not", NULLS, BYTES},
    {"inference", REAL, "granted", SHARE},
    {"inference_max", REAL, "that may be granted now", SHARE},
    {"training", REAL, "granted, research included", SHARE},
    {"training_max", REAL, "that may be granted now", SHARE},
    {"capacity", REAL, "of its time that may be used", SHARE},
    {"celsius", REAL, "null: not known", NULLS},
    {"heat_step", INT, "of heat, 0 to 4"},
    {"busy_percent", INT, "as the card itself says", NULLS},
    {"leases", INT, "held there"},
    {"waiting", INT, "leases that wait for it"},
    {"jobs", INT, "of those held there"},
    {"jobs_started", INT, "chunks that began, this run"},
    {"jobs_done", INT, "this run"},
    {"jobs_failed", INT, "this run"},
    {"jobs_preempted", INT, "at a chunk's end, this run"},
    {"worker_up", BOOL, "its worker answers"},
    {"worker_pid", INT, "its process", NULLS},
    {"workers", INT, "that were begun for it"},
    {NULL}};
static const struct control_shape card_shape = {"Card", "A card and who has which part of it",
                                                card_fields};

static const struct control_field own_fields[] = {
    {"agent", TEXT, "whose they are", .example = "\"momentum\""},
    {"name", TEXT, "the lease that runs them", .example = "\"main\""},
    {"state", TEXT, "fails: its worker is up, and none of them runs", .words = api_own_states},
    {"worker_pid", INT, "process of its worker", NULLS},
    {"workers", INT, "that were begun for it"},
    {"context_bytes", INT, "of its card, counted against the lease's budget besides its memory",
     .example = "536870912"},
    {"why", TEXT, "the last failure, of the source, a job or the worker; empty: none yet",
     .example = "\"own.cu does not compile: own.cu(3): error: expected an expression\""},
    {NULL}};
static const struct control_shape own_shape = {
    "OwnKernels", "A lease that runs kernels of its agent's own", own_fields};

static const struct control_field cards_fields[] = {
    {"on", BOOL, "there are cards; without them only `cards` is there, and empty"},
    {"profile", TEXT, "of budgets", MAYBE, .example = "\"s1_inference_training\""},
    {"shares", TEXT, "profile of shares", MAYBE, .example = "\"production\""},
    {"device", TEXT, "what stands behind a card", MAYBE, .words = devices},
    {"split", TEXT, "by which classes share a card now", MAYBE, .words = api_card_splits},
    {"volatility", TEXT, "that holds", MAYBE, .words = api_card_splits},
    {"volatility_next", TEXT, "that holds from the next review on", MAYBE,
     .words = api_card_splits},
    {"tournament", BOOL, "one is held", MAYBE},
    {"single", BOOL, "one card is left of several", MAYBE},
    {"leases", INT, "held, leaving and waiting", MAYBE},
    {"waiting", INT, "of them, waiting", MAYBE},
    {"failover_ms", INT, "of the card lost last: from its last answer to the decisions",
     .marks = CONTROL_NULL | CONTROL_MAYBE, .unit = "ms"},
    {"cards", LIST, "each of them", .of = &card_shape},
    {"own_kernels", LIST, "leases that run kernels of their agents' own", .of = &own_shape},
    {NULL}};
const struct control_shape api_shape_cards = {"Cards", "GPU cards of the host", cards_fields};

static const struct control_field lease_fields[] = {
    {"lease", INT, "its number", .example = "3"},
    {"agent", TEXT, "whose it is", .example = "\"lstm\""},
    {"name", TEXT, "what its agent calls it", .example = "\"main\""},
    {"state", TEXT, "how it is", .words = api_lease_states},
    {"card", TEXT, "where it is held; none", CARD},
    {"home", TEXT, "the card of its budget", CARD},
    {"budget", TEXT, "of the profile", .example = "\"trading_models\""},
    {"group", TEXT, "of the shares; empty: none", .example = "\"\""},
    {"class", TEXT, "inference is served first", .word = class_word},
    {"priority", INT, "within its class, 0 first"},
    {"bytes", INT, "that it has, or wants", BYTES},
    {"share", REAL, "of the card's time", SHARE},
    {"dedicated", BOOL, "the whole card"},
    {"place", INT, "in the queue, from 1; null: it does not wait", NULLS},
    {"waits_for", TEXT, "what it waits for", .word = wait_word},
    {NULL}};
const struct control_shape api_shape_lease = {"Lease", "A lease of a part of a card", lease_fields};

static const struct control_field decision_fields[] = {
    {"time", TIME, "when, by engine time", NULLS},
    {"seq", INT, "number of the event that it follows from"},
    {"lease", INT, "whose number it is; 0: it never had one"},
    {"decision", TEXT, "what was decided", .word = decision_word},
    {"card", TEXT, "on which card; none", CARD},
    {"why", TEXT, "ok: there was no reason against it", .word = why_word},
    {"text", TEXT, "the same for people, and what to do",
     .example = "\"another of a better rank needs the room\""},
    {NULL}};
static const struct control_shape decision_shape = {"LeaseDecision", "What was decided of a lease",
                                                    decision_fields};
static const struct control_shape now_shape = {
    "LeaseNow", "A lease of a part of a card; null: it is over", lease_fields, .is_null = 1};
static const struct control_field why_fields[] = {
    {"now", ONE, "the lease; null: it is over", NULLS, .of = &now_shape},
    {"decisions", LIST, "of it, newest first", .of = &decision_shape},
    {NULL}};
const struct control_shape api_shape_lease_why = {"LeaseWhy", "Why a lease is as it is",
                                                  why_fields};
