// SPDX-License-Identifier: Apache-2.0
/* fuzz_elf: any bytes as a plugin file: findings, never a crash (B-66).
 *
 * decodes: host/agent/elf.c host/agent/elf_imports.c */
#include "agent/elf.h"
#include "base/error.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t n)
{
    static struct elf_report report;

    REQUIRE(elf_check(bytes, n, &report) == (int)report.n_findings);
    REQUIRE(report.n_findings <= ELF_FINDINGS_MAX);
    return 0;
}
