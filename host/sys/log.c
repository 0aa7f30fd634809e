// SPDX-License-Identifier: Apache-2.0
#include "sys/log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/utf8.h"
#include "sys/clock.h"
#include "sys/futex.h"
#include "sys/memory.h"

#define LINES_DEFAULT 8192u
#define LINES_ERROR   1024u
#define KEYS          256u
#define PARK_NS       200000000 /* how long a folded repeat may stay untold */

struct line {
    agon_ns_t t;
    int64_t mono;
    uint32_t level;
    char area[LOG_AREA_MAX], key[LOG_KEY_MAX], text[LOG_TEXT_MAX];
    uint32_t n_fields; /* bytes of these: kind, name, 0, value, 0 of each */
    char fields[LOG_FIELDS_MAX];
};
enum { FIELD_TEXT = 't', FIELD_NUMBER = 'n' };
struct field { /* one of a line */
    int is_text;
    const char *name, *value;
};
/* A ring for many producers (after D. Vyukov's bounded queue): a slot's turn says whose it is. */
struct cell {
    _Atomic uint64_t turn;
    struct line line;
};
struct queue {
    struct cell *cells; /* owned */
    uint64_t mask;
    _Alignas(128) _Atomic uint64_t tail;
    _Alignas(128) _Atomic uint64_t head; /* one consumer writes it */
};
struct rate { /* of one key */
    char area[LOG_AREA_MAX], key[LOG_KEY_MAX];
    int64_t mono;   /* of the last refill */
    int64_t credit; /* ns: one line costs a second / LOG_KEY_PER_S */
    uint64_t n_muted;
};
struct log {
    struct log_config config;
    struct queue lines, errors;
    struct rate rates[KEYS];
    struct line last; /* for folding */
    int has_last;
    uint64_t n_repeats;
    uint64_t n_dropped_told;
    _Atomic uint64_t n_written, n_dropped, n_muted, n_folded;
    _Atomic uint32_t wake; /* futex: + 1 to wake the thread */
    _Atomic uint32_t is_parked, is_stopping;
    _Atomic uint64_t n_flushes_wanted, n_flushes_done;
    _Atomic uint32_t flushed; /* futex: + 1 with each flush done */
    _Atomic int level;
    _Atomic int file_fd; /* -1: none */
    char file_path[PATH_MAX - 16];
    uint64_t file_bytes, rotate_bytes;
    uint32_t file_keep;
    pthread_mutex_t mutex; /* direct mode: one line at a time */
    pthread_t thread;
};

static struct log *process_log;

static int queue_init(struct queue *queue, uint32_t n)
{
    queue->cells = calloc(n, sizeof(*queue->cells));
    if (queue->cells == NULL)
        return AGON_ENOMEM;
    queue->mask = n - 1;
    for (uint64_t i = 0; i < n; i++)
        atomic_init(&queue->cells[i].turn, i);
    return AGON_OK;
}

static struct cell *queue_claim(struct queue *queue, uint64_t *ticket)
{
    uint64_t tail = atomic_load_explicit(&queue->tail, memory_order_relaxed);

    for (;;) {
        struct cell *cell = &queue->cells[tail & queue->mask];
        uint64_t turn = atomic_load_explicit(&cell->turn, memory_order_acquire);

        if (turn == tail) {
            if (atomic_compare_exchange_weak_explicit(&queue->tail, &tail, tail + 1,
                                                      memory_order_relaxed, memory_order_relaxed)) {
                *ticket = tail;
                return cell;
            }
        } else if (turn < tail) {
            return NULL; // full: the consumer has not freed it yet
        } else {
            tail = atomic_load_explicit(&queue->tail, memory_order_relaxed);
        }
    }
}

static struct cell *queue_peek(struct queue *queue)
{
    uint64_t head = atomic_load_explicit(&queue->head, memory_order_relaxed);
    struct cell *cell = &queue->cells[head & queue->mask];

    return atomic_load_explicit(&cell->turn, memory_order_acquire) == head + 1 ? cell : NULL;
}

static void queue_release(struct queue *queue, struct cell *cell)
{
    uint64_t head = atomic_load_explicit(&queue->head, memory_order_relaxed);

    atomic_store_explicit(&cell->turn, head + queue->mask + 1, memory_order_release);
    atomic_store_explicit(&queue->head, head + 1, memory_order_release);
}

