// SPDX-License-Identifier: Apache-2.0
// Drives the dashboard of a running host in Chromium, as an operator would: values move, pages are reached by keys, a halt works, a
// reload and a crash show, an order is cancelled and asked for; what is old reads as well as what is new, a viewer
// costs what he may, and nothing is complained of on the console.
//
//   node dashboard.mjs CHROMIUM URL-WITH-TOKEN AGENT STILL RELOAD DOOMED ADD DRAWER
//
// STILL holds something and has orders standing, as many as its parameter says (stander). RELOAD and ADD are commands for a shell, run while the page is open: AGENT changes hands, and an agent DOOMED, which
// crashes until it is put away, begins. DRAWER is sma_cross on BTCUSDT: its averages are lines.
import { noHoles, oneReturn, saysOnce, windows } from './labels.mjs';
import { agent, axe, browser, close, drive, fail, forgive, open, PAGES, READY, show, text, url } from './page.mjs';
import { untilTrue } from './until.mjs';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';

const [still, reload, doomed, add, drawer] = process.argv.slice(5);
const shell = command => promisify(execFile)('sh', ['-c', command]);
const BYTES_PER_S = 15 * 1024;
const WATCHED_S = 8;

// The question that an order asks: nothing is done before the name is typed, and then by Enter.
async function agree(page, what, name) {
  await page.waitForSelector('#d-ask[open]');
  if (!await page.isDisabled('#d-ask-yes') || await text(page, '#d-ask-word') !== name) fail(`${what} does not ask for ${name}`);
  await page.fill('#d-ask-typed', name);
  await page.keyboard.press('Enter');
}
const asks = page => page.evaluate(() => Boolean(document.querySelector('#d-ask[open]')));

// Keys act on what is in view and say on whom; elsewhere they do nothing.
async function keys(page) {
  const orders = [];
  const note = request => { if (request.method() === 'POST') orders.push(request.url()); };
  page.on('request', note);
  const nothing = async (where, ...pressed) => {
    for (const key of pressed) {
      await page.keyboard.press(key);
      if (await asks(page)) {
        fail(`${key} asks ${where}`);
        await page.keyboard.press('Escape');
        await page.waitForFunction(() => !document.querySelector('#d-ask[open]'));
      }
    }
  };
  await page.keyboard.press('1');
  await page.waitForFunction(READY.overview);
  await nothing('with no row marked', 'x');
  await page.keyboard.press('j');
  for (const name of ['market', 'tournament', 'reliability', 'log']) { await show(page, name); await nothing(`on ${name}`, 'x', 'h'); }
  await show(page, 'overview');
  await page.fill('#filter', 'nobody is called so');
  await page.evaluate(() => document.activeElement.blur());
  await nothing('for a row that is filtered out', 'x');
  await page.fill('#filter', '');
  await page.evaluate(() => document.activeElement.blur());
  // Who does not type the name leaves all as it was.
  await page.keyboard.press('h');
  await page.waitForSelector('#d-ask[open]');
  await page.fill('#d-ask-typed', 'hal');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => !document.querySelector('#d-ask[open]'));
  page.off('request', note);
  if (orders.length) fail(`keys ordered: ${orders.join(', ')}`);
}
// What an address names and is not there is said, with a way back; nothing else is shown in its place.
async function lost(page) {
  for (const [hash, words, seen] of [['agent/nosuch', "No agent is called 'nosuch'.", '.agent-head'], ['agent/%', "No agent is called '%'.", '.agent-head'], ['market/NOSUCH', "No instrument is called 'NOSUCH'.", '#book'], ['tournament/999', "No tournament '999' was held.", '#countdown']]) {
    await page.evaluate(to => { location.hash = `#/${to}`; }, hash);
    await page.waitForFunction(w => [...document.querySelectorAll('.page:not([hidden]) > .lacks:not([hidden])')].some(n => n.textContent.startsWith(w)), words);
    if (await page.evaluate(selector => Boolean(document.querySelector(selector).offsetParent), seen)) fail(`#/${hash} shows another`);
    if (await page.evaluate(() => [...document.querySelectorAll('.page:not([hidden]) > :not(.lacks)')].some(n => n.offsetParent))) fail(`#/${hash} shows more than that`);
    if (await page.evaluate(() => document.querySelectorAll('.page:not([hidden]) > .lacks a').length) === 0) fail(`#/${hash} leads nowhere`);
  }
  await page.click('.page-tournament > .lacks a');
  await page.waitForFunction(() => document.querySelector('.page-tournament > .lacks').hidden && document.querySelector('#countdown').offsetParent);
  await page.keyboard.press('2');
  await page.waitForFunction(() => document.querySelector('.page-agent > .lacks').hidden && document.querySelector('.agent-head').offsetParent && document.querySelector('#agent-name').value);
}

