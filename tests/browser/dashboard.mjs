// SPDX-License-Identifier: Apache-2.0
// Drives the dashboard of a running host in Chromium, as an operator would: values move, pages are reached by keys, a halt works, a
// reload and a crash show, an order is cancelled and asked for; every page fits every width in dark and light, axe has nothing to say,
// a viewer costs what he may, and nothing is complained of on the console.
//
//   node dashboard.mjs CHROMIUM URL-WITH-TOKEN AGENT RELOAD DOOMED ADD [FOLDER]
//
// RELOAD and ADD are commands for a shell, run while the page is open: AGENT changes hands, and an agent DOOMED, which
// crashes until it is put away, begins. FOLDER: screenshots go there.
import { chromium } from 'playwright-core';
import { readFileSync } from 'node:fs';
import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';

const [, , executablePath, url, agent, reload, doomed, add, folder] = process.argv;
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const shell = command => promisify(execFile)('sh', ['-c', command]);
const complaints = [];
const fail = text => { console.error(`FAIL: ${text}`); process.exitCode = 1; };
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'] });
const PAGES = ['overview', 'agent', 'market', 'tournament', 'reliability', 'log'];
const WIDTHS = [390, 820, 1280, 1440, 2560];
const BYTES_PER_S = 15 * 1024;
const WATCHED_S = 8;

async function open(width, height, colorScheme) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme, deviceScaleFactor: 1 });
  const page = await context.newPage();
  page.setDefaultTimeout(120000);
  page.on('console', message => { if (['error', 'warning'].includes(message.type())) complaints.push(`${message.text()} ${message.location().url}`); });
  page.on('pageerror', error => complaints.push(String(error)));
  // What is under way when the page is closed is given up.
  page.on('requestfailed', request => { if (!page.isOver) complaints.push(`${request.url()}: ${request.failure()?.errorText}`); });
  await page.goto(url);
  await page.waitForSelector(`#t-agents tr[data-key="${agent}"]`);
  return page;
}
const close = page => { page.isOver = true; return page.context().close(); };
const text = (page, selector) => page.locator(selector).first().textContent();
// What each page shows once its data are there.
const READY = {
  overview: () => document.querySelector('#p-overview .chart canvas') && document.querySelector('#t-positions tr[data-key]') && document.querySelector('.lamp-list .lamp[data-state]') && document.querySelector('.ribbon i'),
  agent: () => document.querySelector('#p-agent .candles canvas') && document.querySelector('.a-falls .step') && document.querySelector('.a-limits tr[data-key] .usage') && document.querySelector('.a-params .param'),
  market: () => document.querySelector('#p-market .candles canvas') && document.querySelector('#book .level.bid span')?.textContent && document.querySelector('.instrument dd'),
  tournament: () => /[0-9]/.test(document.querySelector('#countdown')?.textContent) && document.querySelector('#t-tournament tr[data-key]') && document.querySelector('.why-row'),
  reliability: () => document.querySelector('#p-reliability .heat canvas') && document.querySelector('#t-venues tr[data-key]') && document.querySelector('#latency rect'),
  log: () => document.querySelector('#t-log tr[data-key]'),
};
async function show(page, name) {
  await page.evaluate(to => { location.hash = `#/${to}`; }, name);
  await page.waitForFunction(READY[name]);
}

