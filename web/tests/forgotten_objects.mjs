// Objects of programs/objects.cpp of which JavaScript forgets some: the same in Node and in a page. Wrappers are found when they
// have been collected, so `collect` asks for that, as the place it runs in can.

/** The detector is told here where they were made. */
function playAndForget(program, count) {
  for (let i = 0; i < count; ++i) new program.Sound(2000).play();
}

/**
 * @param {object} program  an instance of programs/objects.cpp
 * @param {(options: object) => object} attach  of tidemark/attach
 * @param {() => Promise<void>} collect
 * @returns {Promise<{ before: object, result: object, stillPlaying: boolean }>}
 */
export async function forgetObjects(program, attach, collect) {
  const api = attach({ id: 'objects', module: program });
  const detector = new api.MemoryLeakDetector({ continuousMonitoring: false });
  detector.startMonitoring({ id: 'objects', module: program });
  const kept = [new program.Sound(100), new program.Sound(100)];
  for (let i = 0; i < 3; ++i) new program.Sound(500).delete();
  for (let i = 0; i < 4; ++i) new program.Mesh().points(); // a smart pointer: Embind's own net deletes them
  const before = detector.detectLeaks('objects');
  playAndForget(program, 5);
  let result = before;
  for (let i = 0; i < 40; ++i) {
    await collect();
    result = detector.detectLeaks('objects');
    const lost = result.patterns.find(({ evidence }) => evidence.className === 'Sound')?.evidence.lost ?? 0;
    if (lost === 5) break;
  }
  const stillPlaying = kept.every((sound) => sound.play() === 100);
  for (const sound of kept) sound.delete();
  detector.dispose();
  return JSON.parse(JSON.stringify({ before, result, stillPlaying }));
}

/**
 * What has to be told of it.
 *
 * @param {object} found  by forgetObjects()
 * @param {Function} expect
 */
export function verifyForgotten({ before, result, stillPlaying }, expect) {
  expect(before.hasLeak).toBe(false);
  expect(stillPlaying).toBe(true);
  expect(result.hasLeak).toBe(true);
  const of = (className) => result.patterns.find(({ evidence }) => evidence.className === className);
  expect(of('Sound')).toMatchObject({
    type: 'resource',
    verdict: 'leak',
    blocks: 5,
    evidence: { reason: 'lost', lost: 5 },
  });
  expect(of('Sound').description).toMatch(/^5 Embind objects of class Sound lost/);
  expect(of('Sound').bytes).toBeGreaterThan(0);
  const [site] = of('Sound').sites;
  expect(site.stack[0]).toMatch(/playAndForget/);
  expect(site.stack.some((line) => /forgotten_objects\.mjs/.test(line))).toBe(true);
  expect(site.blocks).toBe(3); // the first eight of a class have their stacks taken, of which five were others
  expect(of('Sound').ratePerSecond).toBe(null);
  expect(result.recommendations.join('\n')).toMatch(
    /5 Embind objects of class Sound lost.*; made at playAndForget.*: call delete\(\) when it is done with/,
  );
  expect(of('Mesh')?.verdict).not.toBe('leak'); // nothing of them is left
}
