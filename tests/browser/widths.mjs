// SPDX-License-Identifier: Apache-2.0
// Every page of the dashboard of a running host fits every width in dark and light, says there what one needs, and axe has nothing to say.
//
//   node widths.mjs CHROMIUM URL-WITH-TOKEN AGENT [FOLDER]
//
// AGENT has changed hands, and has orders that ended. FOLDER: screenshots go there.
import { fits, heightAt, WIDTHS } from './fits.mjs';
import { shot } from './labels.mjs';
import { agent, axe, close, drive, fail, open, PAGES, READY } from './page.mjs';

const folder = process.argv[5];

// What an operator looks for first is in view on a phone, which has the rest by its heads, each with its main figure: keys open them. Returns what is wrong.
async function folds(page) {
  const wrong = [];
  const heads = await page.evaluate(() => [...document.querySelectorAll('#p-overview section.folded')].filter(n => n.offsetParent).map(n => [n.querySelector('.fold').textContent, n.querySelector('.fold').ariaExpanded, [...n.querySelectorAll('.count, .pill, .legend b')].filter(m => m.offsetParent).map(m => m.textContent).join(' ')]));
  const want = ['Capital', 'Closed trades', 'Limits of all', 'Money', 'Result by'];
  if (heads.map(([title]) => title).sort().join() !== want.join() || heads.some(([, is, figure]) => is !== 'false' || !/[a-z0-9]/.test(figure))) wrong.push(`folded: ${JSON.stringify(heads)}`);
  const seen = await page.evaluate(() => ['#equity', '#result', '#p-overview .chart canvas', '#t-agents tr[data-key]', '#t-positions tr[data-key]', '.lamp-list .lamp', '#l-events li'].filter(of => !document.querySelector(of)?.offsetParent && !document.querySelector(of)?.getBoundingClientRect().height));
  if (seen.length) wrong.push(`not in view: ${seen}`);
  const folded = await page.evaluate(() => document.documentElement.scrollHeight);
  for (const title of want) {
    await page.locator('#p-overview section.folded .fold', { hasText: title }).first().focus();
    await page.keyboard.press('Enter');
  }
  const shut = await page.evaluate(() => [...document.querySelectorAll('#t-portfolio, #t-accounts, .periods .plot, .ribbon, #t-all-by-instrument')].filter(n => !n.offsetParent).map(n => n.id || n.className));
  if (shut.length) wrong.push(`opened, and not in view: ${shut}`);
  const open = await page.evaluate(() => document.documentElement.scrollHeight);
  if (folded > open * 0.75) wrong.push(`folded it is ${folded} px long, and open ${open}`);
  return wrong;
}
// Why an order ended, its limit and how much it was of can be read whole.
const WHY = 'the venue refused it: the price is further from the last one than its band allows';
async function endedOf(page, box) {
  await page.click(`${box} .tabs button[data-key="ended"]`);
  await page.waitForFunction(() => [...document.querySelectorAll('tr[data-key]')].some(r => r.offsetParent && /cancelled/.test(r.textContent)));
  return page.evaluate(why => {
    const texts = [...document.querySelectorAll('.page:not([hidden]) :is(#t-ended, #t-market-ended) :is(td, span)')].filter(n => n.offsetParent && n.scrollWidth <= Math.max(n.clientWidth, n.offsetWidth)).map(n => n.textContent);
    return [why, '12\u2009345.6', '9\u2009000.5'].filter(wanted => !texts.some(text => text.includes(wanted)));
  }, WHY);
}

