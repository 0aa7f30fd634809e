// SPDX-License-Identifier: Apache-2.0
// What the dashboard of a running host shows of money, as JSON on standard output.
//
//   node numbers.mjs CHROMIUM URL-WITH-TOKEN [AGENT...]
//
// With agents: the lists of their closed trades and of their orders that ended, and nothing else. With --again: what the results of a
// day, of a week and of each hour are, and where the chart begins. With --up: venues and what comes from them. With --open and agents: open orders, on their pages and on those of the markets. With --month: of a run without tournaments and reloads, agents and figures.
import { chromium } from 'playwright-core';
import { untilTrue } from './until.mjs';

const [, , executablePath, url, ...listed] = process.argv;
// A table as rows by its heads; what a cell has only room to show in short stands in its title.
const rowsOf = (page, id) => page.evaluate(name => {
  const table = document.getElementById(name);
  const heads = [...table.tHead.rows[0].cells].map(cell => cell.textContent);
  return [...table.tBodies[0].querySelectorAll('tr[data-key]')].map(row => ({ key: row.dataset.key, ...Object.fromEntries([...row.cells].map((cell, i) => [heads[i], cell.textContent])) }));
}, id);
// The same of the table in a card that has a class and no id.
const ofCard = (page, name) => page.evaluate(which => {
  const table = document.querySelector(`section.${which} table`);
  const heads = [...table.tHead.rows[0].cells].map(cell => cell.textContent);
  return [...table.tBodies[0].querySelectorAll('tr[data-key]')].map(row => ({ key: row.dataset.key, ...Object.fromEntries([...row.cells].map((cell, i) => [heads[i], cell.textContent])) }));
}, name);
async function lists(page) {
  const of = {};
  for (const name of listed) {
    await page.evaluate(to => { location.hash = `#/agent/${to}`; }, name);
    await page.waitForFunction(is => document.getElementById('agent-name')?.value === is, name);
    const isFlat = name !== 'spot_1'; // who is not need have no closed trade
    if (isFlat) await page.waitForSelector('#t-closed tr[data-key]', { state: 'attached' });
    const closed = await rowsOf(page, 't-closed');
    const tab = page.locator('.a-orders .tabs button[data-key="ended"]');
    if (await tab.isVisible()) await tab.click();
    await page.waitForSelector('#t-ended tr[data-key]');
    const by = {};
    const hasRealised = await page.evaluate(async of => (await (await import('/connection.mjs')).get(`performance/${encodeURIComponent(of)}`)).length > 0, name);
    if (isFlat && !hasRealised) throw new Error(`${name} is flat, and the host says nothing of what it closed`);
    for (const kind of ['instrument', 'reason', 'tag']) {
      if (hasRealised) await page.waitForSelector(`#p-agent #t-by-${kind} tr[data-key]`, { state: 'attached' });
      by[kind] = await rowsOf(page, `t-by-${kind}`);
    }
    of[name] = { closed, by, ended: await rowsOf(page, 't-ended') };
  }
  return of;
}

// A list that has as many rows as the host says now: of all, of an agent or of a symbol. One that never has is printed as it is.
async function grown(page, what, path, key, name) {
  for (let tries = 0; tries < 100; tries++) {
    const is = await page.evaluate(async ([which, of, by, value]) => {
      const list = await (await import('/connection.mjs')).get(of);
      const n = of === 'accounts' ? list?.flatMap(one => one.money).length : list?.filter(one => !by || one[by] === value).length;
      return document.querySelectorAll(`${which} tr[data-key]`).length === n;
    }, [what, path, key, name]);
    if (is) return;
    await page.waitForTimeout(200);
  }
}

async function open(page) {
  const agents = {};
  const markets = {};
  const symbols = await page.evaluate(async () => (await (await import('/connection.mjs')).get('orders')).map(one => one.symbol));
  for (const name of listed.slice(1)) {
    await page.evaluate(to => { location.hash = `#/agent/${to}`; }, name);
    await page.waitForFunction(is => document.getElementById('agent-name')?.value === is, name);
    await grown(page, 'section.a-orders', 'orders', 'agent', name);
    agents[name] = await ofCard(page, 'a-orders');
  }
  for (const symbol of new Set(symbols)) {
    await page.evaluate(to => { location.hash = `#/market/${encodeURIComponent(to)}`; }, symbol);
    await page.waitForSelector('#t-orders', { state: 'attached' });
    await grown(page, '#t-orders', 'orders', 'symbol', symbol);
    markets[symbol] = await rowsOf(page, 't-orders');
  }
  return { agents, markets };
}