async function operate(page) {
  if ((await page.evaluate('location.href')).includes('token')) fail('the token stays in the address');
  const events = await text(page, '#events-n');
  await page.waitForFunction(before => document.querySelector('#events-n').textContent !== before, events);
  await page.waitForFunction(READY.overview);

  // A first run that began today has made all of its result today, to the digit, in each picture.
  await page.waitForFunction(() => /[0-9]/.test(document.querySelector('#today').textContent));
  const beside = await page.evaluate(async () => {
    const seen = [];
    for (let i = 0; i < 25; i++) {
      const [result, today] = ['#result', '#today'].map(id => document.querySelector(id));
      if (!today.title.endsWith('00:00:00') && today.textContent !== result.textContent) seen.push(`${result.textContent} and ${today.textContent} ${today.title}`);
      await new Promise(done => setTimeout(done, 150));
    }
    return seen;
  });
  if (beside.length) fail(`today's result is not the first day's: ${beside.slice(0, 3).join('; ')}`);

  // A return and a drawdown are known from the beginning, of who has no capital too.
  const dashes = await page.evaluate(() => {
    const heads = [...document.querySelectorAll('#t-agents thead th')].map(cell => cell.textContent);
    return [...document.querySelectorAll('#t-agents tbody tr[data-key]')].flatMap(row => ['Return', 'Drawdown'].map(head => [row.dataset.key, head, row.cells[heads.indexOf(head)].textContent])).filter(([, , text]) => !/[0-9]\.[0-9]{2}\u2009%$/.test(text));
  });
  if (dashes.length) fail(`not known: ${JSON.stringify(dashes)}`);

  // Limits of all agents together: what is used is what the host says, and each has a row.
  await page.waitForFunction(() => document.querySelector('#t-portfolio tr[data-key="equity"]')?.children[1].textContent.match(/[0-9]/));
  const limits = await page.evaluate(() => [...document.querySelectorAll('#t-portfolio tr[data-key]')].map(r => r.dataset.key).sort().join());
  if (limits !== 'asset,daily_loss,drawdown,equity,gross,net,venue') fail(`limits of the portfolio: ${limits}`);
  const named = await page.evaluate(() => ['equity', 'daily_loss', 'venue'].map(key => {
    const cell = document.querySelector(`#t-portfolio tr[data-key="${key}"]`).children[0];
    return `${cell.textContent}: ${cell.title}`;
  }).join('; '));
  if (named !== 'Equity, minimum: floor of what all slots could be closed at, without the pool; Daily loss: loss of all slots since 00:00 UTC, of their capital; Venue: notional on any one venue, open orders counted')
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
  await page.click('#t-agents th:first-child', { position: { x: 3, y: 3 } }); // beside its text
  if (await order() !== before.split(',').sort().reverse().join()) fail(`sorted by name: ${await order()}`);
  await page.click('#t-agents th:first-child button');
  await page.click('#t-agents th:first-child button');
  if (await order() !== before) fail(`no longer sorted: ${await order()}`);

  // What is listed is there as a file, numbers plain; the money on the accounts, and each hour's, day's and week's result, which
  // together are the result.
  await page.waitForFunction(() => document.querySelectorAll('#t-accounts tr[data-key]').length > 1 && document.querySelector('.periods canvas'));
  const saved = async button => {
    const [file] = await Promise.all([page.waitForEvent('download'), page.click(button)]);
    return [file.suggestedFilename(), readFileSync(await file.path(), 'utf8').trim().split('\r\n').map(row => row.split(','))];
  };
  for (const [button, name, key] of [['.agents .save', 'agents', 'Result'], ['#s-positions .save', 'positions', 'Quantity'], ['.accounts .save', 'money', 'On it']]) {
    const [file, [heads, ...list]] = await saved(button);
    const at = heads.indexOf(key);
    if (!file.startsWith(`agon-${name}-`) || at < 0 || !list.length || list.some(row => row.length !== heads.length || !/^-?[0-9]+(\.[0-9]+)?$/.test(row[at]))) fail(`${file}: ${heads} ${list}`);
  }
  const sums = await page.evaluate(async () => {
    const { ALL, day, points, resultsBy, resultSince } = await import('/history.mjs');
    const last = points(ALL).at(-1);
    return ['hour', 'day', 'week', 'month'].map(period => [period, resultsBy(ALL, period).reduce((sum, p) => sum + p.amount, 0), resultSince(ALL, 0).amount,
      period === 'day' ? resultsBy(ALL, period).at(-1).amount - resultSince(ALL, day(last[0])).amount : 0]);
  });
  for (const [period, sum, all, differs] of sums) if (Math.abs(sum - all) > 1e-6 || Math.abs(differs) > 1e-6) fail(`result by ${period}: ${sum}, of all of it ${all}, by ${differs} another than today's`);
  // The last bar is of the same moment as the header's.
  await page.click('.periods .tabs button[data-key="day"]');
  await page.mouse.move(0, 0);
  const late = await page.evaluate(async () => {
    const out = [];
    for (let i = 0; i < 150; i++) { // each picture that is drawn, over some seconds
      await new Promise(requestAnimationFrame);
      const [bar, header] = [document.querySelector('.periods .legend b').textContent, document.querySelector('#today').textContent];
      if (bar !== header) out.push(`${bar} beside ${header}`);
    }
    return out;
  });
  if (late.length) fail(`the last bar is not today's result: ${late.join(', ')}`);
  await page.click('.periods .tabs button[data-key="month"]');
  await page.waitForFunction(() => document.querySelector('.periods .tabs [aria-pressed="true"]').dataset.key === 'month' && /[0-9]{4}-[0-9]{2}[^-]/.test(document.querySelector('.periods .legend').textContent) && /[0-9]/.test(document.querySelector('.periods .legend').textContent));

  await keys(page);
  await lost(page);
  await page.keyboard.press('1');
  // Keys that come before the page has turned are the other page's.
  await page.waitForFunction(() => location.hash.startsWith('#/overview') && document.querySelector('#t-agents').offsetParent);

  // Choose the agent, halt it, see it halted, let it go on.
  for (let i = 0; i < 3; i++) await page.keyboard.press('k');
  const marked = () => page.evaluate(() => document.querySelector('#t-agents tr[aria-selected=true]')?.dataset.key);
  for (let i = 0; i < 20 && await marked() !== agent; i++) await page.keyboard.press('j');
  if (await marked() !== agent) throw new Error(`j and k mark ${await marked()}`);
  await page.keyboard.press('x');
  await agree(page, 'x', agent);
  await page.waitForFunction(name => document.querySelector(`#t-agents tr[data-key="${name}"]`).children[1].textContent === 'halted', agent);
  // The answer has the number of its event, and the event is in the list.
  await page.waitForFunction(() => /event \d+$/.test(document.querySelector('#toast').textContent));
  await page.waitForFunction(name => [...document.querySelectorAll('#l-events li')].some(l => l.children[1].textContent === 'halt' && l.children[2].textContent.includes(name)), agent);
  await page.keyboard.press('x');
  await agree(page, 'x again', agent);
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
  await steer(page);
  // The market's own trades, newest first.
  await show(page, 'market');
  await page.waitForFunction(() => { const times = [...document.querySelectorAll('#t-tape tr[data-key]')].map(r => Number(r.dataset.key)); return document.querySelector('#t-tape').offsetParent && times.length > 3 && times.every((n, i) => i === 0 || n < times[i - 1]); });
  // And all of them by the button.
  await page.click('#halt');
  await agree(page, 'halt all', 'halt');
  await page.waitForFunction(() => document.querySelector('#state').textContent === 'halted');
  await page.click('#halt');
  await agree(page, 'resume all', 'resume');
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
// What an operator does to one who holds and stands while the host goes on: a parameter in flight, one order, one position.
async function steer(page) {
  const said = () => page.evaluate(() => document.querySelector('#toast').textContent);
  const answered = async (what, ask) => {
    await page.evaluate(() => { document.querySelector('#toast').textContent = ''; });
    await ask();
    await page.waitForFunction(() => document.querySelector('#toast').textContent !== '');
    if (!/event \d+$/.test(await said())) fail(`${what}: ${await said()}`);
  };
  await page.evaluate(name => { location.hash = `#/agent/${name}`; }, still);
  await page.waitForFunction(name => document.querySelector('#agent-name')?.value === name && [...document.querySelectorAll('.a-orders tr[data-key]')].length >= 4, still);
  // The bars of its losses are what the risk gate holds against its limits, to the last digit: at prices to close at, and not at mids.
  await untilTrue(page, async name => {
    const [{ state }, { agents, baseText, money, percent }] = await Promise.all([import('/connection.mjs'), import('/kit.mjs')]);
    const a = agents(state).find(one => one.name === name);
    const use = title => [...document.querySelectorAll('.a-limits tr')].find(r => r.firstChild.textContent === title)?.children[1].textContent;
    return Number(a.day_loss) > 0 && use('Daily loss now') === money(baseText(Number(a.day_loss))) && a.day_loss === a.day_loss_scaled && use('Drawdown now') === percent(a.fall) && /Drawdown among the figures is the deepest fall/.test(document.querySelector('.a-limits .note').textContent);
  }, still);
  // It places what is missing: once it wants none, what is cancelled stays away.
  await page.fill('.a-params input[aria-label="orders"]', '0');
  await page.click('.a-params button[aria-label="Set orders"]');
  await page.waitForSelector('#d-ask[open]');
  await answered('a parameter', () => page.click('#d-ask-yes'));
  await page.waitForFunction(() => document.querySelector('.a-params input[aria-label="orders"]')?.value === '0');
  const key = await page.locator('.a-orders tr[data-key]').first().getAttribute('data-key');
  await page.click(`.a-orders tr[data-key="${key}"] .mini`);
  await page.waitForSelector('#d-ask[open]');
  await answered('a cancel', () => page.click('#d-ask-yes'));
  await page.waitForFunction(id => !document.querySelector(`.a-orders tr[data-key="${id}"]`), key);
  // It is among those that ended, with how; sorted by a head, and as a file.
  await page.click('.a-orders .tabs button[data-key="ended"]');
  await page.waitForFunction(id => [...document.querySelectorAll(`#t-ended tr[data-key="${id}"]`)].some(r => r.offsetParent && /cancelled/.test(r.textContent)), key);
  const sides = () => page.evaluate(() => [...document.querySelectorAll('#t-ended tbody tr[data-key]')].map(r => r.children[2].textContent).join());
  await page.click('#t-ended th button:text-is("Side")');
  if (await sides() !== (await sides()).split(',').sort().reverse().join()) fail(`ended orders by side: ${await sides()}`);
  await page.click('#t-ended th button:text-is("Side")');
  await page.click('#t-ended th button:text-is("Side")');
  const [file] = await Promise.all([page.waitForEvent('download'), page.click('.a-ended .save')]);
  const saved = readFileSync(await file.path(), 'utf8').trim().split('\r\n');
  if (!file.suggestedFilename().startsWith('agon-ended-orders-') || !saved[0].includes('Filled') || !saved.some(row => row.includes('cancelled'))) fail(`${file.suggestedFilename()}: ${saved.slice(0, 2).join(' / ')}`);
  await page.waitForFunction(name => fetch(`/api/v1/orders/${name}`, { headers: { authorization: `Bearer ${sessionStorage.getItem('agon-token')}` } }).then(r => r.json()).then(list => list.length > 0), still);
  cancelled++;
  // A position: by its name, and what it closed is among its closing fills.
  const symbol = await page.locator('.a-positions tr[data-key]').first().getAttribute('data-key');
  await page.click(`.a-positions tr[data-key="${symbol}"] .mini`);
  await page.waitForSelector('#d-ask[open]');
  await page.fill('#d-ask-typed', still);
  await answered('a position', () => page.click('#d-ask-yes'));
  await page.waitForFunction(of => [...document.querySelectorAll('.a-closed tr[data-key]')].some(r => r.children[1].textContent === of && r.children[2].textContent === 'sell'), symbol);
  // Closed from its first fill to its last: a trade, whose result and length stand there.
  await page.waitForFunction(of => [...document.querySelectorAll('#t-closed tr[data-key]')].some(r => r.children[1].textContent === of && r.children[2].textContent === 'long' && /[0-9]/.test(r.children[7].textContent) && /[0-9]/.test(r.lastChild.textContent) && r.children[10].textContent === 'operator'), symbol);
  // Volume stands under the candles of a market whose trades are read.
  await page.waitForFunction(() => /V [0-9]/.test(document.querySelector('#p-agent .candles .legend').textContent) && document.querySelector('#p-agent .candles .volume').textContent.endsWith(' volume'));
  // A position that is left is none, and the market's page has the fills of who trades little too: however many others' have come since, and
  // though no page was in view meanwhile that is sent fills.
  await page.waitForFunction(of => !document.querySelector(`.a-positions tr[data-key="${of}"]`), symbol);
  await show(page, 'log');
  await page.waitForFunction(([of, name]) => fetch('/api/v1/fills', { headers: { authorization: `Bearer ${sessionStorage.getItem('agon-token')}` } }).then(r => r.json())
    .then(list => list.filter(f => f.symbol === of).findIndex(f => f.agent === name && f.side === 'sell')).then(i => i < 0 || i > 70), [symbol, still], { polling: 1000, timeout: 0 }); // others trade as fast as the machine lets them
  await page.evaluate(of => { location.hash = `#/market/${encodeURIComponent(of)}`; }, symbol);
  await page.waitForFunction(name => [...document.querySelectorAll('#t-fills tr[data-key]')].some(r => r.children[1].textContent === name && r.children[2].textContent === 'sell'), still);
  // Its ended orders are in its own list; the market's has the newest 100 of all agents there, each as its agent's list has it.
  await page.click('.orders .tabs button[data-key="ended"]');
  await untilTrue(page, async ([name, of]) => (await (await import('/connection.mjs')).get(`ended/${encodeURIComponent(name)}`)).some(o => o.symbol === of && o.end === 'filled' && o.side === 'sell'), [still, symbol]);
  await untilTrue(page, async () => {
    const { get } = await import('/connection.mjs');
    const rows = [...document.querySelectorAll('#t-market-ended tr[data-key]')].filter(r => r.offsetParent);
    const own = new Map();
    for (const name of new Set(rows.map(r => r.children[0].textContent))) own.set(name, await get(`ended/${encodeURIComponent(name)}`) ?? []);
    return rows.length > 0 && rows.length <= 100 && rows.some(r => own.get(r.children[0].textContent).some(o => o.id === r.dataset.key));
  });
  // Who trades little has its closing fills there, however much others do: all that its figures count.
  await page.evaluate(name => { location.hash = `#/agent/${name}`; }, agent);
  await page.waitForFunction(name => {
    const figures = [...document.querySelectorAll('.a-figures dt')].find(dt => dt.textContent === 'Closing fills')?.nextSibling.textContent.replace(/\u2009/g, '').split(', ').map(parseFloat);
    const n = document.querySelectorAll('.a-closed tr[data-key]').length;
    const note = document.querySelector('.a-closed .count').textContent.replace(/\u2009/g, '');
    if (note !== (n < figures?.[0] + figures?.[1] ? `the newest ${n} of ${figures?.[0] + figures?.[1]}` : String(n))) return false;
    return document.querySelector('#agent-name').value === name && figures && figures[0] + figures[1] > 0 && n >= Math.min(60, figures[0] + figures[1]);
  }, agent);
  // What its head says of the newest candle goes on with the price.
  const closes = () => document.querySelector('#p-agent .candles .legend').textContent.match(/C ([0-9.\u2009]+)/)?.[1];
  await page.mouse.move(2, 2);
  const closed = await page.waitForFunction(closes).then(of => of.jsonValue());
  await page.waitForFunction(before => { const now = document.querySelector('#p-agent .candles .legend').textContent.match(/C ([0-9.\u2009]+)/)?.[1]; return now && now !== before; }, closed, { timeout: 30000 });
}
let cancelled = 0;

// What a plugin says are prices of an instrument stands as lines over its candles, in colours of their own that a theme has and a legend
// names with the value; as the host keeps it, and the last as it is now.
async function lines(page, scheme) {
  await page.evaluate(name => { location.hash = `#/agent/${name}`; }, drawer);
  await page.waitForFunction(() => [...document.querySelectorAll('#p-agent .candles .key .own')].filter(n => /^SMA (fast|slow) [0-9]+\.[0-9]+$/.test(n.textContent.replace(/\u2009/g, ''))).length === 2 && document.querySelectorAll('#t-metrics tr[data-key]').length > 1);
  const [colours, metrics] = await page.evaluate(() => [[...document.querySelectorAll('#p-agent .candles .key .own .swatch')].map(n => getComputedStyle(n).backgroundColor), [...document.querySelectorAll('#t-metrics tr[data-key]')].map(r => r.children[1].textContent)]);
  if (new Set(colours).size !== 2) fail(`lines of one colour, ${scheme}: ${colours}`);
  if (metrics.join() !== 'SMA fast,SMA slow') fail(`lines without their names among the metrics: ${metrics}`);
  // The canvas has both colours: each line is drawn, over more than one candle.
  const drawn = () => page.evaluate(list => {
    const canvas = document.querySelector('#p-agent .candles canvas');
    const copy = Object.assign(document.createElement('canvas'), { width: canvas.width, height: canvas.height }).getContext('2d', { willReadFrequently: true });
    copy.drawImage(canvas, 0, 0);
    const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
    return list.map(text => { const [r, g, b] = text.match(/\d+/g).map(Number); let n = 0; for (let i = 0; i < data.length; i += 4) n += data[i + 3] > 200 && Math.abs(data[i] - r) + Math.abs(data[i + 1] - g) + Math.abs(data[i + 2] - b) < 12; return n; });
  }, colours);
  for (let i = 0; i < 240 && (await drawn()).some(n => n < 20); i++) await page.waitForTimeout(500);
  if ((await drawn()).some(n => n < 20)) fail(`lines that are not drawn, ${scheme}: ${await drawn()} dots of ${colours}`);
  const kept = await page.evaluate(name => fetch(`/api/v1/lines/${name}/BTCUSDT/60`, { headers: { authorization: `Bearer ${sessionStorage.getItem('agon-token')}` } }).then(r => r.json()), drawer);
  if (new Set(kept.map(p => p.line)).size !== 2 || kept.some(p => !(Number(p.price) > 0) || p.t_ms % 60000 !== 0)) fail(`lines as the host keeps them: ${JSON.stringify(kept.slice(0, 3))}`);
}

// A tournament that is not the last one, by its number: its ranks, points and flows, and the way to its neighbours.
async function earlier(page) {
  await untilTrue(page, async () => { const { state } = await import('/connection.mjs'); return state.get('tournament')?.number > 2; });
  const plan = await page.evaluate(() => fetch('/api/v1/tournament/1', { headers: { authorization: `Bearer ${sessionStorage.getItem('agon-token')}` } }).then(r => r.json()));
  if (plan.number !== 1) fail(`tournament 1 is ${JSON.stringify(plan).slice(0, 200)}`);
  await page.evaluate(() => { location.hash = '#/tournament/1'; });
  await page.waitForFunction(([n, time]) => document.querySelector('#tournament-note').textContent.startsWith('number 1 of ') && document.querySelector('#tournament-note').textContent.includes(time) && document.querySelectorAll('.why-row').length === n, [plan.rows.length, plan.time.slice(0, 16).replace('T', ' ')]);
  const seen = await page.evaluate(() => [...document.querySelectorAll('#t-tournament tr[data-key]')].map(r => [r.children[1].textContent, r.children[3].textContent].join(' ')).sort().join());
  const told = plan.rows.map(r => `${r.agent} ${r.score.toFixed(3)}`).sort().join();
  if (seen !== told) fail(`tournament 1 is shown as ${seen}, and was ${told}`);
  const whys = await page.evaluate(() => [...document.querySelectorAll('.why-row b')].map(b => b.textContent.replace(/^\d+\. /, '')).sort().join());
  if (whys !== plan.rows.map(r => r.agent).sort().join()) fail(`why of tournament 1: ${whys}`);
  await page.click('.tournament .way:text-is("Later")');
  await page.waitForFunction(() => location.hash === '#/tournament/2' && document.querySelector('#tournament-note').textContent.startsWith('number 2 '));
  await page.evaluate(() => { location.hash = '#/tournament'; });
  await page.waitForFunction(() => /^number \d+ · /.test(document.querySelector('#tournament-note').textContent));
}

// The last tournament is taken back: its page says so, and nothing that it had moved is marked any more.
async function undone(page) {
  let number = 0, is_undone = false;
  // Another one may be held meanwhile: then that is the last.
  while (!is_undone) {
    await untilTrue(page, async before => { const { state } = await import('/connection.mjs'); return state.get('tournament').number !== before; }, number);
    [number, is_undone] = await page.evaluate(async () => {
      const [{ state }, { order }] = await Promise.all([import('/connection.mjs'), import('/orders.mjs')]);
      const last = state.get('tournament').number;
      return [last, Boolean(await order('tournament/undo', [String(last), 'a drill']))];
    });
  }
  forgive(/tournament\/undo.* 409 /);
  await page.evaluate(n => { location.hash = `#/tournament/${n}`; }, number);
  await page.waitForFunction(n => document.querySelector('#tournament-note').textContent.startsWith(`number ${n} `) && !document.querySelector('#tournament-undone').hidden && /^Undone by .*: a drill; .* \(at 20.*, event \d+\)\.$/.test(document.querySelector('#tournament-undone').textContent)
    && [...document.querySelectorAll('#t-tournament tr[data-key]')].every(r => r.lastElementChild.textContent === 'undone'), number);
  await page.waitForFunction(n => document.querySelector('#ranks-undone').textContent.split(/[ ,:]+/).includes(String(n)), number);
  await page.evaluate(n => { location.hash = `#/tournament/${n - 1}`; }, number);
  await page.waitForFunction(n => document.querySelector('#tournament-note').textContent.startsWith(`number ${n - 1} `) && document.querySelector('#tournament-undone').hidden, number);
  await page.evaluate(() => { location.hash = '#/tournament'; });
}

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
  // The journal so far is replayed beside the host, and holds.
  await page.click('.replay button');
  await page.waitForFunction(() => document.querySelector('#verified').textContent === 'holds' && /States reached[1-9]/.test(document.querySelector('.replay dl').textContent));
  await page.waitForSelector('#s-reloads:not([hidden]) tbody tr:not(.empty)');
  const took = await cells('t-reloads', agent);
  if (!took || took[2] !== 'reload' || took[3] !== generation || took[4] !== String(Number(generation) + 1) || !/^[0-9.]+\u2009(ns|µs|ms|s)$/.test(took[5])) fail(`the reloads say ${took}`);
  await show(page, 'agent');
  await page.waitForFunction(to => [...document.querySelectorAll('.a-generations tr[data-key]')].some(r => r.children[2].textContent === to), `${generation} → ${Number(generation) + 1}`);
  // What a tournament would do now: all agents, and nothing moves by it.
  await show(page, 'tournament');
  await page.click('.dry button');
  await page.waitForFunction(n => document.querySelectorAll('#t-dry tr[data-key]').length === n && document.querySelector('#t-dry').offsetParent, 4);
  await earlier(page);
  await undone(page);
  // One that crashes is begun anew, then put away: its state says why.
  await show(page, 'overview');
  await shell(add);
  await page.waitForFunction(name => /^(ended|quarantined): ./.test(document.querySelector(`#t-agents tr[data-key="${name}"]`)?.children[1].textContent), doomed);
  if (!await page.evaluate(name => document.querySelector(`#t-agents tr[data-key="${name}"]`).children[1].classList.contains('bad'), doomed)) fail('an agent that has ended looks well');
  // On a wide screen all of it is there to read.
  const size = page.viewportSize();
  await page.setViewportSize({ width: 2560, height: 1440 });
  const hidden = await page.evaluate(name => { const cell = document.querySelector(`#t-agents tr[data-key="${name}"]`).children[1]; return cell.scrollWidth - cell.clientWidth; }, doomed);
  await page.setViewportSize(size);
  if (hidden > 0) fail(`why it ended lacks ${hidden} px at 2560`);
  // Its capital is no gain: the line of all goes on where it was.
  await untilTrue(page, async () => {
    const { ALL, columns, points } = await import('/history.mjs');
    const all = points(ALL);
    const line = columns([ALL], 'total')[1];
    return all.some(p => p[2] !== all[0][2]) && Math.max(...line) - Math.min(...line) < all.at(-1)[1] / 100;
  });
  // Who takes the place of one of its name begins with nothing of it, also where both were in one message.
  const kept = await page.evaluate(async () => {
    const { allFills } = await import('/fills.mjs');
    const state = new Map([['agent/900', { slot: 900, name: 'twice', place_seq: 0, fills: 1 }], ['fill/0', { agent: 'twice', seq: 7, order: '1' }]]);
    const n = () => allFills(state, () => {}).filter(f => f.agent === 'twice').length;
    const before = n();
    state.set('agent/900', { slot: 900, name: 'twice', place_seq: 8, fills: 0 });
    state.delete('fill/0');
    return [before, n()];
  });
  if (kept.join() !== '1,0') fail(`fills of one that left and of another of its name: ${kept}`);
  // Events of one day have its clock; of several each begins with its date.
  const dates = await page.evaluate(async () => {
    const { default: events } = await import('/panels/events.mjs');
    const [bar, body] = [document.createElement('div'), document.createElement('div')];
    const draw = events.open({ bar, body });
    const at = (n, time) => [`event/${n}`, { n, kind: 'halt', text: `no. ${n}`, time, t_ms: Date.parse(time), seq: n }];
    const said = list => { draw(new Map(list)); return [...body.querySelectorAll('li')].map(li => [...(li.dataset.day ? [li.dataset.day] : []), li.lastChild.textContent]).flat().join(); };
    const [late, later, next] = [at(1, '2026-01-31T22:00:00.000Z'), at(2, '2026-01-31T23:59:59.000Z'), at(3, '2026-02-01T00:00:00.000Z')];
    return [said([late, later]), said([late, later, next])].join('; ');
  });
  if (dates !== 'no. 2,no. 1; 2026-02-01,no. 3,2026-01-31,no. 2,no. 1') fail(`events of two days: ${dates}`);
  // What was made has a sign, and what is shown as 0 has none.
  const made = await page.evaluate(async () => { const { gained } = await import('/kit.mjs'); return [12.5, -3, 0, 0.001, -0.001, undefined].map(x => gained(x)).join(); });
  if (made !== '+12.50,\u22123.00,0.00,0.00,0.00,\u2013') fail(`what was made: ${made}`);
  await page.waitForFunction(() => /^4 of 5 /.test(document.querySelector('#n-agents').textContent));
  await page.click(`#t-agents tr[data-key="${doomed}"]`, { position: { x: 220, y: 8 } });
  await page.waitForFunction(name => location.hash === `#/agent/${name}` && document.querySelector('.why-ended:not([hidden])')?.textContent, doomed);
}

