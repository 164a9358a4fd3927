// What formats of flame graphs share: frames by number, and the tree of stacks from the outermost call inwards.
import { frameAsText, type ProfileFrame, type ProfileSite } from './profile_data.js';

/** Numbers things as they come. */
export class Interner<Key, Value = Key> {
  readonly #numbers = new Map<Key, number>();
  readonly values: Value[] = [];

  number(key: Key, make: () => Value): number {
    let number = this.#numbers.get(key);
    if (number === undefined) {
      number = this.values.push(make()) - 1;
      this.#numbers.set(key, number);
    }
    return number;
  }
}

export const frameKey = (frame: ProfileFrame): string => `${frame.kind}\n${frameAsText(frame)}`;

/** The outermost first, as flame graphs have it. */
export const rootFirst = (site: ProfileSite): ProfileFrame[] => [...site.frames].reverse();

export interface StackNode {
  frame: ProfileFrame | null;
  children: StackNode[];
  /** Sites whose stack ends here. */
  sites: ProfileSite[];
}

export function stackTree(sites: readonly ProfileSite[]): StackNode {
  const root: StackNode = { frame: null, children: [], sites: [] };
  const children = new Map<StackNode, Map<string, StackNode>>();
  for (const site of sites) {
    let node = root;
    for (const frame of rootFirst(site)) {
      let byKey = children.get(node);
      if (!byKey) children.set(node, (byKey = new Map<string, StackNode>()));
      let child = byKey.get(frameKey(frame));
      if (!child) {
        child = { frame, children: [], sites: [] };
        byKey.set(frameKey(frame), child);
        node.children.push(child);
      }
      node = child;
    }
    node.sites.push(site);
  }
  return root;
}