async function operate(page) {
  if ((await page.evaluate('location.href')).includes('token')) fail('the token stays in the address');
  const events = await text(page, '#events-n');
  await page.waitForFunction(before => document.querySelector('#events-n').textContent !== before, events);
  await page.waitForFunction(READY.overview);

  // Limits of all agents together: what is used is what the host says, and each has a row.
  await page.waitForFunction(() => document.querySelector('#t-portfolio tr[data-key="equity"]')?.children[1].textContent.match(/[0-9]/));
  const limits = await page.evaluate(() => [...document.querySelectorAll('#t-portfolio tr[data-key]')].map(r => r.dataset.key).sort().join());
  if (limits !== 'asset,daily_loss,drawdown,equity,gross,net,venue') fail(`limits of the portfolio: ${limits}`);
  const named = await page.evaluate(() => ['equity', 'daily_loss', 'venue'].map(key => {
    const cell = document.querySelector(`#t-portfolio tr[data-key="${key}"]`).children[0];
    return `${cell.textContent}: ${cell.title}`;
  }).join('; '));
  if (named !== 'Equity, minimum: floor of the equity of all slots; Daily loss: loss of all slots since 00:00 UTC, of their capital; Venue: notional on any one venue, open orders counted')
    fail(`limits of the portfolio: ${named}`);
  if (await text(page, '#breach') !== 'within') fail('a breach that there is not');

  // Pages by keys alone: their numbers, and g with the first letter; each is named in the address and in the navigation.
  for (const [i, name] of PAGES.entries()) {
    await page.keyboard.press(String(i + 1));
    await page.waitForFunction(READY[name]);
    await page.waitForFunction(to => location.hash.startsWith(`#/${to}`) && document.querySelector('#nav [aria-current]').getAttribute('href') === `#/${to}`, name);
  }
  await page.keyboard.press('g');
  await page.keyboard.press('o');
  await page.waitForFunction(() => !document.querySelector('#p-overview').hidden);

  // The league is sorted by a click on a head, up and down, and as it was by a third.
  const order = () => page.evaluate(() => [...document.querySelectorAll('#t-agents tr[data-key]')].map(r => r.dataset.key).join());
  const before = await order();
  await page.click('#t-agents th:first-child button');
  if (await order() !== before.split(',').sort().reverse().join()) fail(`sorted by name: ${await order()}`);
  await page.click('#t-agents th:first-child button');
  await page.click('#t-agents th:first-child button');
  if (await order() !== before) fail(`no longer sorted: ${await order()}`);

  // Choose the agent, halt it, see it halted, let it go on.
  await page.keyboard.press('j');
  while (await page.evaluate(() => document.querySelector('#t-agents tr[aria-selected=true]')?.dataset.key) !== agent) await page.keyboard.press('j');
  await page.keyboard.press('x');
  await page.waitForFunction(name => document.querySelector(`#t-agents tr[data-key="${name}"]`).children[1].textContent === 'halted', agent);
  // The answer has the number of its event, and the event is in the list.
  await page.waitForFunction(() => /event \d+$/.test(document.querySelector('#toast').textContent));
  await page.waitForFunction(name => [...document.querySelectorAll('#l-events li')].some(l => l.children[1].textContent === 'halt' && l.children[2].textContent.includes(name)), agent);
  await page.keyboard.press('x');
  await page.waitForFunction(name => document.querySelector(`#t-agents tr[data-key="${name}"]`).children[1].textContent === 'active', agent);
  await page.keyboard.press('Enter');
  await page.waitForFunction(name => location.hash === `#/agent/${name}` && document.querySelector('#agent-name')?.value === name, agent);
  await page.waitForFunction(READY.agent);
  // What the plugin says of itself, by its number.
  await page.waitForFunction(name => [...document.querySelectorAll('#s-metrics:not([hidden]) #t-metrics tr[data-key]')]
    .some(r => r.dataset.key === JSON.stringify([name, 0]) && Number(r.children[2].textContent.replace(/\u2009/g, '')) > 0), agent);
  // What cannot be taken back wants the name.
  await page.click('.agent-head button.danger');
  await page.waitForSelector('#d-ask[open]');
  if (!await page.isDisabled('#d-ask-yes')) fail('flatten does not ask for the name');
  await page.fill('#d-ask-typed', `${agent}x`);
  if (!await page.isDisabled('#d-ask-yes')) fail('flatten takes another name');
  await page.fill('#d-ask-typed', agent);
  if (await page.isDisabled('#d-ask-yes')) fail('flatten does not take the name');
  await page.keyboard.press('Escape');
  // And all of them by the button; what is open stays open and is cancelled one by one.
  await page.click('#halt');
  await page.waitForFunction(() => document.querySelector('#state').textContent === 'halted');
  await show(page, 'market');
  for (let n = 0; n < 3 && await page.locator('#t-orders .mini').count(); n++) {
    const row = page.locator('#t-orders tr[data-key]').first();
    const id = await row.getAttribute('data-key');
    await row.locator('.mini').click({ timeout: 5000 }).catch(() => {});
    if (!await page.locator('#d-ask[open]').count()) continue;
    await page.click('#d-ask-yes');
    await page.waitForFunction(key => !document.querySelector(`#t-orders tr[data-key="${key}"]`), id);
    cancelled++;
  }
  await page.click('#halt');
  await page.waitForFunction(() => document.querySelector('#state').textContent !== 'halted');
  await page.keyboard.press('?');
  await page.waitForSelector('#d-help[open]');
  await page.keyboard.press('Escape');
  const was = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  await page.keyboard.press('t');
  if (await page.evaluate(() => getComputedStyle(document.body).backgroundColor) === was) fail('t does not change the theme');
  await page.keyboard.press('z');
  if (await text(page, '#time-zone') !== 'Market time, local') fail('z does not change the time zone');
  await page.keyboard.press('z');
  await page.keyboard.press('t');
}
let cancelled = 0;

