// SPDX-License-Identifier: Apache-2.0
// Waits until what the page comes to by a promise is true, and returns it: waitForFunction takes the promise itself for true.
export async function untilTrue(page, asked, arg = null, limit_ms = 120000) {
  const end = performance.now() + limit_ms;
  for (;;) {
    const found = await page.evaluate(asked, arg);
    if (found) return found;
    if (performance.now() > end) throw new Error(`not within ${limit_ms / 1000} s: ${asked}`);
    await page.waitForTimeout(100);
  }
}
