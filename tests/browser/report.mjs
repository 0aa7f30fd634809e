// SPDX-License-Identifier: Apache-2.0
// Opens reports from the disk in Chromium, as their reader would: they ask nobody for anything, their plots are drawn,
// follow dark and light, show values under the pointer, and fit a phone. At five widths, in dark and in light: no table of theirs
// is wider than its frame (a reader does not see that there is more beside it), axe finds nothing, and the console is silent.
//
//   node report.mjs CHROMIUM REPORT.html [REPORT.html...]     SHOTS, a folder: screenshots go there
import { chromium } from 'playwright-core';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const [, , executablePath, ...reports] = process.argv;
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const shots = process.env.SHOTS;
const failures = [];
const SCREENS_MAX = 8; // of a phone, before anything is opened
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'] });
let n_plots = 0;
let n_spans = 0;

// A press on the name of a column of numbers puts the largest first, a second one the smallest; sums stay below.
async function sorts(page, fail) {
  const table = page.locator('table', { has: page.locator('tbody + tbody') }).filter({ has: page.locator('th', { hasText: /^result$/ }) }).first();
  const column = await table.evaluate(node => [...node.tHead.rows[0].cells].findIndex(cell => cell.textContent.trim() === 'result'));
  const values = () => table.evaluate((node, at) => [...node.tBodies[0].rows].map(row => parseFloat(row.cells[at].textContent.replace(/[,+]/g, ''))), column);
  const sums = () => table.evaluate(node => node.tBodies[1]?.textContent);
  const [before, below] = [await values(), await sums()];
  const head = table.locator('th button').nth(column);
  await head.press('Enter');
  const down = await values();
  await head.press('Enter');
  const up = await values();
  const wanted = [...before].sort((a, b) => b - a);
  if (down.join() !== wanted.join() || up.join() !== wanted.reverse().join()) fail(`sorted by result: ${down}, then ${up}`);
  if (await sums() !== below || !below) fail('sorting moves the sums');
}

// Spans by how long they are, whatever their units.
async function sortsSpans(page, fail) {
  const order = await page.evaluate(() => {
    const table = [...document.querySelectorAll('table')].find(node => [...node.tHead.rows[0].cells].some(cell => cell.textContent.trim() === 'lasted'));
    if (!table) return null;
    const at = [...table.tHead.rows[0].cells].findIndex(cell => cell.textContent.trim() === 'lasted');
    const body = table.tBodies[0];
    const spans = ['59.5 s', '2 min 1 s', '1 d', '3.4 ms', '1 h 1 min', '1 h'];
    const [first] = body.rows;
    while (body.rows.length < spans.length) body.append(first.cloneNode(true));
    while (body.rows.length > spans.length) body.lastChild.remove();
    [...body.rows].forEach((row, i) => { row.cells[at].textContent = spans[i]; });
    table.tHead.rows[0].cells[at].querySelector('button').click();
    return [...body.rows].map(row => row.cells[at].textContent).join();
  });
  if (order === null) return; // without trades
  n_spans++;
  if (order !== '1 d,1 h 1 min,1 h,2 min 1 s,59.5 s,3.4 ms') fail(`trades by how long they lasted: ${order}`);
}

// With all parts opened: which tables are wider than what they stand in.
const cut = page => page.evaluate(() => [...document.querySelectorAll('.wide')].filter(frame => frame.scrollWidth > frame.clientWidth)
  .map(frame => `'${[...frame.querySelectorAll('th')].slice(0, 3).map(head => head.textContent).join(', ')}...' by ${frame.scrollWidth - frame.clientWidth} px`));

