// Elements, written down the way they nest. Never an inline style or handler: a strict content security policy stays content.

type Child = Node | string | null | false | undefined;
type Value = string | number | boolean | ((event: never) => void);

/** An element; functions are listeners (`onclick`), true is an attribute without a value, false is none. */
export function h<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Record<string, Value> = {},
  ...children: Child[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name.slice(2), value as EventListener);
    else if (value === true) element.setAttribute(name, '');
    else if (value !== false) element.setAttribute(name, String(value));
  }
  for (const child of children) {
    if (child !== null && child !== false && child !== undefined) element.append(child);
  }
  return element;
}

export function svg(tag: string, attributes: Record<string, string | number>, ...children: Element[]): SVGElement {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}

const written = new WeakMap<Element, { node: Text; text: string }>();

/** Writes only what differs, into the text node that is there: another one would be styled anew. Elements that nothing else writes to. */
export function setText(element: Element, text: string): void {
  const known = written.get(element);
  if (!known) {
    const node = new Text(text);
    written.set(element, { node, text });
    element.replaceChildren(node);
  } else if (known.text !== text) {
    known.node.data = known.text = text;
  }
}

/** Hands a file to whoever looks at the page. */
export function download(fileName: string, mimeType: string, content: Uint8Array | string): void {
  const url = URL.createObjectURL(new Blob([content as BlobPart], { type: mimeType }));
  h('a', { href: url, download: fileName }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** A panel's frame: heading, what stands beside it, and the content. */
export function frame(id: string, title: string, beside: Child[], ...content: Child[]): HTMLElement {
  return h(
    'section',
    { class: `panel ${id}`, 'aria-labelledby': `${id}-title` },
    h('header', {}, h('h2', { id: `${id}-title` }, title), h('div', { class: 'beside' }, ...beside)),
    ...content,
  );
}
