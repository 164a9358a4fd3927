// What the browser's own trace says of a page's main thread: processor time, by what it was spent on.

/** By event name; what is within none of them is `other`. Nested events count for themselves only. */
const kinds = {
  script:
    /^(FunctionCall|TimerFire|FireAnimationFrame|RunMicrotasks|EvaluateScript|v8\.|V8\.|TimerInstall|RequestAnimationFrame)/,
  garbage: /^(MinorGC|MajorGC|V8\.GC|BlinkGC|CppGC)/,
  style: /^(UpdateLayoutTree|ScheduleStyleRecalculation|Document::.*Style)/,
  layout: /^(Layout|InvalidateLayout|IntersectionObserverController|LocalFrameView::.*Layout)/,
  paint: /^(PrePaint|Paint|Layerize|Commit|UpdateLayer|CompositeLayers|RasterTask|Canvas|DrawFrame)/,
};

function kindOf(name) {
  if (kinds.garbage.test(name)) return 'garbage';
  return Object.keys(kinds).find((kind) => kinds[kind].test(name));
}

/**
 * @param {Buffer} trace  what Playwright's stopTracing() gives
 * @param {{ from: string, to: string }} marks  names of performance marks, between which counts
 * @returns {{ wallMs: number, totalMs: number, byKind: Record<string, number>, byName: Record<string, number> }}
 *   processor milliseconds of the thread
 */
export function mainThread(trace, { from, to }) {
  const { traceEvents } = JSON.parse(trace.toString());
  const begin = traceEvents.find(({ name, cat }) => name === from && cat.includes('blink.user_timing'));
  const end = traceEvents.find(({ name, cat }) => name === to && cat.includes('blink.user_timing'));
  const events = traceEvents
    .filter(
      ({ ph, pid, tid, tdur, ts }) =>
        ph === 'X' && pid === begin.pid && tid === begin.tid && tdur !== undefined && ts >= begin.ts && ts <= end.ts,
    )
    .sort((a, b) => a.ts - b.ts || b.dur - a.dur);
  const byKind = { script: 0, garbage: 0, style: 0, layout: 0, paint: 0, other: 0 };
  const byName = {};
  const open = [];
  let totalMs = 0;
  const close = ({ event, kind, inside }) => {
    const own = (event.tdur - inside) / 1000;
    byKind[kind] += own;
    byName[event.name] = (byName[event.name] ?? 0) + own;
  };
  for (const event of events) {
    while (open.length > 0 && open.at(-1).event.ts + open.at(-1).event.dur <= event.ts) close(open.pop());
    const outer = open.at(-1);
    if (outer) outer.inside += event.tdur;
    else totalMs += event.tdur / 1000;
    open.push({ event, kind: kindOf(event.name) ?? outer?.kind ?? 'other', inside: 0 });
  }
  while (open.length > 0) close(open.pop());
  return { wallMs: (end.ts - begin.ts) / 1000, totalMs, byKind, byName };
}
