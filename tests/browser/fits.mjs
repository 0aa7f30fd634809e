// SPDX-License-Identifier: Apache-2.0
// What is held of every page at every width, in dark and in light. page has axe.
export const WIDTHS = [390, 820, 1280, 1440, 2560];
export const heightAt = width => (width >= 2560 ? 1440 : 900);

// As many texts as are wrong: too wide, a table or a chart's last time cut, a zero that is coloured, what axe finds.
export async function fits(page, where) {
  const wrong = [];
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  if (wide > 0) wrong.push(`${where}: the page is ${wide} px too wide`);
  const cut = await page.evaluate(() => [...document.querySelectorAll('.page:not([hidden]) table')].filter(t => t.offsetParent).map(t => [t.closest('section').className, t.scrollWidth - t.parentElement.clientWidth]).filter(([, by]) => by > 0).map(([of, by]) => `${of} by ${by} px`));
  if (cut.length) wrong.push(`${where}: cut: ${cut.join(', ')}`);
  const short = await page.evaluate(() => [...document.querySelectorAll('.page:not([hidden]) .plot')].filter(p => p.offsetParent && p.querySelector('.u-over')).filter(p => p.querySelector('canvas').getBoundingClientRect().right - p.querySelector('.u-over').getBoundingClientRect().right < 24).map(p => p.ariaLabel));
  if (short.length) wrong.push(`${where}: the last time is cut: ${short.join(', ')}`);
  const red = await page.evaluate(() => [...document.querySelectorAll('.page:not([hidden]) :is(.bad, .good)')].map(n => n.textContent).filter(t => /^[+\u2212]?0(\.0*)?\u2009%$/.test(t)));
  if (red.length) wrong.push(`${where}: coloured, and shown as nothing: ${red.join(', ')}`);
  // Numbers that are late are grey, which no contrast is asked of, and colours change in a moment: what is wrong is so at each of three looks.
  let found = null;
  for (let look = 0; look < 3 && found?.length !== 0; look++) {
    await page.waitForFunction(() => !document.body.classList.contains('stale'));
    const now = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }).then(r => r.violations.map(v => `${v.id}: ${v.nodes.slice(0, 3).map(n => n.target.join(' ')).join(' | ')}`)));
    found = now.filter(one => found?.includes(one) ?? true);
  }
  for (const violation of found) wrong.push(`${where}: axe: ${violation}`);
  return wrong;
}
