// SPDX-License-Identifier: Apache-2.0
// A browser on the dashboard of a running host: pages that are open, what each shows once its data are there, and what the console complained of.
// The command line of who imports it begins with CHROMIUM URL-WITH-TOKEN AGENT.
import { chromium } from 'playwright-core';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const executablePath = process.argv[2];
export const [url, agent] = process.argv.slice(3);
export const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
export const complaints = [];
// Takes back what the console said of answers that a test provokes.
export function forgive(pattern) { for (let i = complaints.length - 1; i >= 0; i--) if (pattern.test(complaints[i])) complaints.splice(i, 1); }
export const fail = text => { console.error(`FAIL: ${text}`); process.exitCode = 1; };
export const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'] });
export const PAGES = ['overview', 'agent', 'market', 'tournament', 'reliability', 'log'];

export async function open(width, height, colorScheme, prepare) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme, deviceScaleFactor: 1 });
  const page = await context.newPage();
  await prepare?.(page);
  page.setDefaultTimeout(120000);
  page.on('console', message => {
    if (!['error', 'warning'].includes(message.type())) return;
    // Which kind, from where, with what: one without words of its own can be looked for all the same.
    const { url: from, lineNumber, columnNumber } = message.location();
    complaints.push(`${message.type()} at ${from || 'no file'}:${lineNumber}:${columnNumber} on ${page.url()}: ${message.text() || `no text, of ${message.args().map(String).join(', ') || 'nothing'}`}`);
  });
  page.on('pageerror', error => complaints.push(`exception on ${page.url()}: ${error?.stack || String(error) || 'no text'}`));
  // What is under way when the page is closed is given up.
  page.on('requestfailed', request => { if (!page.isOver) complaints.push(`${request.url()}: ${request.failure()?.errorText}`); });
  await page.goto(url);
  await page.waitForSelector(`#t-agents tr[data-key="${agent}"]`);
  return page;
}
export const close = page => { page.isOver = true; return page.context().close(); };
export const text = (page, selector) => page.locator(selector).first().textContent();
// What each page shows once its data are there.
export const READY = {
  overview: () => document.querySelector('#p-overview .chart canvas') && document.querySelector('#t-positions tr[data-key]') && document.querySelector('.lamp-list .lamp[data-state]') && document.querySelector('.ribbon i'),
  agent: () => document.querySelector('#p-agent .candles canvas') && document.querySelector('.a-falls .step') && document.querySelector('.a-limits tr[data-key] .usage') && document.querySelector('.a-params .param'),
  market: () => document.querySelector('#p-market .candles canvas') && document.querySelector('#book .level.bid span')?.textContent && document.querySelector('.instrument dd'),
  tournament: () => /[0-9]/.test(document.querySelector('#countdown')?.textContent) && document.querySelector('#t-tournament tr[data-key]')?.offsetParent && document.querySelector('.why-row')?.offsetParent,
  reliability: () => document.querySelector('#p-reliability .heat canvas') && document.querySelector('#t-venues tr[data-key]') && document.querySelector('#latency rect'),
  log: () => [...document.querySelectorAll('#t-log tr[data-key]')].some(r => /\bagent=/.test(r.lastChild.title)), // its fields too
};
export async function show(page, name) {
  await page.evaluate(to => { location.hash = `#/${to}`; }, name);
  await page.waitForFunction(READY[name]);
}

// Runs what drives the pages. Prints what it returns where nothing failed, or else what did, and whatever the console complained of.
export async function drive(run) {
  try {
    const said = await run();
    if (complaints.length) fail(`the console says:\n${[...new Set(complaints)].join('\n')}`);
    if (!process.exitCode) console.log(said);
  } catch (error) {
    fail(`${error.stack ?? error}\n${[...new Set(complaints)].join('\n')}`);
  } finally {
    await browser.close();
  }
}