static size_t json_string(char *at, const char *bytes, size_t n)
{
    char safe[4 * LOG_TEXT_MAX + 8];
    size_t length = utf8_escape(bytes, n, safe, sizeof(safe)), used = 0;

    at[used++] = '"';
    for (size_t i = 0; i < length; i++) {
        if (safe[i] == '"' || safe[i] == '\\')
            at[used++] = '\\';
        at[used++] = safe[i];
    }
    at[used++] = '"';
    return used;
}

static size_t put(char *at, const char *text)
{
    size_t n = strlen(text);

    memcpy(at, text, n);
    return n;
}

/* The field at *at, which then is behind it; 0: there is none any more. */
static int next_field(const struct line *line, uint32_t *at, struct field *field)
{
    const char *bytes = line->fields + *at;

    if (*at >= line->n_fields)
        return 0;
    field->is_text = bytes[0] == FIELD_TEXT;
    field->name = bytes + 1;
    field->value = field->name + strlen(field->name) + 1;
    *at = (uint32_t)(field->value + strlen(field->value) + 1 - line->fields);
    return 1;
}

static void write_out(int fd, const char *bytes, size_t n)
{
    while (n > 0) {
        ssize_t done = write(fd, bytes, n);

        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return; // a log that cannot be written must not stop the host
        bytes += done;
        n -= (size_t)done;
    }
}

/* agon.log becomes agon.log.1, that agon.log.2, and so on; the oldest goes. */
static void rotate(struct log *log)
{
    char from[PATH_MAX];
    char to[PATH_MAX];
    int fd;

    for (uint32_t i = log->file_keep; i > 0; i--) {
        if (i == 1)
            (void)snprintf(from, sizeof(from), "%s", log->file_path);
        else
            (void)snprintf(from, sizeof(from), "%s.%u", log->file_path, i - 1);
        (void)snprintf(to, sizeof(to), "%s.%u", log->file_path, i);
        (void)rename(from, to); // one that is not there yet leaves no gap
    }
    fd = open(log->file_path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC | O_NOFOLLOW,
              0600);
    log->file_bytes = 0;
    if (fd < 0)
        return; // it goes on in the old one, under its new name
    (void)close(atomic_load(&log->file_fd));
    atomic_store(&log->file_fd, fd);
}

static void write_file(struct log *log, const char *bytes, size_t n)
{
    if (log->rotate_bytes > 0 && log->file_bytes > 0 && log->file_bytes + n > log->rotate_bytes)
        rotate(log);
    write_out(atomic_load(&log->file_fd), bytes, n);
    log->file_bytes += n;
}

static void print_json(struct log *log, const struct line *line, const char *count_name,
                       uint64_t count)
{
    char out[8 * (LOG_TEXT_MAX + LOG_FIELDS_MAX) + 1024], time[CLOCK_TEXT], number[64];
    size_t n = put(out, "{\"t\":\"");
    struct field field;
    uint32_t at = 0;

    (void)clock_text(line->t, time);
    n += put(out + n, time);
    n += put(out + n, "\",\"level\":\"");
    n += put(out + n, log_level_name((enum log_level)line->level));
    n += put(out + n, "\",\"area\":");
    n += json_string(out + n, line->area, strlen(line->area));
    if (line->key[0] != '\0') {
        n += put(out + n, ",\"key\":");
        n += json_string(out + n, line->key, strlen(line->key));
    }
    n += put(out + n, ",\"text\":");
    n += json_string(out + n, line->text, strlen(line->text));
    while (next_field(line, &at, &field)) {
        n += put(out + n, ",\"");
        n += put(out + n, field.name);
        n += put(out + n, "\":");
        n += field.is_text ? json_string(out + n, field.value, strlen(field.value))
                           : put(out + n, field.value);
    }
    if (count > 0) {
        (void)snprintf(number, sizeof(number), ",\"%s\":%llu", count_name,
                       (unsigned long long)count);
        n += put(out + n, number);
    }
    n += put(out + n, "}\n");
    if (log->config.is_json)
        write_out(log->config.fd, out, n);
    if (atomic_load(&log->file_fd) >= 0)
        write_file(log, out, n);
}

