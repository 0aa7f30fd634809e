// SPDX-License-Identifier: Apache-2.0
#include "roster/leases.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "card/script.h"
#include "card/wire.h"
#include "config/units.h"
#include "gpu/profile.h"
#include "roster/roster.h"
#include "sys/file.h"

#define SHOWN         80
#define SIZE_TEXT     32
#define PROFILE_BYTES (1024 * 1024)

static const struct schema_choice devices[] = {
    {"cuda", LEASES_CUDA}, {"cpu", LEASES_CPU}, {"scripted", LEASES_SCRIPTED}, {NULL, 0}};
static const struct schema_choice classes[] = {{"inference", GPU_INFERENCE + 1},
                                               {"training", GPU_TRAINING + 1},
                                               {"research", GPU_RESEARCH + 1},
                                               {NULL, 0}};

#define WORD(member) SCHEMA_MEMBER(struct leases_words, member)
static const struct schema_field leases_fields[] = {
    {"profile", SCHEMA_PATH, WORD(profile), .is_required = 1,
     .doc = "budgets: which cards there are and who has how many bytes: a name of configs/gpu, or "
            "a file (with a '.' or '/')"},
    {"shares", SCHEMA_PATH, WORD(shares), .preset = "production",
     .doc = "who has how much of a card's time: a name of configs/gpu/shares, or a file"},
    {"device", SCHEMA_CHOICE, WORD(device), .choices = devices, .preset = "cuda",
     .doc = "cuda: each card is one of the machine's, by its number; cpu: the processor stands in; "
            "scripted: the same, and fails as `script` says, for tests"},
    {"threads", SCHEMA_INT, WORD(threads), .min = 1, .max = 64, .preset = "1",
     .doc = "cpu and scripted: threads of each card"},
    {"delay", SCHEMA_DURATION, WORD(delay_ns), .min = 0, .max = 60000000000, .preset = "5ms",
     .doc = "a job's outcome comes no sooner than so long after its submission"},
    {"limit", SCHEMA_DURATION, WORD(limit_ns), .min = 1000000000, .max = 3600 * INT64_C(1000000000),
     .preset = "30s",
     .doc = "backtests: a card that says nothing for so long while it begins, or in a chunk of a "
            "job, has hung, and its worker is ended; a running host goes by the chunk of the "
            "shares"},
    {"own_kernels", SCHEMA_BOOL, WORD(has_own), .preset = "false",
     .doc = "true: leases of agents may name `kernels`; their code runs on the card unseen"},
    {"own_context", SCHEMA_SIZE, WORD(context), .min = 0, .max = INT64_MAX / 2, .preset = "512MiB",
     .doc = "what the context of a lease with `kernels` takes of its card besides its memory: it "
            "counts against the lease's budget"},
    {"driver", SCHEMA_TEXT, WORD(driver),
     .doc = "cuda: path of the driver's library; default: the system's libcuda.so.1"},
    {"nvrtc", SCHEMA_TEXT, WORD(nvrtc),
     .doc = "cuda: path of NVIDIA's run-time compiler; default: the system's newest"},
    {"script", SCHEMA_TEXT, SCHEMA_ARRAY(struct leases_words, scripts, n_scripts),
     .doc = "scripted: of each card what happens when, as \"0 heat 1 60\""},
    {NULL}};
const struct schema leases_schema = {"cards", sizeof(struct leases_words), leases_fields, NULL};