// A page that is open: what it complains of, what it asks for, whether it is as dark or light as its reader is, and axe.
async function open(report, name, width, height, colorScheme, fail) {
  const url = pathToFileURL(resolve(report)).href;
  const context = await browser.newContext({ viewport: { width, height }, colorScheme, hasTouch: width < 600 });
  const page = await context.newPage();
  page.setDefaultTimeout(120000);
  page.on('console', message => fail(`the console says: ${message.text()}`));
  page.on('pageerror', error => fail(String(error)));
  page.on('request', request => { if (request.url() !== url) fail(`asks for ${request.url()}`); });
  await page.goto(url);
  await broad(page, '', fail);
  const [back, text] = await page.evaluate(() => [getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color]
    .map(colour => colour.match(/\d+/g).slice(0, 3).reduce((sum, part) => sum + Number(part), 0)));
  if ((colorScheme === 'dark') !== (back < text)) fail('it does not follow dark and light');
  return page;
}
// Nothing goes beyond the page: neither the page itself, nor a table beyond its frame.
async function broad(page, when, fail) {
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  if (wide > 0) fail(`${when}the page is ${wide} px too wide`);
  for (const table of await cut(page)) fail(`${when}the table ${table} too wide`);
}
// With all parts opened.
async function opened(page, fail) {
  await page.evaluate(() => document.querySelectorAll('details').forEach(one => { one.open = true; }));
  await broad(page, 'with all parts opened ', fail);
  await page.evaluate(axe);
  const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }).then(r => r.violations.map(v => `${v.id}: ${v.nodes.slice(0, 3).map(n => n.target.join(' ')).join(' | ')}`)));
  for (const violation of found) fail(`axe: ${violation}`);
}

async function fits(report, width, height, colorScheme) {
  const name = `${basename(report, '.html')}-${width}-${colorScheme}`;
  const fail = text => failures.push(`${name}: ${text}`);
  const page = await open(report, name, width, height, colorScheme, fail);
  await opened(page, fail);
  // A large screen is used: from side to side, and with two plots beside each other.
  const [left, right, beside] = await page.evaluate(() => {
    const boxes = [...document.querySelectorAll('main>figure,main>section')].map(node => node.getBoundingClientRect());
    return [Math.min(...boxes.map(b => b.left)), Math.max(...boxes.map(b => b.right)), boxes.filter((b, i) => i && b.top === boxes[i - 1].top && b.left > boxes[i - 1].right).length];
  });
  if (width >= 2400 && (right - left < 0.9 * width || !beside)) fail(`it takes ${Math.round(right - left)} px, and ${beside} stand beside another`);
  if (width < 2400 && beside) fail(`${beside} plots or parts stand beside another`);
  if (shots) await page.screenshot({ path: `${shots}/${name}.png`, fullPage: true });
  await page.context().close();
}

