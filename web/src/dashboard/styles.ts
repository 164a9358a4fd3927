// The style sheet, as a constructed one: neither a request nor an inline style, so style-src 'none' is enough.
import uplotCss from 'uplot/dist/uPlot.min.css';
import actionsCss from './styles/actions.css';
import baseCss from './styles/base.css';
import controlsCss from './styles/controls.css';
import eventsCss from './styles/events.css';
import figuresCss from './styles/figures.css';
import heapMapCss from './styles/heap_map.css';
import leaksCss from './styles/leaks.css';
import limitsCss from './styles/limits.css';
import overlayCss from './styles/overlay.css';
import pageCss from './styles/page.css';
import paletteCss from './styles/palette.css';
import panelCss from './styles/panel.css';
import sitesCss from './styles/sites.css';
import sizeClassesCss from './styles/size_classes.css';
import tablesCss from './styles/tables.css';
import testsCss from './styles/tests.css';
import timelineCss from './styles/timeline.css';

/** What is general first: a later part may say it otherwise. */
const parts = [
  uplotCss,
  paletteCss,
  baseCss,
  controlsCss,
  tablesCss,
  pageCss,
  panelCss,
  figuresCss,
  timelineCss,
  heapMapCss,
  actionsCss,
  eventsCss,
  sitesCss,
  sizeClassesCss,
  leaksCss,
  limitsCss,
  testsCss,
  overlayCss,
];

let sheet: CSSStyleSheet | null = null;

/** One for all dashboards of a page. */
export function styleSheet(): CSSStyleSheet {
  if (!sheet) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(parts.join('\n'));
  }
  return sheet;
}

/**
 * The palette as canvases need it; read anew when light turns to dark. Nothing is read while the element is in no page: WebKit
 * would keep what it had there, which is nothing, when it is put into one.
 */
export function paletteOf(element: Element): (name: string) => string {
  const known = new Map<string, string>();
  return (name) => {
    let colour = known.get(name);
    if (colour !== undefined) return colour;
    if (!element.isConnected) return '';
    const style = getComputedStyle(element);
    const dark =
      style.colorScheme === 'dark' ||
      (style.colorScheme !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
    const value = style.getPropertyValue(name).trim();
    const pair = /^light-dark\(\s*(\S+?)\s*,\s*(\S+?)\s*\)$/.exec(value);
    colour = (pair ? pair[dark ? 2 : 1] : value) ?? '';
    known.set(name, colour);
    return colour;
  };
}
