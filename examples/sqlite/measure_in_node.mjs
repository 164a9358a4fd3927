// The workload in Node, each run in a fresh process, so that no run finds memory grown or code warmed by another.
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('run_once.mjs', import.meta.url));

/**
 * @param {object} options
 * @param {string} options.folder of the built page, which holds the modules
 * @param {string} options.allocator
 * @param {number} options.orders
 * @param {(progress: { phase: string, fraction: number }) => void} [options.onProgress]
 * @returns {Promise<import('./measure.mjs').Measurement & { peakResidentBytes: number }>} peakResidentBytes is the whole process's
 */
export function measureInNode({ folder, allocator, orders, onProgress }) {
  return new Promise((resolve, reject) => {
    const child = fork(program, [folder, allocator, String(orders)], { stdio: ['ignore', 'inherit', 'pipe', 'ipc'] });
    const stopWithUs = () => child.kill();
    process.once('exit', stopWithUs);
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text));
    let outcome;
    child.on('message', (message) => {
      if (message.progress) onProgress?.(message.progress);
      else outcome = message;
    });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      process.removeListener('exit', stopWithUs);
      if (outcome?.measurement) return resolve(outcome.measurement);
      const why = outcome?.error ?? (signal ? `stopped by ${signal}` : `ended with ${code}`);
      reject(new Error(`SQLite on ${allocator}: ${why}${stderr ? `\n${stderr.trimEnd()}` : ''}`));
    });
  });
}
