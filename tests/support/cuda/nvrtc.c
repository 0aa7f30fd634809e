// SPDX-License-Identifier: Apache-2.0
/* A library that stands in for NVRTC: its code is the source itself, in which the stand-in of the
 * driver looks for entry points. A source with "#error" does not compile, and the log says so over
 * and over; one with HANG does not come back, one with DIE ends the process. NVRTC_FAILS names a
 * call that fails, NVRTC_ARCHS the only card that there is code for. NVRTC_SAYS: options and
 * headers go to stderr. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EXPORT       __attribute__((visibility("default")))
#define NOT_COMPILED 6
#define LOG                                                                                        \
    "own.cu(1): error: #error directive: \033[31mas it was written\nown.cu(2): error: and more\n"

static char *text; /* owned: of the one program */
static char log_text[4096];

static int fails(const char *call)
{
    const char *wanted = getenv("NVRTC_FAILS");

    return wanted != NULL && strcmp(wanted, call) == 0 ? 5 : 0;
}

EXPORT int nvrtcVersion(int *major, int *minor);
int nvrtcVersion(int *major, int *minor)
{
    *major = 13;
    *minor = 0;
    return fails("nvrtcVersion");
}

EXPORT const char *nvrtcGetErrorString(int code);
const char *nvrtcGetErrorString(int code)
{
    return fails("nvrtcGetErrorString") ? NULL : code == 5 ? "NVRTC_ERROR_STAND_IN" : "NVRTC_ERROR";
}

EXPORT int nvrtcGetNumSupportedArchs(int *n);
int nvrtcGetNumSupportedArchs(int *n)
{
    *n = getenv("NVRTC_ARCHS") != NULL ? 1 : 3;
    return fails("nvrtcGetNumSupportedArchs");
}

EXPORT int nvrtcGetSupportedArchs(int *archs);
int nvrtcGetSupportedArchs(int *archs)
{
    const char *one = getenv("NVRTC_ARCHS");

    archs[0] = one != NULL ? (int)strtol(one, NULL, 10) : 75;
    if (one == NULL) {
        archs[1] = 80;
        archs[2] = 90;
    }
    return fails("nvrtcGetSupportedArchs");
}

EXPORT int nvrtcCreateProgram(void **program, const char *source, const char *name, int n,
                              const char *const *headers, const char *const *names);
int nvrtcCreateProgram(void **program, const char *source, const char *name, int n,
                       const char *const *headers, const char *const *names)
{
    text = strdup(source);
    *program = &text;
    if (getenv("NVRTC_SAYS") != NULL)
        fprintf(stderr, "nvrtc %s with %d headers, the first %s of %zu bytes\n", name, n, names[0],
                strlen(headers[0]));
    return text == NULL ? 1 : fails("nvrtcCreateProgram");
}

EXPORT int nvrtcDestroyProgram(void **program);
int nvrtcDestroyProgram(void **program)
{
    free(text);
    text = NULL;
    *program = NULL;
    return fails("nvrtcDestroyProgram");
}

EXPORT int nvrtcCompileProgram(void *program, int n, const char *const *options);
int nvrtcCompileProgram(void *program, int n, const char *const *options)
{
    (void)program;
    for (int i = 0; i < n && getenv("NVRTC_SAYS") != NULL; i++)
        fprintf(stderr, "nvrtc %s\n", options[i]);
    while (strstr(text, "HANG") != NULL)
        (void)pause();
    if (strstr(text, "DIE") != NULL)
        (void)raise(SIGKILL);
    if (strstr(text, "#error") == NULL)
        return fails("nvrtcCompileProgram");
    log_text[0] = '\0';
    for (int i = 0; i < 20; i++)
        (void)strcat(log_text, LOG);
    return NOT_COMPILED;
}

EXPORT int nvrtcGetProgramLogSize(void *program, size_t *n);
int nvrtcGetProgramLogSize(void *program, size_t *n)
{
    (void)program;
    *n = strlen(log_text) + 1;
    return fails("nvrtcGetProgramLogSize");
}

EXPORT int nvrtcGetProgramLog(void *program, char *log);
int nvrtcGetProgramLog(void *program, char *log)
{
    (void)program;
    (void)strcpy(log, log_text);
    return fails("nvrtcGetProgramLog");
}

static int size_of(size_t *n, const char *call)
{
    *n = strlen(text) + 1;
    return fails(call);
}

static int code_of(char *code, const char *call)
{
    (void)strcpy(code, text);
    return fails(call);
}

EXPORT int nvrtcGetCUBINSize(void *program, size_t *n);
int nvrtcGetCUBINSize(void *program, size_t *n)
{
    (void)program;
    return size_of(n, "nvrtcGetCUBINSize");
}

EXPORT int nvrtcGetCUBIN(void *program, char *code);
int nvrtcGetCUBIN(void *program, char *code)
{
    (void)program;
    return code_of(code, "nvrtcGetCUBIN");
}

EXPORT int nvrtcGetPTXSize(void *program, size_t *n);
int nvrtcGetPTXSize(void *program, size_t *n)
{
    (void)program;
    return size_of(n, "nvrtcGetPTXSize");
}

EXPORT int nvrtcGetPTX(void *program, char *code);
int nvrtcGetPTX(void *program, char *code)
{
    (void)program;
    return code_of(code, "nvrtcGetPTX");
}