// No page is wider than its window, no table is cut, and axe finds nothing.
async function look(scheme) {
  const page = await open(WIDTHS[0], 900, scheme);
  await page.evaluate(axe);
  // Prices of a symbol by its longer name are those of the symbol.
  await page.route(/\/(candles|lines\/[^/]+)\/binance_um/, route => route.continue({ url: route.request().url().replace(/binance_um(%3A|:)/, '') }));
  await page.route(/\/(closings|closed|ended)\//, async route => {
    const response = await route.fetch();
    const more = /\/ended\//.test(route.request().url()) ? { end: 'cancelled', why: WHY, price: '12345.6', quantity: '9000.5' } : {};
    const here = /#\/market/.test(page.url());
    await route.fulfill({ response, json: (await response.json()).map(f => ({ ...f, ...more, symbol: here ? f.symbol : `binance_um:${f.symbol.replace(/.*:/, '')}` })) });
  });
  for (const name of PAGES) {
    await page.evaluate(to => { location.hash = `#/${to}`; }, name === 'agent' ? `agent/${agent}` : name);
    await page.waitForFunction(READY[name]);
    // As long as symbols are where a host has two venues.
    if (name === 'overview' || name === 'agent') {
      await page.evaluate(async () => {
        const { state } = await import('/connection.mjs');
        for (const [key, value] of state) if (/^(position|order)\//.test(key)) state.set(key, { ...value, symbol: `binance_um:${value.symbol.replace(/.*:/, '')}` });
      });
      await page.waitForFunction(() => [...document.querySelectorAll('.page:not([hidden]) td.sym')].some(n => n.textContent.startsWith('binance_um:')));
    }
    for (const width of WIDTHS) {
      const height = heightAt(width);
      await page.setViewportSize({ width, height });
      await page.evaluate(() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done))));
      await page.waitForFunction(READY[name]); // a page that was asked again meanwhile, on a slow machine, has nothing yet
      // What one needs is there at each width.
      const shows = selector => page.evaluate(of => [...document.querySelectorAll(of)].some(n => n.offsetParent), selector);
      for (const [what, selector] of ({ overview: [['drawdown', '#t-agents td.use'], ['trend', '#t-agents td.trend'], ['a way out of a position', '#t-positions .mini:not([hidden])']] })[name] ?? []) {
        if (!await shows(selector)) fail(`${name} at ${width}, ${scheme}: without ${what}`);
      }
      if (name === 'overview') {
        // That one was undone is a line of its own.
        const twice = await page.evaluate(() => { const held = l => l?.children[1].textContent.startsWith('tournament') && !l.children[2].textContent.includes(' is undone by '); const all = [...document.querySelectorAll('#l-events li')]; return all.some(l => held(l) && held(l.nextSibling)) ? all.slice(0, 12).map(l => l.textContent).join(' / ') : ''; });
        if (twice !== '') fail(`tournaments one behind the other fill the events: ${twice}`);
      }
      // One that is refused more than not says so, whichever columns there is room for.
      if (name === 'overview') {
        const above = await page.evaluate(async () => {
          const { state } = await import('/connection.mjs');
          const [key, a] = [...state].find(([k]) => k.startsWith('agent/'));
          state.set(key, { ...a, exceeds: 'refused-intent limit' });
          return a.name;
        });
        await page.waitForFunction(of => {
          const row = document.querySelector(`#t-agents tr[data-key="${of}"]`);
          const shown = [row.children[1], row.querySelector('.substate')].find(n => n.offsetParent);
          return /above/.test(`${shown?.textContent}${shown?.dataset.text ?? ''}`);
        }, above).catch(() => fail(`${name} at ${width}, ${scheme}: it is not said that ${above} is above its limit`));
      }
      // No column stands empty while the one beside it goes on for long.
      if (width >= 2560) {
        const empty = await page.evaluate(() => [...document.querySelectorAll('.page:not([hidden]) section')].filter(s => s.offsetParent).map(s => {
          const ends = [...s.querySelectorAll('*')].filter(n => !n.children.length && n.offsetParent).map(n => n.getBoundingClientRect().bottom);
          return [s.className, Math.round(s.getBoundingClientRect().bottom - Math.max(s.querySelector('.bar').getBoundingClientRect().bottom, ...ends))];
        }).filter(([, by]) => by > 110).map(([of, by]) => `${of} by ${by} px`));
        if (empty.length) fail(`${name} at ${width}, ${scheme}: empty: ${empty.join(', ')}`);
        const end = await page.evaluate(() => Math.round(document.querySelector('.page:not([hidden])').getBoundingClientRect().bottom));
        if (end < height * 0.55) fail(`${name} at ${width}, ${scheme}: it ends at ${end} px of ${height}`);
      }
      if (width >= 1440 && (name === 'market' || name === 'tournament' || (width >= 2560 && name !== 'log'))) {
        const gap = await page.evaluate(() => { const ends = ['.left', '.right'].map(side => Math.max(...[...document.querySelector(`.page:not([hidden]) ${side}`).children].filter(n => n.offsetParent).map(n => n.getBoundingClientRect().bottom))); return Math.round(Math.abs(ends[0] - ends[1])); });
        if (gap > 320) fail(`${name} at ${width}, ${scheme}: a column ends ${gap} px before the other`);
      }
      if (name === 'tournament') {
        const gates = await page.evaluate(() => [...document.querySelectorAll('.gate')].map(g => g.textContent));
        if (!gates.length || gates.some(g => /drawdown/.test(g) && !/drawdown [\d.]+\u2009% \(.+ [\d.]+\u2009%\)/.test(g))) fail(`gates without unit or limit: ${gates.join('; ')}`);
      }
      // A loss of which a part counts in proportion has two amounts in its cell.
      if (name === 'agent') {
        const beyond = await page.evaluate(async () => {
          const { usage } = await import('/kit.mjs');
          const cell = document.querySelector('.a-limits tr[data-key="daily_loss"] td.use');
          const table = cell.closest('table');
          usage(cell, 0.5, '12\u2009345.67, scaled 2\u2009345.67');
          return Math.round(Math.max(table.scrollWidth - table.parentElement.clientWidth, cell.lastChild.getBoundingClientRect().right - cell.getBoundingClientRect().right));
        });
        if (beyond > 0) fail(`${name} at ${width}, ${scheme}: a loss shown scaled is ${beyond} px beyond its cell`);
      }
      const over = await page.evaluate(() => [...document.querySelectorAll('.page:not([hidden]) td.use .val')].filter(n => n.offsetParent && n.getBoundingClientRect().right > n.closest('td').getBoundingClientRect().right).map(n => n.textContent));
      if (over.length) fail(`${name} at ${width}, ${scheme}: over the next cell: ${over.join(', ')}`);
      for (const wrong of await fits(page, `${name} at ${width}, ${scheme}`)) fail(wrong);
      if (name === 'agent') {
        await page.waitForSelector('.a-generations tr[data-key]', { state: 'attached' }); // they come by a message of their own
        const codes = await page.evaluate(() => [...document.querySelectorAll('.a-generations tr[data-key]')].map(r => [r.lastChild.offsetParent ? r.lastChild.textContent : '', r.children[2].title]));
        if (!codes.length || codes.some(([text, title]) => !/^code [0-9a-f]{16}/.test(title) || (width >= 1440 ? !/^[0-9a-f]{8}$/.test(text) : text))) fail(`${name} at ${width}, ${scheme}: generations without their code: ${JSON.stringify(codes)}`);
      }
      if (folder) await shot(page, `${folder}/${name}-${width}-${scheme}.png`, width !== 2560);
      if (name === 'overview' && width === 390) {
        for (const wrong of [...await folds(page), ...await fits(page, 'open')]) fail(`${name} at ${width}, ${scheme}: ${wrong}`);
        if (folder) await shot(page, `${folder}/${name}-open-${width}-${scheme}.png`, true);
      }
      if ((name === 'agent' || name === 'market') && (scheme === 'dark' || width === 390)) {
        const box = name === 'agent' ? '.a-orders' : '.page-market .orders';
        for (const lacks of await endedOf(page, box)) fail(`${name} at ${width}, ${scheme}: ended orders without '${lacks}'`);
        for (const wrong of await fits(page, `${name}'s ended orders at ${width}, ${scheme}`)) fail(wrong);
        if (folder) await shot(page, `${folder}/${name}-ended-${width}-${scheme}.png`, width !== 2560);
        await page.click(`${name === 'agent' ? '.a-ended' : box} .tabs button[data-key="open"]`);
      }
    }
  }
  await close(page);
}

await drive(async () => {
  await look('dark');
  await look('light');
  return `${PAGES.length} pages fit ${WIDTHS.length} widths in dark and light, axe finds nothing, no complaint on the console`;
});