// Each market's page: book, mark, funding and tape, beside what the API says at that moment; the page is drawn a moment later.
async function marketPages(page) {
  const out = {};
  for (const symbol of await page.evaluate(async () => (await (await import('/connection.mjs')).get('books')).map(one => one.symbol))) {
    await page.evaluate(to => { location.hash = `#/market/${encodeURIComponent(to)}`; }, symbol);
    await page.waitForSelector('#book', { state: 'attached' });
    for (let tries = 0; tries < 50; tries++) {
      const look = await page.evaluate(async name => {
        const [{ get }, { money }] = await Promise.all([import('/connection.mjs'), import('/kit.mjs')]);
        const ask = () => Promise.all([get(`books/${encodeURIComponent(name)}`), get(`trades/${encodeURIComponent(name)}/0`)]);
        const before = await ask();
        const levels = side => [...document.querySelectorAll(`#book .level.${side}`)].map(row => [...row.children].map(cell => cell.textContent));
        const shown = {
          asks: levels('ask').reverse(), bids: levels('bid'), mid: document.querySelector('#book .mid b').textContent,
          facts: Object.fromEntries([...document.querySelectorAll('section.instrument dl dt')].map(dt => [dt.textContent, dt.nextElementSibling.textContent])),
          tape: [...document.querySelectorAll('#t-tape tr[data-key]')].map(row => [...row.cells].map(cell => cell.textContent)),
        };
        const [api, trades] = await ask();
        const isOne = JSON.stringify([api, trades]) === JSON.stringify(before) && shown.facts.Mark === money(api.mark) && (!trades.length || shown.tape[0]?.[1] === money(trades[0].price));
        return { ...shown, api, trades, isOne };
      }, symbol);
      out[symbol] = look;
      if (look.isOne) break;
      await page.waitForTimeout(200);
    }
  }
  return out;
}

// The host itself, on the page that is open: its venues, what comes from them, its journal, and how long its steps take.
async function itself(page) {
  await grown(page, '#t-venues', 'venues');
  await page.waitForSelector('section.journal dt');
  await page.waitForSelector('#feed dt');
  await page.waitForSelector('#latency [data-key="delivery"]');
  const venues = Object.fromEntries((await rowsOf(page, 't-venues')).map(row => [row.Venue, row]));
  for (const [name, down] of await page.evaluate(() => [...document.querySelectorAll('#t-venues tr[data-key]')].map(row => [row.cells[0].textContent, row.lastElementChild.title]))) venues[name].down = down;
  return { venues, ...await page.evaluate(() => {
    const facts = which => Object.fromEntries([...document.querySelectorAll(`${which} dt`)].map(dt => [dt.textContent, dt.nextElementSibling.textContent]));
    return { feed: facts('#feed'), journal: facts('section.journal'), latency: Object.fromEntries([...document.querySelectorAll('#latency [data-key]')].map(box => [box.dataset.key, box.firstChild.lastChild.textContent])) };
  }) };
}

async function again(page) {
  // The host was asked for the points of before, and all that is drawn is of them.
  await untilTrue(page, async () => (await import('/history.mjs')).points('(all)').length > 2);
  await page.waitForFunction(() => document.querySelector('#today').textContent.match(/[0-9]/) && document.querySelector('#week').textContent.match(/[0-9]/));
  return page.evaluate(async () => {
    const { columns, load, resultsBy } = await import('/history.mjs');
    await load(); // as behind a lost connection: the host's list need not have the newest point yet
    const text = id => document.getElementById(id).textContent;
    const by = Object.fromEntries(['hour', 'day', 'week', 'month'].map(period => [period, resultsBy('(all)', period)]));
    const times = columns(['(all)'], 'total')[0];
    return { result: text('result'), today: text('today'), week: text('week'), since: document.getElementById('today').title, by, from_ms: times[0] * 1000, n: times.length };
  });
}

// Results of each day and month, with the name that a bar has.
const periods = page => page.evaluate(async () => {
  const { load, resultsBy } = await import('/history.mjs');
  await load();
  return Object.fromEntries(['day', 'month'].map(period => [period, resultsBy('(all)', period).map(({ t, amount }) => ({ name: new Date(t).toISOString().slice(0, period === 'day' ? 10 : 7), amount }))]));
});

async function ranks(page) {
  await page.evaluate(() => { location.hash = '#/tournament'; });
  await page.waitForSelector('#t-tournament tr[data-key]');
  await page.waitForSelector('.why-row');
  return page.evaluate(() => {
    const table = document.getElementById('t-tournament');
    const heads = [...table.tHead.rows[0].cells].map(cell => cell.textContent);
    const texts = (node, what) => [...node.querySelectorAll(what)].map(one => one.textContent);
    return {
      note: document.getElementById('tournament-note').textContent,
      moved: document.getElementById('ranks-moved').textContent,
      rows: [...table.tBodies[0].querySelectorAll('tr[data-key]')].map(row => Object.fromEntries([...row.cells].map((cell, i) => [heads[i], cell.textContent]))),
      why: [...document.querySelectorAll('.why-row')].map(row => ({
        who: row.querySelector('b').textContent, reason: row.querySelector('.why-head .dim').textContent, score: row.querySelector('.score').textContent,
        points: row.querySelector('.points').hidden ? [] : [...row.querySelectorAll('.points i')].map(one => one.title),
        gates: [...row.querySelectorAll('.gate')].map(one => [one.textContent, one.title]), bounds: texts(row, '.bounds span'),
      })),
      flows: [...document.querySelectorAll('.falls .step[title]')].map(step => [step.firstChild.textContent, step.title, step.querySelector('.val').textContent]),
    };
  });
}

