// Where a dashboard is mounted: what it is drawn with comes from the page that it is in.
import { coloursOf, open, step } from './dashboard_page.js';
import { expect, test } from './server.js';

for (const mounted of ['in the page', 'before its element is in the page'] as const) {
  test(`canvases have the colours of the style sheet, mounted ${mounted}`, async ({ page, site }) => {
    await open(page, site);
    await step(page, 'game', 60);
    await page.evaluate((inPage) => {
      demo.dashboard.dispose();
      const element = document.createElement('div');
      if (inPage) document.body.append(element);
      const module = demo.programs['game'];
      demo.mountDashboard(element, { id: 'another', module, theme: 'light' });
      if (!inPage) document.body.append(element);
    }, mounted === 'in the page');
    const map = page.locator('.map canvas');
    await map.scrollIntoViewIfNeeded();
    await expect.poll(() => coloursOf(map)).toBeGreaterThan(3);
    // What is free, of the light palette: #e2eaed.
    const free = await map.evaluate((canvas) => {
      const { width, height } = canvas as HTMLCanvasElement;
      const data = (canvas as HTMLCanvasElement).getContext('2d')?.getImageData(0, 0, width, height).data;
      return new Uint32Array(data?.buffer ?? new ArrayBuffer(0)).includes(0xffedeae2);
    });
    expect(free).toBe(true);
  });
}