/* " NAME=VALUE" of each; text that holds more than a word stands in quotes. */
static size_t put_fields(char *at, const struct line *line)
{
    size_t n = 0;
    struct field field;
    uint32_t from = 0;

    while (next_field(line, &from, &field)) {
        n += put(at + n, " ");
        n += put(at + n, field.name);
        n += put(at + n, "=");
        if (!field.is_text || (field.value[0] != '\0' && strpbrk(field.value, " =\"\\") == NULL)) {
            char safe[4 * LOG_VALUE_MAX + 8];

            (void)utf8_escape(field.value, strlen(field.value), safe, sizeof(safe));
            n += put(at + n, safe);
        } else {
            n += json_string(at + n, field.value, strlen(field.value));
        }
    }
    at[n] = '\0';
    return n;
}

static void print_text(struct log *log, const struct line *line, const char *count_name,
                       uint64_t count)
{
    static const char *const colours[] = {"\x1b[2m", "", "\x1b[33m", "\x1b[31m"};
    char out[4 * LOG_TEXT_MAX + 8 * LOG_FIELDS_MAX + 1024], time[CLOCK_TEXT];
    char area[4 * LOG_AREA_MAX + 8], text[4 * LOG_TEXT_MAX + 8], fields[8 * LOG_FIELDS_MAX + 8];
    int n = clock_text(line->t, time);

    time[n > 11 + 12 ? 11 + 12 : n] = '\0'; // of the day, to the millisecond
    (void)utf8_escape(line->area, strlen(line->area), area, sizeof(area));
    (void)utf8_escape(line->text, strlen(line->text), text, sizeof(text));
    (void)put_fields(fields, line);
    n = snprintf(out, sizeof(out), "%s%s %-5s %s: %s%s",
                 log->config.has_colour ? colours[line->level] : "", time + 11,
                 log_level_name((enum log_level)line->level), area, text, fields);
    if (count > 0)
        n += snprintf(out + n, sizeof(out) - (size_t)n, " (%s %llu)", count_name,
                      (unsigned long long)count);
    n +=
        snprintf(out + n, sizeof(out) - (size_t)n, "%s\n", log->config.has_colour ? "\x1b[0m" : "");
    write_out(log->config.fd, out, (size_t)n);
}

static void print(struct log *log, const struct line *line, const char *count_name, uint64_t count)
{
    atomic_fetch_add_explicit(&log->n_written, 1, memory_order_relaxed);
    if (log->config.is_json || atomic_load(&log->file_fd) >= 0)
        print_json(log, line, count_name, count);
    if (!log->config.is_json)
        print_text(log, line, count_name, count);
}

/* How many lines of this key were muted since the last one shown; -1: this one is muted too. */
static int64_t pass_rate(struct log *log, const struct line *line)
{
    static const int64_t price = CLOCK_SECOND / LOG_KEY_PER_S;
    uint64_t hash;
    struct rate *rate;
    int64_t passed, n;

    if (line->key[0] == '\0')
        return 0;
    hash = hash_mix(hash_bytes(line->area, strlen(line->area)) * 31 +
                    hash_bytes(line->key, strlen(line->key)));
    rate = &log->rates[hash % KEYS];
    if (strcmp(rate->key, line->key) != 0 || strcmp(rate->area, line->area) != 0) {
        // Another key takes the place; what the old one still owes is told first.
        if (rate->n_muted > 0) {
            struct line old = *line;

            old.n_fields = 0;
            memcpy(old.area, rate->area, sizeof(old.area));
            memcpy(old.key, rate->key, sizeof(old.key));
            (void)snprintf(old.text, sizeof(old.text), "further lines left out");
            print(log, &old, "left_out", rate->n_muted);
        }
        memset(rate, 0, sizeof(*rate));
        memcpy(rate->area, line->area, sizeof(rate->area));
        memcpy(rate->key, line->key, sizeof(rate->key));
        rate->mono = line->mono;
        rate->credit = LOG_KEY_BURST * price;
    }
    passed = line->mono - rate->mono;
    if (passed > 0) {
        rate->mono = line->mono;
        rate->credit += passed < LOG_KEY_BURST * price ? passed : LOG_KEY_BURST * price;
        if (rate->credit > LOG_KEY_BURST * price)
            rate->credit = LOG_KEY_BURST * price;
    }
    if (rate->credit < price) {
        rate->n_muted++;
        atomic_fetch_add_explicit(&log->n_muted, 1, memory_order_relaxed);
        return -1;
    }
    rate->credit -= price;
    n = (int64_t)rate->n_muted;
    rate->n_muted = 0;
    return n;
}

