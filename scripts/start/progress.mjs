// How far a long piece of work is, on stderr: one bar in a terminal, a line now and then in a file.
import cliProgress from 'cli-progress';

/** Between two lines in a file: every so many percent. */
const linePercent = 10;

function bar() {
  const shown = new cliProgress.SingleBar({
    format: '{bar} {percentage} %  {label}',
    barCompleteChar: '█',
    barIncompleteChar: '░',
    barsize: 24,
    hideCursor: true,
    clearOnComplete: true,
    stopOnComplete: false,
    linewrap: false,
  });
  shown.start(1000, 0, { label: '' });
  return {
    show: (fraction, label) => shown.update(Math.round(1000 * fraction), { label }),
    end: () => shown.stop(),
  };
}

function lines() {
  let said = -1;
  return {
    show(fraction, label) {
      const step = Math.floor((100 * fraction) / linePercent);
      if (step <= said) return;
      said = step;
      console.error(`${String(step * linePercent).padStart(3)} %  ${label}`);
    },
    end() {},
  };
}

/** @returns {{ show: (fraction: number, label: string) => void, end: () => void }} */
export function createProgress() {
  return process.stderr.isTTY ? bar() : lines();
}