struct lease_words {
    char budget[64], group[GPU_NAME], resident[sizeof(((struct crew_file *)0)->name)];
    char kernels[sizeof(((struct crew_file *)0)->name)];
    int64_t bytes, deadline_ns;
    uint32_t share_ppm;
    uint8_t priority, class, is_dedicated, is_resumed;
};
#define LEASE(member) SCHEMA_MEMBER(struct lease_words, member)
static const struct schema_field lease_fields[] = {
    {"budget", SCHEMA_NAME, LEASE(budget), .is_required = 1,
     .doc = "of the profile: its name, or CARD.NAME where several cards have one of that name"},
    {"memory", SCHEMA_SIZE, LEASE(bytes), .min = 0, .max = INT64_MAX / 2, .preset = "0B",
     .doc = "of the card, what goes there and back included"},
    {"share", SCHEMA_SHARE, LEASE(share_ppm), .min = 0, .max = GPU_ALL_PPM, .preset = "0%",
     .doc = "of the card's time; without any no job runs"},
    {"priority", SCHEMA_INT, LEASE(priority), .min = 0, .max = GPU_PRIORITIES - 1, .preset = "2",
     .doc = "within its class: 0 is served first"},
    {"class", SCHEMA_CHOICE, LEASE(class), .choices = classes,
     .doc = "that of its budget, said once more"},
    {"deadline", SCHEMA_DURATION, LEASE(deadline_ns), .min = 1000000,
     .max = 366 * INT64_C(86400000000000),
     .doc = "it ends so long after it was asked for; default: with its agent"},
    {"group", SCHEMA_NAME, LEASE(group), .doc = "of the shares: whose part it is within its class"},
    {"dedicated", SCHEMA_BOOL, LEASE(is_dedicated), .preset = "false",
     .doc = "the whole card, of training or research alone"},
    {"resumes", SCHEMA_BOOL, LEASE(is_resumed), .preset = "true",
     .doc = "false: when it is put out for another it ends"},
    {"resident", SCHEMA_NAME, LEASE(resident),
     .doc = "name among the agent's `files`: lies on the card as long as the lease"},
    {"kernels", SCHEMA_NAME, LEASE(kernels),
     .doc = "name among the agent's `files`: CUDA C++ of its own, which the lease's jobs call"},
    {NULL}};
static const struct schema lease_schema = {"a lease", sizeof(struct lease_words), lease_fields,
                                           NULL};
static const struct schema_field slot_fields[] = {
    {"leases", SCHEMA_ANY, SCHEMA_MEMBER(struct leases_slot, leases_node), .sub = &lease_schema,
     .doc = "what it asks for by name when it starts, and holds until it ends"},
    {NULL}};
const struct schema leases_slot_schema = {"an agent's cards", sizeof(struct leases_slot),
                                          slot_fields, NULL};

const char *leases_device_name(uint8_t device)
{
    for (const struct schema_choice *choice = devices; choice->name != NULL; choice++) {
        if (choice->value == device)
            return choice->name;
    }
    return "?";
}

void leases_request(const struct crew_lease *lease, uint16_t slot, int64_t t,
                    struct gpu_event *event)
{
    *event = (struct gpu_event){.t = t,
                                .kind = GPU_REQUEST,
                                .owner = slot,
                                .bytes = lease->bytes + lease->context,
                                .deadline_ns = lease->deadline_ns != 0 ? t + lease->deadline_ns : 0,
                                .share_ppm = lease->share_ppm,
                                .rank = lease->rank,
                                .budget = lease->budget,
                                .group = lease->group,
                                .priority = lease->priority,
                                .flags = lease->flags};
}

uint8_t leases_find_budget(const struct gpu_rules *rules, const char *word, uint32_t *n)
{
    const char *dot = strchr(word, '.');
    uint8_t found = GPU_NONE;

    *n = 0;
    for (uint32_t i = 0; i < rules->n_budgets; i++) {
        const struct gpu_budget *budget = &rules->budgets[i];
        const char *card = rules->cards[budget->card].name;
        int is_whole = dot != NULL && strlen(card) == (size_t)(dot - word) &&
                       strncmp(card, word, (size_t)(dot - word)) == 0 &&
                       strcmp(budget->name, dot + 1) == 0;

        if (!is_whole && strcmp(budget->name, word) != 0)
            continue;
        found = (uint8_t)i;
        ++*n;
    }
    return found;
}