const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'] });
try {
  const page = await (await browser.newContext()).newPage();
  page.setDefaultTimeout(60000);
  await page.goto(url);
  await page.waitForSelector('#t-agents tr[data-key]');
  await page.waitForFunction(() => document.querySelector('#equity').textContent.match(/[0-9]/));
  if (listed[0] === '--again') {
    console.log(JSON.stringify(await again(page)));
    await browser.close();
    process.exit(0);
  }
  if (listed[0] === '--up') {
    await page.evaluate(() => { location.hash = '#/reliability'; });
    console.log(JSON.stringify(await itself(page)));
    await browser.close();
    process.exit(0);
  }
  if (listed[0] === '--open') {
    console.log(JSON.stringify(await open(page)));
    await browser.close();
    process.exit(0);
  }
  const isMonth = listed[0] === '--month';
  if (listed.length && !isMonth) {
    console.log(JSON.stringify(await lists(page)));
    await browser.close();
    process.exit(0);
  }
  await page.waitForSelector('#t-portfolio tr[data-key]');
  const overview = await page.evaluate(() => {
    const rows = (id, what = cell => cell.textContent) => {
      const table = document.getElementById(id);
      const heads = [...table.tHead.rows[0].cells].map(cell => cell.textContent);
      return [...table.tBodies[0].querySelectorAll('tr[data-key]')].map(row => Object.fromEntries([...row.cells].map((cell, i) => [heads[i], what(cell)])));
    };
    const text = id => document.getElementById(id).textContent;
    const portfolio = [...document.querySelectorAll('#t-portfolio tr[data-key]')].map(row => [row.dataset.key, row.children[1].textContent, row.children[2].textContent]);
    return { portfolio, equity: text('equity'), result: text('result'), split: document.getElementById('result').title, parts: document.getElementById('equity').title, left: document.getElementById('left').hidden ? '' : text('left'), agents: rows('t-agents'), positions: rows('t-positions'), whole: rows('t-positions', cell => cell.title) };
  });
  overview.parts_of = await page.evaluate(() => [...document.querySelectorAll('.keys-list li')].map(li => [...li.children].slice(1).map(one => one.textContent)));
  await grown(page, '#t-accounts', 'accounts');
  overview.accounts = await rowsOf(page, 't-accounts');
  const titles = await page.evaluate(() => [...document.querySelectorAll('#t-accounts tr[data-key]')].map(row => [...row.cells].map(cell => cell.title)));
  overview.accounts.forEach((row, i) => { row.whole = Object.fromEntries(['Account', 'Asset', 'On it', 'Agents\u2019'].map((head, at) => [head, titles[i][at]])); });
  overview.given = await page.evaluate(() => document.querySelector('.ribbon').closest('section').querySelector('.count').textContent);
  await page.evaluate(() => { location.hash = '#/reliability'; });
  const reloads = isMonth ? [] : await page.waitForSelector('#t-reloads tr[data-key]', { state: 'attached' }).then(() => rowsOf(page, 't-reloads'));
  const host = isMonth ? {} : await itself(page);
  const tournament = isMonth ? null : await ranks(page);
  const of = {};
  for (const { Agent: name } of overview.agents) {
    await page.evaluate(to => { location.hash = `#/agent/${to}`; }, name);
    await page.waitForFunction(is => document.getElementById('agent-name')?.value === is, name);
    await page.waitForSelector('section.a-limits tr[data-key]', { state: 'attached' });
    if (reloads.some(row => row.Agent === name)) await page.waitForSelector('section.a-generations tr[data-key]', { state: 'attached' });
    const [generations, refusals, limits, positions] = await Promise.all(['a-generations', 'a-refused', 'a-limits', 'a-positions'].map(which => ofCard(page, which)));
    of[name] = await page.evaluate(() => ({
      ...Object.fromEntries([...document.querySelectorAll('dl.grid dt')].map(dt => [dt.textContent, dt.nextElementSibling.textContent])),
      falls: Object.fromEntries([...document.querySelectorAll('.a-falls .step')].map(step => [step.children[0].textContent, step.querySelector('.val').textContent])),
      deeper: document.querySelector('.deeper:not([hidden])')?.textContent ?? '',
    }));
    Object.assign(of[name], { generations, refusals, limits, positions, metrics: await rowsOf(page, 't-metrics') });
  }
  const markets = isMonth ? {} : await marketPages(page);
  const by = isMonth ? await periods(page) : {};
  console.log(JSON.stringify({ ...overview, ...host, reloads, tournament, of, by, markets }));
} finally {
  await browser.close();
}
