// SPDX-License-Identifier: Apache-2.0
#include "card/nvrtc.h"

#include <dlfcn.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOT_COMPILED 6 /* NVRTC_ERROR_COMPILATION */
#define ARCHS_MAX    64
#define LOG_MAX      ((size_t)16 << 20)
#define CODE_MAX     ((size_t)256 << 20)

/* Newest first. */
static const char *const libraries[] = {"libnvrtc.so.13", "libnvrtc.so.12", "libnvrtc.so.11.2",
                                        "libnvrtc.so"};

struct card_nvrtc {
    void *library; /* owned, as the next */
    void *builtins;
#define NVRTC_MEMBER(name, symbol, args) int(*name) args;
    NVRTC_CALLS(NVRTC_MEMBER)
    char file[512];
};

/* What it opens by name when it compiles may lie beside it, where nobody else looks. */
static void open_builtins(struct card_nvrtc *nvrtc)
{
    const char *slash = strrchr(nvrtc->file, '/');
    char path[640];
    int major = 0;
    int minor = 0;

    if (slash == NULL || nvrtc->version(&major, &minor) != 0)
        return;
    (void)snprintf(path, sizeof(path), "%.*s/libnvrtc-builtins.so.%d.%d",
                   (int)(slash - nvrtc->file), nvrtc->file, major, minor);
    nvrtc->builtins = dlopen(path, RTLD_NOW | RTLD_LOCAL);
}

struct card_nvrtc *card_nvrtc_open(const char *library, struct error *err)
{
    struct card_nvrtc *nvrtc = calloc(1, sizeof(*nvrtc));
    struct link_map *map = NULL;
    const char *missing = NULL;

    if (nvrtc == NULL) {
        (void)error_set(err, AGON_ENOMEM, "no memory for NVRTC");
        return NULL;
    }
    if (library != NULL)
        nvrtc->library = dlopen(library, RTLD_NOW | RTLD_LOCAL);
    for (size_t i = 0;
         library == NULL && nvrtc->library == NULL && i < sizeof(libraries) / sizeof(libraries[0]);
         i++)
        nvrtc->library = dlopen(libraries[i], RTLD_NOW | RTLD_LOCAL);
    if (nvrtc->library == NULL) {
        (void)error_set(err, AGON_ENOENT, "no NVRTC: %s", dlerror());
        free(nvrtc);
        return NULL;
    }
#define NVRTC_FIND(member, symbol, args)                                                           \
    *(void **)&nvrtc->member = dlsym(nvrtc->library, symbol);                                      \
    missing = nvrtc->member == NULL ? symbol : missing;
    NVRTC_CALLS(NVRTC_FIND)
    if (missing != NULL) {
        (void)error_set(err, AGON_EVERSION, "NVRTC has no %s: it is too old", missing);
        card_nvrtc_close(nvrtc);
        return NULL;
    }
    if (dlinfo(nvrtc->library, RTLD_DI_LINKMAP, &map) == 0 && map != NULL)
        (void)snprintf(nvrtc->file, sizeof(nvrtc->file), "%s", map->l_name);
    open_builtins(nvrtc);
    return nvrtc;
}

const char *card_nvrtc_file(const struct card_nvrtc *nvrtc)
{
    return nvrtc->file;
}

void card_nvrtc_close(struct card_nvrtc *nvrtc)
{
    if (nvrtc == NULL)
        return;
    if (nvrtc->builtins != NULL)
        (void)dlclose(nvrtc->builtins);
    (void)dlclose(nvrtc->library);
    free(nvrtc);
}

/* Its code for a card of that kind, or the newest that such a card's driver can make code from. */
static int choose_arch(const struct card_nvrtc *nvrtc, uint32_t arch, int *best, struct error *err)
{
    int archs[ARCHS_MAX];
    int n = 0;

    *best = 0;
    if (nvrtc->count_archs(&n) != 0 || n <= 0 || n > ARCHS_MAX || nvrtc->archs(archs) != 0)
        return error_set(err, AGON_ENOTSUP, "NVRTC does not say for which cards it makes code");
    for (int i = 0; i < n; i++)
        if (archs[i] <= (int)arch && archs[i] > *best)
            *best = archs[i];
    if (*best == 0)
        return error_set(err, AGON_ENOTSUP,
                         "this NVRTC makes no code for cards of compute capability %u.%u",
                         arch / 10, arch % 10);
    return AGON_OK;
}

static int did_not_compile(const struct card_nvrtc *nvrtc, void *program, const char *name,
                           struct error *err)
{
    size_t n = 0;
    char *log = NULL;

    if (nvrtc->log_size(program, &n) == 0 && n > 0 && n < LOG_MAX)
        log = calloc(1, n + 1);
    if (log != NULL && nvrtc->log(program, log) != 0)
        log[0] = '\0';
    (void)error_set(err, AGON_EINVAL, "%s does not compile: %.900s", name,
                    log != NULL ? log : "its log cannot be read");
    if (log != NULL)
        fprintf(stderr, "agon-gpu: %s does not compile:\n%s\n", name, log);
    free(log);
    return AGON_EINVAL;
}

static int failed(const struct card_nvrtc *nvrtc, const char *call, int code, struct error *err)
{
    const char *(*text)(int code);

    memcpy(&text, &nvrtc->error_text, sizeof(text)); // it alone returns no code
    return error_set(err, AGON_ENOTSUP, "NVRTC: %s (%d) in %s",
                     text(code) != NULL ? text(code) : "an unknown error", code, call);
}

int card_nvrtc_compile(struct card_nvrtc *nvrtc, const struct card_source *source, uint32_t arch,
                       char **code, struct error *err)
{
    char target[40];
    const char *options[] = {target, "--fmad=false", source->define};
    int n_options = source->define != NULL ? 3 : 2;
    void *program = NULL;
    size_t n = 0;
    int best;
    int is_exact;
    int rc = choose_arch(nvrtc, arch, &best, err);

    *code = NULL;
    if (rc < 0)
        return rc;
    is_exact = best == (int)arch;
    (void)snprintf(target, sizeof(target), "--gpu-architecture=%s_%d", is_exact ? "sm" : "compute",
                   best);
    rc = nvrtc->create(&program, source->text, source->name, (int)source->n_headers,
                       source->headers, source->names);
    if (rc != 0)
        return failed(nvrtc, "create", rc, err);
    rc = nvrtc->compile(program, n_options, options);
    if (rc == NOT_COMPILED)
        rc = did_not_compile(nvrtc, program, source->name, err);
    else if (rc != 0)
        rc = failed(nvrtc, "compile", rc, err);
    else if ((rc = is_exact ? nvrtc->cubin_size(program, &n) : nvrtc->ptx_size(program, &n)) != 0 ||
             n == 0 || n > CODE_MAX)
        rc = failed(nvrtc, "size", rc, err);
    else if ((*code = calloc(1, n + 1)) == NULL)
        rc = error_set(err, AGON_ENOMEM, "no memory for code of %zu bytes", n);
    else if ((rc = is_exact ? nvrtc->cubin(program, *code) : nvrtc->ptx(program, *code)) != 0)
        rc = failed(nvrtc, "code", rc, err);
    (void)nvrtc->destroy(&program);
    if (rc < 0) {
        free(*code);
        *code = NULL;
    }
    return rc;
}