static void refuse_budget(struct config *config, const struct config_node *node,
                          const struct gpu_rules *rules, const char *word, uint32_t n)
{
    char known[512] = "", shown[SHOWN];
    size_t used = 0;

    for (uint32_t i = 0; i < rules->n_budgets && used < sizeof(known); i++)
        used += (size_t)snprintf(known + used, sizeof(known) - used, "%s%s.%s", i > 0 ? ", " : "",
                                 rules->cards[rules->budgets[i].card].name, rules->budgets[i].name);
    utf8_escape(word, strlen(word) < 32 ? strlen(word) : 32, shown, sizeof(shown));
    config_refuse(config, node, CONFIG_E_CHOICE,
                  n > 1 ? "'%s' is a budget of several cards; expected one of: %s"
                        : "'%s' is not a budget of the profile; expected one of: %s",
                  shown, known);
}

/* Asks an allocator that has nothing else to do. */
static void judge(struct config *config, const struct config_node *node,
                  const struct gpu_rules *rules, const struct crew_lease *lease, uint16_t slot)
{
    static _Thread_local struct gpu gpu;
    static _Thread_local struct gpu_out out;
    const struct gpu_budget *budget = &rules->budgets[lease->budget];
    struct gpu_event event;
    char has[SIZE_TEXT], context[SIZE_TEXT] = "";

    gpu_init(&gpu, rules, 1);
    leases_request(lease, slot, 1, &event);
    gpu_step(&gpu, &event, &out);
    for (uint32_t i = 0; i < out.n; i++) {
        if (out.all[i].kind != GPU_DID_REFUSED)
            continue;
        units_say_size(budget->bytes, has, sizeof(has));
        units_say_size(lease->context, context, sizeof(context));
        config_refuse(
            config, node, CONFIG_E_CONFLICT,
            "can never be granted (%s): %s; the budget '%s' has %s for %s on card '%s'%s%s",
            gpu_why_name(out.all[i].why), gpu_why_doc(out.all[i].why), budget->name, has,
            gpu_class_name(budget->class), rules->cards[budget->card].name,
            lease->context > 0 ? ", of which the context of own kernels (own_context) takes " : "",
            lease->context > 0 ? context : "");
        return;
    }
    for (uint32_t split = 0; split < GPU_SPLITS; split++) {
        if (leases_is_held(rules, lease, split))
            return;
    }
    config_refuse(config, node, CONFIG_E_CONFLICT,
                  "can never be granted (split): in no split of the shares is so much of card '%s' "
                  "left for %s; ask for less",
                  rules->cards[budget->card].name, gpu_class_name(budget->class));
}

// The place of a file's name in the slot; -1: there is none.
static int has_file(const struct roster_slot *slot, const char *name)
{
    for (uint32_t i = 0; i < slot->n_files; i++) {
        if (strcmp(slot->files[i].name, name) == 0)
            return 1;
    }
    return 0;
}

static void check_file(struct config *config, const struct roster_slot *slot,
                       const struct config_node *at, const char *name)
{
    if (!has_file(slot, name))
        config_refuse(config, at, CONFIG_E_CHOICE,
                      "'%s' is not among the agent's files; expected a name of its 'files'", name);
}

/* What an agent's own kernels need: whoever runs the host says so, for all. */
static void check_kernels(struct config *config, const struct roster *roster, uint32_t i,
                          const struct config_node *node, const struct lease_words *words)
{
    const struct config_node *at = config_get(node, "kernels");
    const struct leases_words *of = &roster->cards.words;

    check_file(config, &roster->slots[i], at, words->kernels);
    if (!of->has_own)
        config_refuse(config, at, CONFIG_E_CONFLICT,
                      "own kernels run where whoever runs the host allows it; expected "
                      "'own_kernels: true' in the roster's 'gpu' with it");
    else if (of->device != LEASES_CUDA)
        config_refuse(config, at, CONFIG_E_CONFLICT,
                      "own kernels are compiled for a card; expected 'device: cuda' in the "
                      "roster's 'gpu' with it, and not %s",
                      leases_device_name(of->device));
    else if (words->resident[0] != '\0')
        config_refuse(config, at, CONFIG_E_CONFLICT,
                      "own kernels could write what is resident; expected one of the two, and "
                      "weights in a job's input");
}

