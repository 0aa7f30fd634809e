// SPDX-License-Identifier: Apache-2.0
#include "sys/memfd.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef MFD_EXEC
#define MFD_EXEC 0x10u /* Linux 6.3 */
#endif

int memfd_new(const char *name, uint64_t bytes, struct error *err)
{
    int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);

    if (fd < 0)
        return error_set(err, AGON_EIO, "shared memory %s: %s", name, strerror(errno));
    if (bytes > INT64_MAX || ftruncate(fd, (off_t)bytes) != 0) {
        int rc = error_set(err, AGON_ENOMEM, "shared memory %s of %llu bytes: %s", name,
                           (unsigned long long)bytes, strerror(errno));

        (void)close(fd);
        return rc;
    }
    return fd;
}

void *memfd_map(int fd, uint64_t bytes, int is_writable, struct error *err)
{
    void *memory =
        mmap(NULL, bytes, is_writable ? PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED, fd, 0);

    if (memory == MAP_FAILED) {
        (void)error_set(err, errno == EPERM ? AGON_EPERM : AGON_ENOMEM,
                        "mapping %llu bytes of shared memory: %s", (unsigned long long)bytes,
                        strerror(errno));
        return NULL;
    }
    return memory;
}

void memfd_unmap(void *memory, uint64_t bytes)
{
    if (memory != NULL)
        (void)munmap(memory, bytes);
}

int memfd_seal(int fd, int is_read_only, struct error *err)
{
    int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;

    if (is_read_only)
        seals |= F_SEAL_FUTURE_WRITE;
    if (fcntl(fd, F_ADD_SEALS, seals) != 0)
        return error_set(err, AGON_ENOTSUP, "sealing shared memory: %s", strerror(errno));
    return AGON_OK;
}

void *memfd_reserve(const char *name, uint64_t room, int *fd, struct error *err)
{
    void *memory;

    *fd = memfd_new(name, 0, err);
    if (*fd < 0)
        return NULL;
    memory = memfd_map(*fd, room, 1, err);
    if (memory != NULL && fcntl(*fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE) == 0)
        return memory;
    if (memory != NULL)
        (void)error_set(err, AGON_ENOTSUP, "sealing shared memory: %s", strerror(errno));
    memfd_unmap(memory, room);
    (void)close(*fd);
    *fd = -1;
    return NULL;
}

int memfd_fill(int fd, uint64_t bytes, struct error *err)
{
    if (bytes > INT64_MAX || ftruncate(fd, (off_t)bytes) != 0)
        return error_set(err, AGON_ENOMEM, "shared memory of %llu bytes: %s",
                         (unsigned long long)bytes, strerror(errno));
    return memfd_seal(fd, 0, err);
}

#define PROGRAM_SEALS (F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)

int memfd_is_program(int fd)
{
    int seals = fcntl(fd, F_GET_SEALS);

    return seals >= 0 && (seals & PROGRAM_SEALS) == PROGRAM_SEALS;
}

int memfd_new_program(const char *name, const void *bytes, uint64_t n, struct error *err)
{
    unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
    int fd = memfd_create(name, flags | MFD_EXEC);
    uint64_t at = 0;

    if (fd < 0 && errno == EINVAL)
        fd = memfd_create(name, flags);
    if (fd < 0)
        return error_set(err, errno == EACCES || errno == EPERM ? AGON_EPERM : AGON_EIO,
                         "memory for a program: %s", strerror(errno));
    while (at < n) {
        ssize_t got = write(fd, (const char *)bytes + at, n - at);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        at += (uint64_t)got;
    }
    if (at == n &&
        fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0)
        return fd;
    (void)error_set(err, at < n ? AGON_ENOMEM : AGON_EIO, "a program in memory: %s",
                    strerror(errno));
    (void)close(fd);
    return at < n ? AGON_ENOMEM : AGON_EIO;
}

int64_t memfd_sealed_size(int fd, struct error *err)
{
    int seals = fcntl(fd, F_GET_SEALS);
    struct stat stat;

    if (seals < 0 || (seals & F_SEAL_SHRINK) == 0)
        return error_set(err, AGON_EPERM, "shared memory is not sealed against shrinking");
    if (fstat(fd, &stat) != 0)
        return error_set(err, AGON_EIO, "shared memory: %s", strerror(errno));
    return stat.st_size;
}