// Old data grey and say so, an outage is a banner, and who wants it is notified: the host's words on their way are held back, or more are said.
async function silence() {
  let socket = null;
  let is_mute = false;
  let is_refused = false;
  const page = await open(1440, 900, 'dark', async p => {
    await p.context().grantPermissions(['notifications'], { origin: new URL(url).origin });
    await p.addInitScript(() => {
      window.notified = [];
      const Said = function Said(title, options) { window.notified.push(`${title}: ${options.body}`); };
      Said.permission = 'granted';
      Said.requestPermission = async () => 'granted';
      window.Notification = Said;
    });
    await p.routeWebSocket(/\/live/, ws => {
      if (is_refused) { ws.close({ code: 4000 }); return; }
      socket = ws;
      const server = ws.connectToServer();
      ws.onMessage(message => server.send(message));
      server.onMessage(message => { if (!is_mute) ws.send(message); });
    });
  });
  const banner = () => page.evaluate(() => (document.querySelector('#lost').hidden ? '' : document.querySelector('#lost').textContent));
  const grey = () => page.evaluate(() => getComputedStyle(document.querySelector('main')).filter.includes('grayscale'));
  const until = words => page.waitForFunction(w => { const n = document.querySelector('#lost'); return w ? !n.hidden && n.textContent.includes(w) : n.hidden; }, words);
  if (await banner() || await grey()) fail(`old data where there are none: ${await banner()}`);
  is_mute = true;
  await until('more than 3 s');
  if (!await grey()) fail('old data look like new ones');
  is_mute = false;
  await until('');
  if (await grey()) fail('new data look like old ones');
  for (const name of PAGES) await show(page, name);
  is_refused = true;
  await socket.close({ code: 4000 });
  await until('connection to the host is lost');
  if (!await grey() || await text(page, '#state') !== 'lost') fail('a lost connection looks well');
  // What is old can be read as well as before.
  await page.evaluate(axe);
  for (const scheme of ['dark', 'light']) {
    await page.evaluate(to => { document.documentElement.dataset.theme = to; }, scheme);
    for (const name of PAGES) {
      await page.evaluate(to => { location.hash = `#/${to}`; }, name);
      const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }).then(r => r.violations.map(v => `${v.id}: ${v.nodes.slice(0, 3).map(n => n.target.join(' ')).join(' | ')}`)));
      for (const violation of found) fail(`${name} without its host, ${scheme}: axe: ${violation}`);
    }
  }
  await page.evaluate(() => { document.documentElement.dataset.theme = 'dark'; location.hash = '#/overview'; });
  is_refused = false;
  await until('');
  await page.waitForFunction(() => document.querySelector('#state').textContent !== 'lost');
  await page.click('#bell');
  await page.waitForFunction(() => document.querySelector('#bell').ariaPressed === 'true');
  const [key, value] = await untilTrue(page, async () => { const { state } = await import('/connection.mjs'); return [...state].find(([k]) => k.startsWith('venue/')); });
  const say = set => socket.send(JSON.stringify({ type: 'diff', version: 0, set, merge: {}, removed: [] }));
  say({ [key]: { ...value, state: 'down' }, 'event/99': { n: 1e6, time: '2026-01-01T00:00:00.000Z', t_ms: 1767225600000, kind: 'outage', of: value.venue, text: 'the venue cannot be traded on' } });
  await until(`Outage: ${value.venue} is down`);
  await page.waitForFunction(() => window.notified.length > 0);
  const notified = await page.evaluate(() => window.notified);
  if (notified.join() !== `Agon: outage ${value.venue}: the venue cannot be traded on`) fail(`notified of: ${notified}`);
  say({ [key]: value });
  await until('');
  // What the host hears of late stands where it was.
  const t = await page.evaluate(async () => { const { state } = await import('/connection.mjs'); return state.get('status').t_ms; });
  const event = (n, ago, of) => ({ n, t_ms: t - ago, time: new Date(t - ago).toISOString(), kind: 'back', of, text: 'for a test' });
  say({ 'event/97': event(2e6, 1000, 'newer'), 'event/98': event(2e6 + 1, 2000, 'older') });
  await page.waitForFunction(() => { const all = [...document.querySelectorAll('#l-events li')].map(l => l.children[2].textContent); const at = of => all.findIndex(w => w.startsWith(of)); return at('newer') >= 0 && at('older') > at('newer'); });
  // Who gets no answer asks again, and not in a loop.
  let nAsked = 0;
  await page.route(/\/api\//, route => { nAsked++; return route.fulfill({ json: null }); });
  await page.evaluate(() => { location.hash = '#/agent'; });
  await page.waitForTimeout(2000);
  if (nAsked === 0 || nAsked > 40) fail(`a page that gets no answer asked ${nAsked} times in 2 s`);
  await close(page);
}