static void take_lease(struct config *config, const struct roster *roster, uint32_t i,
                       const struct config_node *node, const char *name, struct crew_lease *lease)
{
    const struct gpu_rules *rules = &roster->cards.rules;
    struct lease_words words;
    uint32_t n;

    memset(lease, 0, sizeof(*lease));
    if (strlen(name) >= sizeof(lease->name)) {
        config_refuse(config, node, CONFIG_E_RANGE,
                      "is a lease of too long a name; expected at most %zu bytes",
                      sizeof(lease->name) - 1);
        return;
    }
    if (config_read_node(config, node, &lease_schema, &words) < 0)
        return;
    snprintf(lease->name, sizeof(lease->name), "%s", name);
    snprintf(lease->resident, sizeof(lease->resident), "%s", words.resident);
    snprintf(lease->kernels, sizeof(lease->kernels), "%s", words.kernels);
    lease->bytes = words.bytes;
    lease->context = words.kernels[0] != '\0' ? roster->cards.words.context : 0;
    lease->deadline_ns = words.deadline_ns;
    lease->share_ppm = words.share_ppm;
    lease->priority = words.priority;
    lease->flags =
        (uint8_t)((words.is_dedicated ? GPU_DEDICATED : 0) | (words.is_resumed ? GPU_RESUMES : 0));
    if (words.bytes > 0 && words.bytes <= CARD_STAGE_MIN)
        config_refuse(config, config_get(node, "memory"), CONFIG_E_RANGE,
                      "has no room for a job: what goes there and back takes %u bytes of it; "
                      "expected more than that, 64KiB as a rule",
                      CARD_STAGE_MIN);
    lease->group = GPU_NONE;
    lease->budget = leases_find_budget(rules, words.budget, &n);
    if (n != 1) {
        refuse_budget(config, config_get(node, "budget"), rules, words.budget, n);
        return;
    }
    if (words.class != 0 && words.class - 1 != rules->budgets[lease->budget].class) {
        config_refuse(config, config_get(node, "class"), CONFIG_E_CONFLICT,
                      "is not that of the budget '%s'; expected %s, or a budget of another class",
                      words.budget, gpu_class_name(rules->budgets[lease->budget].class));
        return;
    }
    if (words.group[0] != '\0') {
        lease->group = profile_group(rules, rules->budgets[lease->budget].card, words.group);
        if (lease->group == GPU_NONE) {
            config_refuse(config, config_get(node, "group"), CONFIG_E_CHOICE,
                          "'%s' is not a group of the shares '%s' on card '%s'; see agon gpu plan",
                          words.group, roster->cards.words.shares,
                          rules->cards[rules->budgets[lease->budget].card].name);
            return;
        }
    }
    if (words.resident[0] != '\0')
        check_file(config, &roster->slots[i], config_get(node, "resident"), words.resident);
    if (words.kernels[0] != '\0')
        check_kernels(config, roster, i, node, &words);
    if (words.is_dedicated && rules->budgets[lease->budget].class == GPU_INFERENCE) {
        config_refuse(config, config_get(node, "dedicated"), CONFIG_E_CONFLICT,
                      "can never be granted: a whole card is given to training or research, and "
                      "'%s' is of inference; leave dedicated out, or ask of another budget",
                      words.budget);
        return;
    }
    judge(config, node, rules, lease, (uint16_t)i);
}