async function change(page) {
  // Another build takes over while the page is open: it stands in the agent's row and among the reloads.
  const cells = (id, key) => page.evaluate(([table, name]) => [...document.querySelectorAll(`#${table} tbody tr`)]
    .map(row => [...row.children].map(cell => cell.textContent)).find(row => row.some(cell => cell === name)), [id, key]);
  const at = title => page.evaluate(name => [...document.querySelectorAll('#t-agents th')].findIndex(h => h.textContent === name), title);
  await show(page, 'overview');
  const gen = await at('Gen.');
  const generation = (await cells('t-agents', agent))[gen];
  await shell(reload);
  await page.waitForFunction(([name, was, k]) => document.querySelector(`#t-agents tr[data-key="${name}"]`).children[k].textContent === String(Number(was) + 1), [agent, generation, gen]);
  await page.waitForFunction(name => [...document.querySelectorAll('#l-events li')].some(l => l.children[1].textContent === 'reload' && l.children[2].textContent.includes(name)), agent);
  await show(page, 'reliability');
  await page.waitForSelector('#s-reloads:not([hidden]) tbody tr:not(.empty)');
  const took = await cells('t-reloads', agent);
  if (!took || took[2] !== 'reload' || took[3] !== generation || took[4] !== String(Number(generation) + 1) || !/^[0-9.]+ (ns|µs|ms|s)$/.test(took[5])) fail(`the reloads say ${took}`);
  await show(page, 'agent');
  await page.waitForFunction(to => [...document.querySelectorAll('.a-generations tr[data-key]')].some(r => r.children[2].textContent === to), `${generation} → ${Number(generation) + 1}`);
  // One that crashes is begun anew, then put away: its state says why.
  await show(page, 'overview');
  await shell(add);
  await page.waitForFunction(name => /^(ended|quarantined): ./.test(document.querySelector(`#t-agents tr[data-key="${name}"]`)?.children[1].textContent), doomed);
  if (!await page.evaluate(name => document.querySelector(`#t-agents tr[data-key="${name}"]`).children[1].classList.contains('bad'), doomed)) fail('an agent that has ended looks well');
  await page.waitForFunction(() => /^2 of 3 /.test(document.querySelector('#n-agents').textContent));
  await page.click(`#t-agents tr[data-key="${doomed}"]`, { position: { x: 220, y: 8 } });
  await page.waitForFunction(name => location.hash === `#/agent/${name}` && document.querySelector('.why-ended:not([hidden])')?.textContent, doomed);
}

// Bytes a second of one who looks at a page, frames and answers; what a page begins with is not counted.
async function traffic() {
  const page = await open(1440, 900, 'dark');
  const session = await page.context().newCDPSession(page);
  let bytes = 0;
  await session.send('Network.enable');
  session.on('Network.webSocketFrameReceived', event => { bytes += event.response.payloadData.length; });
  session.on('Network.loadingFinished', event => { bytes += event.encodedDataLength; });
  const rates = [];
  for (const name of PAGES) {
    await show(page, name);
    await page.waitForTimeout(1500);
    bytes = 0;
    await page.waitForTimeout(WATCHED_S * 1000);
    rates.push(`${name} ${(bytes / WATCHED_S / 1024).toFixed(1)}`);
    if (bytes / WATCHED_S > BYTES_PER_S) fail(`${name} costs ${(bytes / WATCHED_S / 1024).toFixed(1)} KB/s`);
  }
  await close(page);
  return rates.join(', ');
}

// No page is wider than its window, no table is cut, and axe finds nothing.
async function look(scheme) {
  const page = await open(WIDTHS[0], 900, scheme);
  await page.evaluate(axe);
  for (const name of PAGES) {
    await page.evaluate(to => { location.hash = `#/${to}`; }, name === 'agent' ? `agent/${agent}` : name);
    await page.waitForFunction(READY[name]);
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 900 });
      await page.evaluate(() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done))));
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      if (wide > 0) fail(`${name} at ${width}, ${scheme}: the page is ${wide} px too wide`);
      const cut = await page.evaluate(() => [...document.querySelectorAll('.page:not([hidden]) table')].filter(t => t.offsetParent).map(t => [t.closest('section').className, t.scrollWidth - t.parentElement.clientWidth]).filter(([, by]) => by > 0).map(([of, by]) => `${of} by ${by} px`));
      if (cut.length) fail(`${name} at ${width}, ${scheme}: cut: ${cut.join(', ')}`);
      const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }).then(r => r.violations.map(v => `${v.id}: ${v.nodes.slice(0, 3).map(n => n.target.join(' ')).join(' | ')}`)));
      for (const violation of found) fail(`${name} at ${width}, ${scheme}: axe: ${violation}`);
      if (folder) await page.screenshot({ path: `${folder}/${name}-${width}-${scheme}.png`, fullPage: width !== 2560 });
    }
  }
  await close(page);
}

try {
  const page = await open(1440, 900, 'dark');
  await operate(page);
  await change(page);
  await close(page);
  const rates = await traffic();
  await look('dark');
  await look('light');
  if (complaints.length) fail(`the console says:\n${[...new Set(complaints)].join('\n')}`);
  if (!process.exitCode) console.log(`values move, a halt works, ${cancelled} orders were cancelled one by one, a reload and a crash show; KB/s: ${rates}; ${PAGES.length} pages fit ${WIDTHS.length} widths in dark and light, axe finds nothing, no complaint on the console`);
} catch (error) {
  fail(`${error.stack ?? error}\n${[...new Set(complaints)].join('\n')}`);
} finally {
  await browser.close();
}
