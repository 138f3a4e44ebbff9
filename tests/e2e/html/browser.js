// What people meet who open the report: node browser.js PLAYWRIGHT FOLDER. Prints a line for each
// result: ok or fail, its name, what was wrong.
'use strict';
const { chromium } = require(process.argv[2]);
const folder = process.argv[3];

const tell = (isRight, name, detail = '') =>
  console.log([isRight ? 'ok' : 'fail', name, String(detail).replace(/\s+/g, ' ')].join('\t'));
const equal = (name, want, got) => tell(want === got, name, `want ${want}, got ${got}`);

async function open(browser, file, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1400, height: 1000 }, ...options });
  const page = await context.newPage();
  page.elsewhere = [];
  page.errors = [];
  page.on('request', (request) => { if (!request.url().startsWith('file:')) page.elsewhere.push(request.url()); });
  page.on('pageerror', (error) => page.errors.push(error.message));
  page.on('console', (message) => { if (message.type() === 'error') page.errors.push(message.text()); });
  await page.goto(`file://${folder}/${file}`);
  return page;
}

// WCAG 2.2, contrast (minimum), of an element's text against what lies behind it.
const contrast = (page, selector) => page.$eval(selector, (element) => {
  const numbers = (color) => color.match(/[\d.]+/g).map(Number);
  const light = (color) => {
    const [r, g, b] = numbers(color).map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  let behind = element;
  while (behind.parentElement && numbers(getComputedStyle(behind).backgroundColor)[3] === 0) behind = behind.parentElement;
  const pair = [getComputedStyle(element).color, getComputedStyle(behind).backgroundColor].map(light).sort((a, b) => b - a);
  return (pair[0] + 0.05) / (pair[1] + 0.05);
});

// Lives of connections fill the axis; the bar of the listener is cut at its ends.
async function reaches(page, name) {
  const [left, right, listener] = await page.locator('.scenario').first().evaluate((scenario) => {
    const span = (bars) => [Math.min(...bars.map((bar) => parseFloat(bar.style.left))),
      Math.max(...bars.map((bar) => parseFloat(bar.style.left) + parseFloat(bar.style.width)))];
    const all = [...scenario.querySelectorAll('.lane .track .s')];
    const listens = (bar) => bar.closest('.lane').querySelector('.who').textContent.includes('listens');
    return [...span(all.filter((bar) => !listens(bar))), span(all.filter(listens)).map(Math.round).join('..')];
  });
  tell(left < 3 && right > 97, name, `they take ${left}..${right}% of it`);
  equal(`${name}: the listener is all along it`, '0..100', listener);
}

async function shows(browser) {
  const page = await open(browser, 'few.html');
  equal('nothing is fetched', '', page.elsewhere.join(' '));
  equal('nothing goes wrong', '', page.errors.join(' '));
  equal('the title is the verdict', 'failed: sockfault', await page.title());
  equal('the headline counts', '4 scenarios: 2 failed, 1 passed, 1 skipped', await page.locator('h1').innerText());
  equal('each scenario is there', 4, await page.locator('.scenario').count());
  equal('what failed comes first', 'FAIL FAIL PASS SKIP', (await page.locator('.scenario .badge').allInnerTexts()).join(' '));
  await reaches(page, 'the axis shows the connections, not the wait before them');
  equal('the failed ones are open', 2, await page.locator('.scenario[open]').count());
  equal('each connection has a lane, the listener too', 40, await page.locator('.scenario').first().locator('.lane').count());
  equal('faults stand where they struck', 7,
    await page.locator('.scenario').first().locator('.mark.fault[title^="rule "]').count());
  equal('one of the link, too', 1, await page.locator('.mark.fault[title="rule slow: on the link, in, behind 0 bytes"]').count());
  equal('the error that the peer saw', true,
    await page.locator('.mark.error[title*="ECONNRESET"], .mark.error[title*="EPIPE"]').count() >= 1);
  equal('the failing expectation beside its line', '  client: {stderr: {empty: true}, exit: 0}',
    (await page.locator('.source mark').first().innerText()).replace(/^\d+/, '').trimEnd());
  equal('markup of others is text', 0, await page.locator('img, main script').count());
  equal('and is shown', true, (await page.locator('.scenario h2').nth(1).innerText()).startsWith('<script>document.title'));
  for (const state of ['ESTABLISHED', 'LISTEN', 'LAST_ACK'])
    equal(`${state} is drawn`, true, await page.locator(`.track .s.${state}`).count() > 0);
  await page.screenshot({ path: `${folder}/shots/few.png`, fullPage: true });
}

async function keys(browser) {
  const page = await open(browser, 'few.html');
  const focused = () => page.evaluate(() => document.activeElement.closest('.lane')?.querySelector('.who').innerText ?? document.activeElement.id);
  await page.keyboard.press('/');
  equal('a slash leads to the search', 'find', await focused());
  await page.keyboard.press('Tab');
  equal('the next is the box', 'marked', await focused());
  for (let i = 0; i < 3; i++) await page.keyboard.press('Tab');
  equal('then the scenario, its zoom, its first lane', true, (await focused()).includes('listens on'));
  await page.keyboard.press('ArrowDown');
  equal('an arrow goes to the next lane', true, /^client #\d+ → server$/.test(await focused()));
  await page.keyboard.press('Enter');
  equal('Enter opens it', true, await page.locator('.lane[open] .events').first().isVisible());
  equal('its states are told in words', true, (await page.locator('.lane[open] .events').innerText()).includes('ESTABLISHED'));
}

async function sifts(browser) {
  const page = await open(browser, 'few.html');
  await page.locator('#marked').check();
  const marked = await page.locator('.lane.marked').count();
  equal('only lanes with faults or errors', marked, await page.locator('.lane:not([data-out])').count());
  equal('which are fewer', true, marked > 5 && marked < 20);
  await page.locator('#marked').uncheck();
  await page.locator('#find').fill('short-reads');
  equal('a fault is found by its rule', 4, await page.locator('.lane:not([data-out])').count());
  await page.locator('#find').fill('good network');
  equal('a scenario by its name', 1, await page.locator('.scenario:not([data-out])').count());
}

async function looks(browser) {
  for (const colorScheme of ['light', 'dark']) {
    const page = await open(browser, 'few.html', { colorScheme });
    for (const selector of ['h1', '.failed h1 b', '.counts', '.badge', 'h3', '.source i', '.who', '.bytes', '.place'])
      tell(await contrast(page, selector) >= 4.5, `${colorScheme}: ${selector} can be read`, await contrast(page, selector));
  }
  const grounds = [];
  for (const colorScheme of ['light', 'dark'])
    grounds.push(await (await open(browser, 'few.html', { colorScheme })).evaluate(() => getComputedStyle(document.documentElement).backgroundColor));
  tell(grounds[0] !== grounds[1], 'dark is another ground than light', grounds);
  for (const width of [400, 900, 1400]) {
    const page = await open(browser, 'few.html', { viewport: { width, height: 900 } });
    equal(`nothing runs over at a width of ${width}`, true,
      await page.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth));
    equal(`as many times as an axis has stand apart at a width of ${width}`, true,
      await page.locator('.axis .track').first().evaluate((track) => {
        track.innerHTML = [5, 20, 35, 50, 65, 80, 95].map((left) => `<i style="left:${left}%">1000 ms</i>`).join('');
        const boxes = [...track.children].map((time) => time.getBoundingClientRect()).filter((box) => box.width);
        return boxes.length > 2 && boxes.every((box, at) => at === 0 || box.left > boxes[at - 1].right);
      }));
  }
}

async function withoutScript(browser) {
  const page = await open(browser, 'few.html', { javaScriptEnabled: false });
  equal('without scripts all lanes are there', 40, await page.locator('.scenario').first().locator('.lane').count());
  equal('and what failed', true, await page.locator('.findings').first().isVisible());
  equal('but no search', false, await page.locator('.sieve').isVisible());
  equal('nor zoom', false, await page.locator('.zoom').first().isVisible());
}

async function explored(browser) {
  const page = await open(browser, 'explored.html');
  equal('of a search nothing is fetched', '', page.elsewhere.join(' '));
  equal('nor goes wrong', '', page.errors.join(' '));
  equal('its title is the verdict', 'failed: sockfault', await page.title());
  const heading = await page.locator('.scenario.failed h2').first().innerText();
  tell(/^crash of client: (send|recv) 1 meets \w+: /.test(heading), 'each finding is a scenario', heading);
  const message = await page.locator('.findings p').first().innerText();
  tell(/^client is killed by SIGSEGV when its (send|recv) 1, in \w+ \(zoo.h:\d+\), meets /.test(message), 'which says what happens', message);
  const line = await page.locator('.source mark').first().innerText();
  tell(/(send|recv)\(fd, /.test(line), 'beside the line of the call', line);
  const origin = await page.locator('.origin').first().innerText();
  tell(origin.startsWith('sockfault-findings/001-crash-'), 'and where its reproducer is', origin);
  const known = await open(browser, 'known.html');
  equal('known ones are skipped', true, await known.locator('.scenario.skipped').count() > 0);
  equal('and nothing failed', 0, await known.locator('.scenario.failed').count());
  const nothing = await open(browser, 'nothing.html');
  equal('where nothing was found the scenario passed', 'ask', await nothing.locator('.scenario.passed h2').first().innerText());
}

async function many(browser) {
  const page = await open(browser, 'many.html');
  equal('2,000 connections have 4,001 lanes', 4001, await page.locator('.lane').count());
  equal('nothing goes wrong with them', '', page.errors.join(' '));
  await reaches(page, 'many connections fill the axis');
  await page.locator('#find').fill('client #1999 ');
  equal('one is found among them', 1, await page.locator('.lane:not([data-out])').count());
  await page.locator('#find').fill('');
  equal('what follows them is at hand', true,
    await page.evaluate(() => document.querySelector('.lanes.many').getBoundingClientRect().height < 2 * innerHeight));
  await page.screenshot({ path: `${folder}/shots/many.png` });
}

// Where in its track a lane's life begins, and how much of it that takes.
const lifeIn = (lane) => lane.evaluate((element) => {
  const track = element.querySelector('.track').getBoundingClientRect();
  const bars = [...element.querySelectorAll('.s')].map((bar) => bar.getBoundingClientRect());
  const left = Math.min(...bars.map((bar) => bar.left));
  return { from: (left - track.left) / track.width, share: (Math.max(...bars.map((bar) => bar.right)) - left) / track.width };
});
const timesOf = async (page) => (await page.locator('.axis .track i').allInnerTexts());

async function zooms(browser) {
  const page = await open(browser, 'many.html');
  const lane = page.locator('.lane', { hasText: 'client #1000 ' });
  const summary = lane.locator('summary');
  const whole = await timesOf(page);
  tell((await lifeIn(lane)).share < 0.05, 'a life among 2,000 is a point', (await lifeIn(lane)).share);
  equal('the whole cannot be left', 'true true false',
    (await Promise.all(['out', 'whole', 'in'].map((name) => page.locator(`[data-zoom=${name}]`).isDisabled()))).join(' '));
  await summary.dblclick();
  const near = await lifeIn(lane);
  tell(near.share > 0.5 && near.from > 0 && near.from + near.share < 1, 'two clicks show it whole', JSON.stringify(near));
  equal('and leave it closed', false, await lane.evaluate((element) => element.open));
  const times = await timesOf(page);
  tell(times.length > 1 && times.length <= 8 && times.join() !== whole.join(), 'the axis tells its times', times.join());
  equal('no two of them the same', times.length, new Set(times).size);
  await page.locator('[data-zoom=out]').click();
  tell(Math.abs((await lifeIn(lane)).share - near.share / 2) < 0.02, 'zooming out halves it', (await lifeIn(lane)).share);
  await summary.focus();
  await page.keyboard.press('ArrowRight');
  tell((await lifeIn(lane)).from < near.from + near.share / 4, 'an arrow goes on in time', (await lifeIn(lane)).from);
  await page.keyboard.press('0');
  equal('zero shows all', whole.join(), (await timesOf(page)).join());
  await page.keyboard.press('z');
  tell(Math.abs((await lifeIn(lane)).share - near.share) < 0.02, 'z shows the life again', (await lifeIn(lane)).share);
  await page.locator('[data-zoom=whole]').click();
  const axis = await page.locator('.axis .track').boundingBox();
  const before = await lifeIn(lane);
  await page.mouse.move(axis.x + axis.width * (before.from - 0.05), axis.y + 5);
  await page.mouse.down();
  await page.mouse.move(axis.x + axis.width * (before.from + 0.05), axis.y + 5, { steps: 4 });
  await page.mouse.up();
  tell(Math.abs((await lifeIn(lane)).from - 0.5) < 0.05, 'a drag over the axis shows what lies in it', (await lifeIn(lane)).from);
  await summary.focus();
  for (let i = 0; i < 30; i++) await page.keyboard.press('+');
  equal('there is an end of it', true, await page.locator('[data-zoom=in]').isDisabled());
  equal('nothing goes wrong there', '', page.errors.join(' '));
}

(async () => {
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });
  for (const part of [shows, keys, sifts, looks, withoutScript, explored, many, zooms])
    await part(browser);
  await browser.close();
  tell(true, 'end');
})();