static void read_slot(struct config *config, struct roster *roster, uint32_t i)
{
    struct roster_slot *slot = &roster->slots[i];
    const struct config_node *node = slot->cards.leases_node;

    slot->cards.leases_node = NULL;
    if (node == NULL)
        return;
    if (roster->cards.words.profile[0] == '\0') {
        config_refuse(config, node, CONFIG_E_CONFLICT,
                      "there are no cards; expected 'gpu: {profile: NAME}' of the roster with it");
        return;
    }
    if (roster->cards.rules.n_cards == 0)
        return; // its profile was refused
    if (!config_is_map(node)) {
        config_refuse(config, node, CONFIG_E_KIND,
                      "expected a map of leases, as in {main: {budget: lstm, memory: 2GiB}}");
        return;
    }
    if (config_count(node) > CREW_LEASES_MAX) {
        config_refuse(config, node, CONFIG_E_COUNT, "has %u leases; expected at most %d",
                      config_count(node), CREW_LEASES_MAX);
        return;
    }
    for (uint32_t k = 0; k < config_count(node); k++)
        take_lease(config, roster, i, config_entry(node, k), config_key(node, k),
                   &slot->cards.leases[slot->cards.n_leases++]);
}

static int is_file(const char *word)
{
    return strchr(word, '/') != NULL || strchr(word, '.') != NULL;
}

/* A file's name without what it ends with, as much of it as is shown. */
static void name_of(const char *word, char *name)
{
    const char *last = strrchr(word, '/') != NULL ? strrchr(word, '/') + 1 : word;
    size_t n = is_file(word) && strrchr(last, '.') > last ? (size_t)(strrchr(last, '.') - last)
                                                          : strlen(last);

    (void)snprintf(name, LEASES_NAME, "%.*s", n < LEASES_NAME ? (int)n : LEASES_NAME - 1, last);
}

typedef int named_fn(const char *name, struct gpu_rules *rules, struct error *err);
typedef int read_fn(struct config *config, struct gpu_rules *rules);

/* Its first mistake, with the place there; the lines of its source would stand in a message twice.
 */
static int refuse_file(struct config *config, const struct config_node *at,
                       const struct config *file)
{
    const char *text = file != NULL ? config_error_text(file, 0) : "out of memory";

    return config_refuse(config, at, CONFIG_E_CHOICE, "%.*s", (int)strcspn(text, "\n"), text);
}

static int read_profile(struct config *config, const struct config_node *at, const char *word,
                        named_fn *named, read_fn *read, struct gpu_rules *rules)
{
    const char *slash = strrchr(config_path(config), '/');
    struct config *file = NULL;
    struct error err = {0};
    char path[PATH_MAX], *bytes = NULL;
    uint64_t n;
    int rc;

    if (!is_file(word)) {
        rc = named(word, rules, &err);
        return rc < 0 ? config_refuse(config, at, CONFIG_E_CHOICE, "%s", err.text) : rc;
    }
    rc = snprintf(path, sizeof(path), "%.*s%s",
                  slash != NULL ? (int)(slash - config_path(config) + 1) : 0, config_path(config),
                  word) < (int)sizeof(path)
             ? file_read(path, PROFILE_BYTES, &bytes, &n, &err)
             : error_set(&err, AGON_ERANGE, "%s: the path is too long", word);
    if (rc < 0)
        return config_refuse(config, at, CONFIG_E_VALUE, "%s", err.text);
    file = config_new(path, bytes, n, NULL);
    rc = file != NULL ? read(file, rules) : AGON_ENOMEM;
    if (rc < 0)
        rc = refuse_file(config, at, file);
    config_free(file);
    free(bytes);
    return rc;
}

int leases_rules(struct config *config, const struct config_node *node, const char *budgets_word,
                 const char *shares_word, struct roster_cards *cards)
{
    const struct config_node *shares = config_get(node, "shares");
    int rc;

    name_of(budgets_word, cards->profile);
    name_of(shares_word, cards->shares);
    rc = read_profile(config, config_get(node, "profile"), budgets_word, profile_budgets_named,
                      profile_read_budgets, &cards->rules);
    if (rc >= 0)
        rc = read_profile(config, shares != NULL ? shares : node, shares_word, profile_shares_named,
                          profile_read_shares, &cards->rules);
    if (rc < 0)
        memset(&cards->rules, 0, sizeof(cards->rules));
    return rc;
}