static void tell_repeats(struct log *log)
{
    struct line line = log->last;

    if (log->n_repeats == 0)
        return;
    line.n_fields = 0;
    (void)snprintf(line.text, sizeof(line.text), "the last line again");
    print(log, &line, "times", log->n_repeats);
    log->n_repeats = 0;
}

static void take(struct log *log, const struct line *line)
{
    int64_t n_muted;

    if (log->has_last && log->last.level == line->level &&
        strcmp(log->last.area, line->area) == 0 && strcmp(log->last.key, line->key) == 0 &&
        strcmp(log->last.text, line->text) == 0 && log->last.n_fields == line->n_fields &&
        memcmp(log->last.fields, line->fields, line->n_fields) == 0) {
        log->n_repeats++;
        atomic_fetch_add_explicit(&log->n_folded, 1, memory_order_relaxed);
        return;
    }
    n_muted = pass_rate(log, line);
    if (n_muted < 0)
        return;
    tell_repeats(log);
    log->last = *line;
    log->has_last = 1;
    print(log, line, "left_out", (uint64_t)n_muted);
}

static void tell_rest(struct log *log)
{
    struct line line = {.t = log->config.wall(), .level = LOG_WARN, .area = "log"};

    tell_repeats(log);
    for (uint32_t i = 0; i < KEYS; i++) {
        struct rate *rate = &log->rates[i];

        if (rate->n_muted == 0)
            continue;
        memcpy(line.area, rate->area, sizeof(line.area));
        memcpy(line.key, rate->key, sizeof(line.key));
        (void)snprintf(line.text, sizeof(line.text), "further lines left out");
        print(log, &line, "left_out", rate->n_muted);
        rate->n_muted = 0;
    }
}

static void tell_drops(struct log *log)
{
    uint64_t n = atomic_load_explicit(&log->n_dropped, memory_order_relaxed);
    struct line line = {.t = log->config.wall(), .level = LOG_WARN, .area = "log"};

    if (n == log->n_dropped_told)
        return;
    (void)snprintf(line.text, sizeof(line.text), "lines were dropped: the ring was full");
    print(log, &line, "dropped", n - log->n_dropped_told);
    log->n_dropped_told = n;
}

static int drain(struct log *log)
{
    int n = 0;

    for (;;) {
        struct queue *queue = &log->errors;
        struct cell *cell = queue_peek(queue);

        if (cell == NULL) {
            queue = &log->lines;
            cell = queue_peek(queue);
        }
        if (cell == NULL)
            return n;
        take(log, &cell->line);
        queue_release(queue, cell);
        n++;
    }
}

static void *run(void *arg)
{
    struct log *log = arg;

    for (;;) {
        uint32_t wake = atomic_load(&log->wake);
        uint64_t wanted = atomic_load(&log->n_flushes_wanted);
        uint32_t is_stopping = atomic_load(&log->is_stopping);

        (void)drain(log);
        tell_drops(log);
        if (wanted != atomic_load(&log->n_flushes_done)) {
            tell_repeats(log);
            atomic_store(&log->n_flushes_done, wanted);
            atomic_fetch_add(&log->flushed, 1);
            futex_wake(&log->flushed, 1 << 20);
        }
        if (is_stopping)
            return NULL;
        atomic_store(&log->is_parked, 1);
        // A line left between drain and here has not seen is_parked: look once more.
        if (queue_peek(&log->lines) == NULL && queue_peek(&log->errors) == NULL &&
            futex_wait(&log->wake, wake, log->n_repeats > 0 ? PARK_NS : -1) == AGON_ETIME)
            tell_repeats(log);
        atomic_store(&log->is_parked, 0);
    }
}

static void wake_thread(struct log *log)
{
    atomic_fetch_add(&log->wake, 1);
    futex_wake(&log->wake, 1);
}

struct log *log_new(const struct log_config *config, struct error *err)
{
    uint32_t lines = config->lines == 0 ? LINES_DEFAULT : config->lines;
    struct log *log;