async function look(report, width, height, colorScheme) {
  const name = `${basename(report, '.html')}-${width < 600 ? 'phone' : 'desktop'}-${colorScheme}`;
  const fail = text => failures.push(`${name}: ${text}`);
  const page = await open(report, name, width, height, colorScheme, fail);

  // On a phone what is long is folded: its heads can be seen, and each opens.
  const screens = await page.evaluate(() => document.documentElement.scrollHeight / innerHeight);
  if (width < 600) {
    if (screens > SCREENS_MAX) fail(`it is ${screens.toFixed(1)} screens long`);
    const fold = page.locator('details.part').last();
    await fold.locator('summary').click();
    if (!await fold.evaluate(one => one.open && [...one.children].slice(1).some(part => part.getBoundingClientRect().height > 0))) fail('a part does not open');
  } else if (await page.locator('details.part').count()) fail('parts are folded where there is room');
  await opened(page, fail);
  await sorts(page, fail);
  const figures = await page.locator('figure.drawn').all();
  if (!figures.length) fail('no plot');
  for (const [i, figure] of figures.entries()) {
    const plot = `plot ${i + 1}`;
    const box = await figure.locator('svg').boundingBox();
    const paths = await figure.locator('svg path').evaluateAll(all => all.map(path => ({
      points: (path.getAttribute('d').match(/[ML]/g) ?? []).length, width: path.getBBox().width, stroke: getComputedStyle(path).stroke })));
    if (!paths.length) fail(`${plot} has no line`);
    for (const path of paths) if (path.points < 2 || path.width <= 0 || path.stroke === 'none') fail(`${plot} has a line of ${path.points} points`);
    if (box.width < width / 2 || box.height < 100) fail(`${plot} is ${box.width} x ${box.height}`);
    // What the plot writes lies in the plot, and is large enough to be read.
    const texts = await figure.locator('.plot span').evaluateAll(all => all.map(text => {
      const { left, right, height } = text.getBoundingClientRect();
      return { text: text.textContent, left, right, height };
    }));
    const frame = await figure.boundingBox();
    for (const { text, left, right, height } of texts) {
      if (left < frame.x || right > frame.x + frame.width) fail(`${plot}: '${text}' lies outside`);
      if (height < 10) fail(`${plot}: '${text}' is ${height} px high`);
    }
    // Under the pointer: the line's values at that time, and back to the last ones when it leaves.
    const values = () => figure.locator('.legend b').allTextContents();
    const last = await values();
    if (last.some(value => !/\d/.test(value))) fail(`${plot}: the legend says ${last}`);
    await figure.scrollIntoViewIfNeeded();
    const now = await figure.locator('svg').boundingBox();
    // A page that is busy draws late: the pointer stays over it until it is seen.
    for (let i = 0; i < 100 && await figure.locator('.cursor').evaluate(line => getComputedStyle(line).display) === 'none'; i++) {
      await page.mouse.move(now.x + now.width * 0.3 + i % 2, now.y + now.height / 2);
      await page.waitForTimeout(20);
    }
    const expected = await figure.locator('svg').evaluate(svg => {
      const all = JSON.parse(svg.dataset.series);
      const x = Number(svg.querySelector('.cursor').getAttribute('x1'));
      const t = Math.round(Number(svg.dataset.t0) + x / svg.viewBox.baseVal.width * (svg.dataset.t1 - svg.dataset.t0));
      return all.map(points => (points.filter(point => point[0] <= t).pop() ?? points[0])[1].toFixed(svg.dataset.decimals));
    });
    const shown = (await values()).map(value => value.replaceAll(',', ''));
    if (shown.join() !== expected.join()) fail(`${plot}: under the pointer it says ${shown}, expected ${expected}`);
    if (!/^\d{4}-\d\d-\d\d \d\d:\d\d/.test(await figure.locator('time').textContent())) fail(`${plot}: no time under the pointer`);
    if (await figure.locator('.cursor').evaluate(line => getComputedStyle(line).display) === 'none') fail(`${plot}: no line under the pointer`);
    if (shots && i === 0) await page.screenshot({ path: `${shots}/${name}-pointer.png` });
    await page.mouse.move(0, 0);
    if ((await values()).join() !== last.join()) fail(`${plot}: the last values do not come back`);
    // A mark under the pointer hides no value.
    const mark = await figure.locator('.plot i').first().boundingBox({ timeout: 100 }).catch(() => null);
    if (mark && mark.x > now.x && mark.x + mark.width < now.x + now.width) {
      await page.mouse.move(mark.x + mark.width / 2, mark.y + mark.height / 2);
      await figure.locator('.cursor').evaluate(line => new Promise((done, lost) => {
        const began = performance.now();
        const look = () => (getComputedStyle(line).display !== 'none' ? done() : performance.now() - began > 5000 ? lost(new Error('hidden')) : requestAnimationFrame(look));
        look();
      })).catch(() => fail(`${plot}: no line under the pointer on a mark`));
      await page.mouse.move(0, 0);
    }
  }
  n_plots += figures.length;
  if (shots) await page.screenshot({ path: `${shots}/${name}.png`, fullPage: true });
  await sortsSpans(page, fail);
  await page.context().close();
}

try {
  if (!reports.length) failures.push('no report is named');
  for (const report of reports) {
    for (const scheme of ['dark', 'light']) {
      await look(report, 1280, 800, scheme);
      await look(report, 390, 844, scheme);
      for (const [width, height] of [[820, 1180], [1440, 900], [2560, 1440]]) await fits(report, width, height, scheme);
    }
  }
  if (!n_spans) failures.push('no report has trades with how long they lasted');
} catch (error) {
  failures.push(String(error));
} finally {
  await browser.close();
}
for (const failure of new Set(failures)) console.error(`FAIL: ${failure}`);
process.exitCode = failures.length ? 1 : 0;
if (!failures.length) console.log(`${reports.length} reports, ${n_plots} plots drawn, nobody asked for anything`);