/* Here, with its place: a worker that is given a wrong one would only not begin. */
static void check_scripts(struct config *config, const struct leases_words *words)
{
    struct card_step steps[CARD_STEPS_MAX];

    for (uint32_t i = 0; i < words->n_scripts; i++) {
        struct error err = {0};

        if (card_steps_read(words->scripts[i], steps, &err) < 0)
            config_refuse(config, config_at(config, "gpu.script[%u]", i), CONFIG_E_VALUE, "%s",
                          err.text);
    }
}

/* What could have no effect. */
static void check_idle(struct config *config, const struct config_node *node,
                       const struct leases_words *words)
{
    static const char *const of_cuda[] = {"driver", "nvrtc"};
    const struct config_node *threads = config_get(node, "threads");

    for (uint32_t i = 0; words->device != LEASES_CUDA && i < 2; i++) {
        if (config_get(node, of_cuda[i]) != NULL)
            config_refuse(config, config_get(node, of_cuda[i]), CONFIG_E_CONFLICT,
                          "is for a card, and 'device: %s' has none; expected 'device: cuda' with "
                          "it, or leave it out",
                          leases_device_name(words->device));
    }
    if (words->device == LEASES_CUDA && threads != NULL)
        config_refuse(config, threads, CONFIG_E_CONFLICT,
                      "are the processor's, and with 'device: cuda' a card computes; leave them "
                      "out, or 'device: cpu' with them");
}

static void read_rules(struct config *config, struct roster_cards *cards)
{
    const struct leases_words *words = &cards->words;
    const struct config_node *node = config_at(config, "gpu");

    if (node == NULL || words->profile[0] == '\0')
        return;
    if (leases_rules(config, node, words->profile, words->shares, cards) < 0)
        return;
    if (words->n_scripts > 0 && words->device != LEASES_SCRIPTED) {
        config_refuse(config, config_get(node, "script"), CONFIG_E_CONFLICT,
                      "is for another device; expected 'device: scripted' with it");
    } else if (words->n_scripts > cards->rules.n_cards) {
        config_refuse(config, config_get(node, "script"), CONFIG_E_COUNT,
                      "has %u entries; expected one for each card of the profile, %u",
                      words->n_scripts, cards->rules.n_cards);
    }
    check_scripts(config, words);
    check_idle(config, node, words);
}

void leases_read(struct roster *roster, struct config *config)
{
    uint32_t n = 0, n_own = 0;

    memset(&roster->cards.rules, 0, sizeof(roster->cards.rules));
    if (config_at(config, "gpu") == NULL)
        memset(&roster->cards, 0, sizeof(roster->cards));
    read_rules(config, &roster->cards);
    for (uint32_t i = 0; i < roster->n_slots; i++) {
        read_slot(config, roster, i);
        n += roster->slots[i].cards.n_leases;
        if (n > GPU_LEASES_MAX && n - roster->slots[i].cards.n_leases <= GPU_LEASES_MAX)
            config_refuse(config, config_at(config, "agents[%u].gpu.leases", i), CONFIG_E_COUNT,
                          "makes %u leases of all agents; expected at most %d", n, GPU_LEASES_MAX);
        for (uint32_t k = 0; k < roster->slots[i].cards.n_leases; k++) {
            const struct crew_lease *lease = &roster->slots[i].cards.leases[k];

            if (lease->kernels[0] != '\0' && ++n_own == LEASES_OWN + 1)
                config_refuse(config, config_at(config, "agents[%u].gpu.leases.%s", i, lease->name),
                              CONFIG_E_COUNT,
                              "is one more with own kernels than may be; expected at most %d of "
                              "all agents",
                              LEASES_OWN);
        }
    }
}