    if ((lines & (lines - 1)) != 0) {
        (void)error_set(err, AGON_EINVAL, "log: room for %u lines is not a power of two", lines);
        return NULL;
    }
    log = aligned_alloc(128, (sizeof(*log) + 127) / 128 * 128);
    if (log == NULL)
        goto no_memory;
    memset(log, 0, sizeof(*log));
    log->config = *config;
    atomic_init(&log->level, config->level);
    atomic_init(&log->file_fd, -1);
    if (log->config.mono == NULL)
        log->config.mono = clock_mono;
    if (log->config.wall == NULL)
        log->config.wall = clock_now;
    if (pthread_mutex_init(&log->mutex, NULL) != 0)
        goto no_memory;
    if (config->is_direct)
        return log;
    if (queue_init(&log->lines, lines) < 0 || queue_init(&log->errors, LINES_ERROR) < 0)
        goto no_memory;
    if (pthread_create(&log->thread, NULL, run, log) != 0)
        goto no_memory;
    memory_spare_stack(log->thread);
    return log;

no_memory:
    if (log != NULL) {
        free(log->lines.cells);
        free(log->errors.cells);
    }
    free(log);
    (void)error_set(err, AGON_ENOMEM, "log: out of memory or threads");
    return NULL;
}

int log_to_file(struct log *log, const struct log_file *file, struct error *err)
{
    struct stat stat;
    int fd;

    if (snprintf(log->file_path, sizeof(log->file_path), "%s", file->path) >=
        (int)sizeof(log->file_path))
        return error_set(err, AGON_ERANGE, "log: too long a path");
    fd = open(log->file_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0 || fstat(fd, &stat) != 0) {
        if (fd >= 0)
            (void)close(fd);
        return error_set(err, AGON_EIO, "log %s: %s", log->file_path, strerror(errno));
    }
    log->file_bytes = (uint64_t)stat.st_size;
    log->rotate_bytes = file->rotate_bytes;
    log->file_keep = file->keep;
    atomic_store(&log->file_fd, fd);
    return AGON_OK;
}

void log_set_level(struct log *log, enum log_level level)
{
    atomic_store_explicit(&log->level, (int)level, memory_order_relaxed);
}

void log_free(struct log *log)
{
    if (log == NULL)
        return;
    if (process_log == log)
        process_log = NULL;
    if (!log->config.is_direct) {
        atomic_store(&log->is_stopping, 1);
        wake_thread(log);
        (void)pthread_join(log->thread, NULL);
    }
    tell_rest(log);
    if (atomic_load(&log->file_fd) >= 0)
        (void)close(atomic_load(&log->file_fd));
    (void)pthread_mutex_destroy(&log->mutex);
    free(log->lines.cells);
    free(log->errors.cells);
    free(log);
}

static void copy_name(char *to, size_t room, const char *from)
{
    size_t n = from == NULL ? 0 : strlen(from);

    if (n >= room)
        n = room - 1;
    if (n > 0)
        memcpy(to, from, n);
    memset(to + n, 0, room - n);
}

#define MORE "..."
/* A value as it is kept, in LOG_VALUE_MAX bytes: a longer one ends behind a word, with MORE. */
static const char *value_of(const char *text, char shown[LOG_VALUE_MAX + 1])
{
    size_t n = LOG_VALUE_MAX - (sizeof(MORE) - 1), word;

    if (strnlen(text, LOG_VALUE_MAX + 1) <= LOG_VALUE_MAX)
        return text;
    while (n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80)
        n--; // no half of a character
    for (word = n; word > n / 2 && text[word] != ' ';)
        word--;
    n = text[word] == ' ' ? word : n;
    snprintf(shown, LOG_VALUE_MAX + 1, "%.*s" MORE, (int)n, text);
    return shown;
}

static void fill_fields(struct line *line, const struct log_field *fields)
{
    char shown[LOG_VALUE_MAX + 1];

    line->n_fields = 0;
    for (; fields != NULL && fields->name != NULL; fields++) {
        char *at = line->fields + line->n_fields;
        size_t room = sizeof(line->fields) - line->n_fields;
        int n = fields->text != NULL ? snprintf(at, room, "%c%s%c%s", FIELD_TEXT, fields->name, 0,
                                                value_of(fields->text, shown))
                                     : snprintf(at, room, "%c%s%c%lld", FIELD_NUMBER, fields->name,
                                                0, (long long)fields->number);

        if (n > 0 && (size_t)n < room)
            line->n_fields += (uint32_t)n + 1;
    }
}

