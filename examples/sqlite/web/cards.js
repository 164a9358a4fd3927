// One card for each run: how far it is, and what came out.
import { asBytes, asMs } from './summary.mjs';

const markup = `
  <h2><i></i><span class="name"></span></h2>
  <p class="figures"><b class="time">–</b><b class="memory">–</b></p>
  <p class="labels"><span>time</span><span>linear memory</span></p>
  <progress max="1" value="0"></progress>
  <p class="doing">waiting</p>`;

export class Card {
  #element = document.createElement('article');

  constructor(parent, allocator) {
    this.#element.innerHTML = markup;
    this.#element.dataset.allocator = allocator;
    this.#element.style.setProperty('--colour', `var(--${allocator})`);
    this.#part('.name').textContent = allocator === 'tidemark' ? 'Tidemark' : allocator;
    parent.append(this.#element);
  }

  #part(selector) {
    return this.#element.querySelector(selector);
  }

  #show({ doing, ms, memoryBytes, fraction }) {
    this.#part('.doing').textContent = doing;
    this.#part('.time').textContent = asMs(ms);
    this.#part('.memory').textContent = asBytes(memoryBytes);
    this.#part('progress').value = fraction;
  }

  progress({ phase, fraction, ms, memoryBytes }) {
    this.#element.dataset.state = 'running';
    this.#show({ doing: phase, ms, memoryBytes, fraction });
  }

  done({ totalMs, peakMemoryBytes, digest }) {
    this.#element.dataset.state = 'done';
    this.#element.dataset.digest = digest;
    this.#show({ doing: `digest ${digest}`, ms: totalMs, memoryBytes: peakMemoryBytes, fraction: 1 });
  }

  failed(message) {
    this.#element.dataset.state = 'failed';
    this.#part('.doing').textContent = message;
  }
}
