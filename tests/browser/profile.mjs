// A person's look at the page of a profile: is everything there, can it be read, does it zoom and search?
// Usage: profile.mjs PAGE FOLDER     prints what the page says as JSON; screenshots go to FOLDER.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const [file, folder] = process.argv.slice(2);
const html = readFileSync(file, 'utf8');

// What surrounds an output in a notebook, by day and by night.
function notebook(dark) {
  const colors = dark ? 'color:#ddd;background:#111' : 'color:#222;background:#fff';
  const ground = dark ? '#111' : '#fff';
  return `<!doctype html><meta charset="utf-8"><body style="margin:16px;${colors};--jp-layout-color0:${ground}">${html}</body>`;
}

// The brightness that eyes see of a colour, from 0 to 1, as WCAG 2 defines it.
function luminance([red, green, blue]) {
  const linear = [red, green, blue].map((part) => part / 255).map((part) => (part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
}

function contrast(one, other) {
  const [dark, bright] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (bright + 0.05) / (dark + 0.05);
}

const parts = (color) => color.match(/[\d.]+/g).slice(0, 3).map(Number);

// Colours of the pixels of an element, by how many pixels have them.
async function pixels(page, selector) {
  const png = (await page.locator(selector).first().screenshot()).toString('base64');
  return page.evaluate(async (png) => {
    const picture = new Image();
    picture.src = `data:image/png;base64,${png}`;
    await picture.decode();
    const canvas = new OffscreenCanvas(picture.width, picture.height);
    const context = canvas.getContext('2d');
    context.drawImage(picture, 0, 0);
    const { data } = context.getImageData(0, 0, picture.width, picture.height);
    const counts = {};
    for (let i = 0; i < data.length; i += 4) {
      const color = `${data[i]},${data[i + 1]},${data[i + 2]}`;
      counts[color] = (counts[color] ?? 0) + 1;
    }
    return { colors: Object.keys(counts).length, share: Math.max(...Object.values(counts)) / (data.length / 4) };
  }, png);
}

const visibleBars = (page) =>
  page.$$eval('.flame div', (bars) =>
    bars
      .filter((bar) => bar.style.display !== 'none')
      .map((bar) => {
        const box = bar.getBoundingClientRect();
        return { name: bar.textContent, left: box.left, width: box.width, top: box.top };
      }),
  );

async function check(browser, dark) {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  const problems = [];
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
  page.on('request', (request) => request.url().startsWith('data:') || problems.push(`asked for ${request.url()}`));
  const begin = Date.now();
  await page.setContent(notebook(dark));
  await page.waitForSelector('.hpc-prof.ready');
  await page.waitForFunction(() => document.querySelector('.timeline canvas')?.dataset.spans > 0);
  const opened = Date.now() - begin;
  const name = dark ? 'dark' : 'light';
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });

  // The table, as it is and as numbers.
  const rows = await page.$$eval('tbody tr', (rows) =>
    rows.map((row) => ({
      path: row.cells[0].title,
      visits: Number(row.cells[1].dataset.v),
      inclusive: Number(row.cells[2].dataset.v),
      exclusive: Number(row.cells[3].dataset.v),
    })),
  );
  assert.ok(rows.length > 0 && rows.length <= 300, `${rows.length} lines`);

  // The flame graph: bars lie in it, none on another, and not everything is one colour.
  const bars = await visibleBars(page);
  assert.ok(bars.length > 20 && bars.length <= 6000, `${bars.length} bars`);
  const byRow = new Map();
  for (const bar of bars) byRow.set(bar.top, [...(byRow.get(bar.top) ?? []), bar]);
  for (const row of byRow.values()) {
    row.sort((a, b) => a.left - b.left);
    row.slice(1).forEach((bar, i) => assert.ok(bar.left >= row[i].left + row[i].width - 0.1, `${bar.name} lies on ${row[i].name}`));
  }
  const flamePixels = await pixels(page, '.flame');
  assert.ok(flamePixels.colors > 20 && flamePixels.share < 0.9, JSON.stringify(flamePixels));

  // Text can be read on what it lies on.
  const ground = dark ? [17, 17, 17] : [255, 255, 255];
  const colors = await page.evaluate(() => {
    const style = (selector) => getComputedStyle(document.querySelector(selector));
    return {
      table: style('tbody td').color,
      size: [style('tbody td').fontSize, style('.flame div').fontSize, style('.note').fontSize],
      bars: Array.from(document.querySelectorAll('.flame div'), (bar) => getComputedStyle(bar)).map((one) => [one.color, one.backgroundColor]),
    };
  });
  assert.ok(contrast(parts(colors.table), ground) > 7, 'the table is pale');
  for (const [text, bar] of colors.bars) assert.ok(contrast(parts(text), parts(bar)) > 4.5, `${text} on ${bar}`);
  for (const size of colors.size) assert.ok(parseFloat(size) >= 12, `letters of ${size}`);

  // A click makes a bar as wide as the whole, the button gives the whole back.
  const [wide] = bars.filter((bar) => bar.width < 400 && bar.width > 60).sort((a, b) => b.width - a.width);
  const width = byRow.values().next().value[0].width;
  const flame = page.locator('.flame');
  const box = await flame.boundingBox();
  await flame.click({ position: { x: wide.left + wide.width / 2 - box.x, y: wide.top + 8 - box.y } });
  const zoomed = (await visibleBars(page)).find((bar) => bar.name === wide.name);
  assert.ok(Math.abs(zoomed.width - width) < 1, `${zoomed.width} of ${width}`);
  await page.hover('.flame div:nth-child(2)');
  assert.match(await page.textContent('.flame + .note'), / %/);
  await flame.screenshot({ path: join(folder, `${name}-flame-zoomed.png`) });
  const resets = page.locator('.reset');
  await resets.first().click();
  assert.equal((await visibleBars(page)).length, bars.length);
  assert.ok(await resets.first().isDisabled());

  // The timeline: something is drawn, not too much at a time, from afar and from close.
  const canvas = page.locator('.timeline canvas');
  const spans = () => canvas.evaluate((canvas) => Number(canvas.dataset.spans));
  const drawn = [await spans()];
  const timelinePixels = await pixels(page, '.timeline canvas');
  assert.ok(timelinePixels.colors > 20 && timelinePixels.share < 0.9, JSON.stringify(timelinePixels));
  const before = await canvas.getAttribute('aria-label');
  await canvas.hover({ position: { x: 300, y: 60 } });
  await page.keyboard.down('Control');
  const frames = [];
  for (let turn = 0; turn < 12; turn++) {
    const turned = Date.now();
    await page.mouse.wheel(0, -400);
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
    frames.push(Date.now() - turned);
    drawn.push(await spans());
  }
  await page.keyboard.up('Control');
  assert.notEqual(await canvas.getAttribute('aria-label'), before);
  assert.ok(drawn.every((count) => count > 0 && count <= 21_000), `${drawn} spans`);
  const closePixels = await pixels(page, '.timeline canvas');
  assert.ok(closePixels.colors > 5, JSON.stringify(closePixels));
  await page.locator('.timeline').screenshot({ path: join(folder, `${name}-timeline-zoomed.png`) });
  await resets.nth(1).click();
  await page.waitForFunction((label) => document.querySelector('.timeline canvas').getAttribute('aria-label') === label, before);

  // The search: what was not meant goes.
  await page.fill('input[type=search]', rows.at(-1).path.split('/').at(-1));
  const left = await page.$$eval('tbody tr', (rows) => rows.filter((row) => row.checkVisibility()).length);
  assert.ok(left > 0 && left < rows.length, `${left} lines are left`);
  assert.match(await page.textContent('.found'), /% of the time/);
  await page.screenshot({ path: join(folder, `${name}-search.png`), fullPage: true });
  await page.fill('input[type=search]', '');

  // The table sorts by what a title says.
  await page.click('thead th:nth-child(4)');
  const sorted = await page.$$eval('tbody tr', (rows) => rows.map((row) => Number(row.cells[3].dataset.v)));
  assert.deepEqual(sorted, sorted.toSorted((a, b) => b - a));
  assert.deepEqual(problems, []);
  const elements = await page.evaluate(() => document.querySelectorAll('*').length);
  await page.close();
  return { rows, bars: bars.length, drawn, elements, opened, slowest_frame: Math.max(...frames) };
}

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM,
  args: ['--headless', '--no-sandbox', '--disable-gpu', '--host-resolver-rules=MAP * ~NOTFOUND'],
});
try {
  const [light, dark] = [await check(browser, false), await check(browser, true)];
  assert.deepEqual(light.rows, dark.rows);
  console.log(JSON.stringify(light));
} finally {
  await browser.close();
}