__attribute__((format(printf, 7, 0))) static void fill(struct log *log, struct line *line,
                                                       enum log_level level, const char *area,
                                                       const char *key,
                                                       const struct log_field *fields,
                                                       const char *format, va_list args)
{
    int n;

    line->t = log->config.wall();
    line->mono = log->config.mono();
    line->level = level;
    copy_name(line->area, sizeof(line->area), area);
    copy_name(line->key, sizeof(line->key), key);
    n = vsnprintf(line->text, sizeof(line->text), format, args);
    if (n < 0)
        line->text[0] = '\0';
    else if ((size_t)n >= sizeof(line->text))
        memcpy(line->text + sizeof(line->text) - 4, "...", 4);
    fill_fields(line, fields);
}

__attribute__((format(printf, 3, 0))) static void write_stderr(enum log_level level,
                                                               const char *area, const char *format,
                                                               va_list args)
{
    char text[LOG_TEXT_MAX], safe[4 * LOG_TEXT_MAX];

    if (level < LOG_WARN)
        return;
    (void)vsnprintf(text, sizeof(text), format, args);
    (void)utf8_escape(text, strlen(text), safe, sizeof(safe));
    (void)fprintf(stderr, "%s %s: %s\n", log_level_name(level), area == NULL ? "" : area, safe);
}

__attribute__((format(printf, 6, 0))) static void write_line(struct log *log, enum log_level level,
                                                             const char *area, const char *key,
                                                             const struct log_field *fields,
                                                             const char *format, va_list args)
{
    if (log == NULL)
        log = process_log;
    if (log == NULL) {
        write_stderr(level, area, format, args);
    } else if ((int)level >= atomic_load_explicit(&log->level, memory_order_relaxed) &&
               level <= LOG_ERROR) {
        if (log->config.is_direct) {
            struct line line;

            fill(log, &line, level, area, key, fields, format, args);
            (void)pthread_mutex_lock(&log->mutex);
            take(log, &line);
            (void)pthread_mutex_unlock(&log->mutex);
        } else {
            uint64_t ticket = 0;
            struct cell *cell =
                queue_claim(level == LOG_ERROR ? &log->errors : &log->lines, &ticket);

            if (cell == NULL) {
                atomic_fetch_add_explicit(&log->n_dropped, 1, memory_order_relaxed);
            } else {
                fill(log, &cell->line, level, area, key, fields, format, args);
                atomic_store(&cell->turn, ticket + 1);
            }
            if (atomic_load(&log->is_parked))
                wake_thread(log);
        }
    }
}

void log_write(struct log *log, enum log_level level, const char *area, const char *key,
               const char *format, ...)
{
    va_list args;

    va_start(args, format);
    write_line(log, level, area, key, NULL, format, args);
    va_end(args);
}

void log_write_with(struct log *log, enum log_level level, const char *area, const char *key,
                    const struct log_field *fields, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    write_line(log, level, area, key, fields, format, args);
    va_end(args);
}

void log_flush(struct log *log)
{
    uint64_t wanted;

    if (log == NULL)
        log = process_log;
    if (log == NULL)
        return;
    if (log->config.is_direct) {
        (void)pthread_mutex_lock(&log->mutex);
        tell_repeats(log);
        (void)pthread_mutex_unlock(&log->mutex);
        return;
    }
    wanted = atomic_fetch_add(&log->n_flushes_wanted, 1) + 1;
    wake_thread(log);
    while (atomic_load(&log->n_flushes_done) < wanted) {
        uint32_t flushed = atomic_load(&log->flushed);

        if (atomic_load(&log->n_flushes_done) < wanted)
            (void)futex_wait(&log->flushed, flushed, PARK_NS);
    }
}

void log_stats(struct log *log, struct log_stats *stats)
{
    stats->n_written = atomic_load_explicit(&log->n_written, memory_order_relaxed);
    stats->n_dropped = atomic_load_explicit(&log->n_dropped, memory_order_relaxed);
    stats->n_muted = atomic_load_explicit(&log->n_muted, memory_order_relaxed);
    stats->n_folded = atomic_load_explicit(&log->n_folded, memory_order_relaxed);
}

void log_set_process(struct log *log)
{
    process_log = log;
}

const char *log_level_name(enum log_level level)
{
    static const char *const names[] = {"debug", "info", "warn", "error"};

    return (unsigned)level <= LOG_ERROR ? names[level] : "?";
}

int log_level_parse(const char *name)
{
    for (int level = LOG_DEBUG; level <= LOG_ERROR; level++) {
        if (strcmp(name, log_level_name((enum log_level)level)) == 0)
            return level;
    }
    return AGON_EINVAL;
}
