// The style sheets, as constructed ones: neither a request nor an inline style, so style-src 'none' is enough.
import uplotCss from 'uplot/dist/uPlot.min.css';
import dashboardCss from './dashboard.css';

let sheets: CSSStyleSheet[] | null = null;

/** One for all dashboards of a page. */
export function styleSheets(): CSSStyleSheet[] {
  sheets ??= [uplotCss, dashboardCss].map((text) => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(text);
    return sheet;
  });
  return sheets;
}

/** The palette as canvases need it; read anew when light turns to dark. */
export function paletteOf(element: Element): (name: string) => string {
  const style = getComputedStyle(element);
  const dark =
    style.colorScheme === 'dark' ||
    (style.colorScheme !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  const known = new Map<string, string>();
  return (name) => {
    let colour = known.get(name);
    if (colour === undefined) {
      const value = style.getPropertyValue(name).trim();
      const pair = /^light-dark\(\s*(\S+?)\s*,\s*(\S+?)\s*\)$/.exec(value);
      colour = (pair ? pair[dark ? 2 : 1] : value) ?? '';
      known.set(name, colour);
    }
    return colour;
  };
}