// Returns where most of the capital was taken: as if all had had 21 times as much before this page was opened.
async function returns() {
  const page = await open(1440, 900, 'dark', p => p.route(/\/api\/v1\/equity$/, async route => {
    const response = await route.fetch();
    const all = Object.entries(await response.json()).map(([name, list]) => [name, list.map(([t, equity, capital, ...more]) => [t, equity + 20 * capital, 21 * capital, ...more])]);
    await route.fulfill({ response, json: Object.fromEntries(all) });
  }));
  await oneReturn(page, fail);
  await close(page);
}
// A page that heard nothing for some candles has them when it hears again; what its figures are of is said, and once.
async function unseen() {
  let isMute = false;
  const page = await open(1440, 900, 'dark', p => p.routeWebSocket(/\/live/, ws => {
    const server = ws.connectToServer();
    ws.onMessage(message => server.send(message));
    server.onMessage(message => { if (!isMute) ws.send(message); });
  }));
  await noHoles(page, await page.evaluate(async () => Object.keys((await import('/connection.mjs')).state.get('marks') ?? { BTCUSDT: 1 })[0]), is => { isMute = is; }, fail);
  await show(page, 'reliability');
  await windows(page, fail);
  await show(page, 'log');
  await saysOnce(page, fail);
  await close(page);
}
// Who is not ranked any more has no rank, whatever it had before.
async function ranks() {
  const page = await open(1440, 900, 'dark', p => p.route(/\/plans/, route => route.fulfill({ json: [1, 2, 3].map(n => ({ number: n, t_ms: 1767225600000 + n * 120000, time: '', rows: [{ agent: 'first', rank: 1 }, { agent: 'dropped', rank: n < 3 ? 2 : 0 }] })) })));
  await show(page, 'tournament');
  const legend = () => page.evaluate(() => [...document.querySelectorAll('.ranks .legend > span:not(.mark)')].map(n => n.textContent).join());
  await page.waitForFunction(() => document.querySelectorAll('.ranks .legend > span').length > 2);
  if (await legend() !== 'first 1,dropped –') fail(`ranks: ${await legend()}`);
  await close(page);
}
// A token that is not right is asked for again, and it is said that it was not.
async function tokens() {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  const right = url.match(/token=([0-9a-f]+)/)[1];
  const open_ = () => page.waitForSelector('#d-token[open]');
  const why = () => page.evaluate(() => (document.querySelector('#d-token-why').hidden ? '' : document.querySelector('#d-token-why').textContent));
  page.setDefaultTimeout(120000);
  await page.goto(url.replace(/#.*/, ''));
  await open_();
  if (await why()) fail(`a token that nobody gave is refused: ${await why()}`);
  await page.fill('#token', right.replace(/./g, '0'));
  await page.click('#d-token button[value=yes]');
  await page.waitForFunction(() => document.querySelector('#d-token[open]') && /refused that token/.test(document.querySelector('#d-token-why:not([hidden])')?.textContent));
  await page.fill('#token', right);
  await page.click('#d-token button[value=yes]');
  await page.waitForSelector(`#t-agents tr[data-key="${agent}"]`);
  // It is no longer right when something is ordered.
  await page.evaluate(() => sessionStorage.setItem('agon-token', '0'.repeat(32)));
  await page.click('#halt');
  await agree(page, 'halt all', 'halt');
  await open_();
  if (!/refused that token/.test(await why())) fail('an order with a wrong token does not say so');
  await page.fill('#token', right);
  await page.click('#d-token button[value=yes]');
  await page.waitForFunction(() => document.querySelector('#state').textContent === 'halted');
  await page.click('#halt');
  await agree(page, 'resume all', 'resume');
  await page.waitForFunction(() => document.querySelector('#state').textContent !== 'halted');
  await context.close();
}

// Bytes a second of one who looks at a page, frames and answers; what a page begins with is not counted.
async function traffic() {
  const page = await open(1440, 900, 'dark');
  const session = await page.context().newCDPSession(page);
  let bytes = 0;
  let asked = 0; // of it by HTTP
  await session.send('Network.enable');
  session.on('Network.webSocketFrameReceived', event => { bytes += event.response.payloadData.length; });
  session.on('Network.loadingFinished', event => { bytes += event.encodedDataLength; asked += event.encodedDataLength; });
  const rates = [];
  for (const name of PAGES) {
    await show(page, name);
    // Until its first answers are there, which on a busy machine takes its time: two quiet seconds.
    for (let i = 0, quiet = 0; i < 30 && quiet < 2; i++) {
      asked = 0;
      await page.waitForTimeout(1000);
      quiet = asked < 6000 ? quiet + 1 : 0;
    }
    bytes = 0;
    await page.waitForTimeout(WATCHED_S * 1000);
    rates.push(`${name} ${(bytes / WATCHED_S / 1024).toFixed(1)}`);
    if (bytes / WATCHED_S > BYTES_PER_S) fail(`${name} costs ${(bytes / WATCHED_S / 1024).toFixed(1)} KB/s`);
  }
  await close(page);
  return rates.join(', ');
}

await drive(async () => {
  for (const scheme of ['dark', 'light']) {
    const drawn = await open(1440, 900, scheme);
    await lines(drawn, scheme);
    await close(drawn);
  }
  const page = await open(1440, 900, 'dark');
  await operate(page);
  await change(page);
  await close(page);
  await silence();
  await unseen();
  await returns();
  await ranks();
  await tokens();
  const rates = await traffic();
  return `values move, a halt works, ${cancelled} orders were cancelled one by one, a reload and a crash show; KB/s: ${rates}; no complaint on the console`;
});
