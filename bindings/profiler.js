// The profiler: which stacks the sampled allocations came from, and what of them is alive. Its tables are objects of
// JavaScript, so that a sample changes nothing in linear memory and never calls malloc; shrink leaves them alone.
//
//   frame   one place in a program: the byte offset in the WebAssembly module, or a place in JavaScript, or a named scope
//           of tidemark/profile.h. Each is told apart once, and named when a profile is exported.
//   site    a stack: frames, the innermost first
//   block   a sampled allocation that is alive, with its weight: how many like it there are for one that is sampled
/* global addToLibrary, extraLibraryFuncs, wasmBinaryFile */

addToLibrary({
  $tidemarkProfile__deps: ['$tidemarkMakeProfile'],
  $tidemarkProfile__postset: 'tidemarkMakeProfile();',
  $tidemarkProfile: {
    root: new Map(), // a tree of stacks: from a frame to { next, site }
    frameOf: new Map(), // from what tells a frame apart to its number
    relaxing: false,
  },

  // What others read, in a function, as in tidemark.js.
  $tidemarkMakeProfile: () => {
    Object.assign(tidemarkProfile, {
      'maxFrames': 48,
      'stacks': 'native', // 'scopes': named scopes alone, which cost a twentieth; 'native': those too, and the stack
      'frames': [], // { name, position, script, kind: 'wasm' | 'javascript' | 'scope', functionIndex }
      'sites': [],
      'blocks': new Map(), // from the address of a block to { site, bytes, weight }
      'samples': 0,
      'startedAt': 0,
      'live': 0, // estimated bytes
      'peak': 0,
      'peakCount': 0, // how often the peak was raised: a site's fall is since the peak only if it is marked with this
      'meanBytes': 0,
      'onAlarm': null,
      'onExhausted': null,
    });
  },

  $tidemarkFrame__deps: ['$tidemarkProfile'],
  $tidemarkFrame: (key, describe) => {
    var frame = tidemarkProfile.frameOf.get(key);
    if (frame === undefined) {
      frame = tidemarkProfile['frames'].push(describe()) - 1;
      tidemarkProfile.frameOf.set(key, frame);
    }
    return frame;
  },

  $tidemarkLineFrame__deps: ['$tidemarkFrame'],
  // A frame from a line of a stack as text, of V8 ("    at name (place)") or SpiderMonkey and JavaScriptCore ("name@place"); -1
  // for a line that is none. JavaScriptCore has no offsets in WebAssembly, and some of its frames name the function in place of its
  // number, or give it its number for a name until it is compiled anew: there, a function is one frame, and its names come later.
  $tidemarkLineFrame: (line) => {
    if (!/^(\s*at |(?!wasm-stub).*@)/.test(line)) return -1;
    var [, index, called, position] = /[:.]wasm-function\[(?:(\d+)|(.*?))\](?::0x([\da-f]+))?(?:\)|@\[wasm code\])?$/.exec(line) ?? [];
    var inWasm = index ?? called;
    return tidemarkFrame(inWasm && !position ? `wasm ${inWasm}` : line, () => {
      var [, name = '', at = line] = /^\s*at (?:async )?(?:new )?(?:(.*?) \()?(.*)/.exec(line) ?? /^(.*?)@(.*)/.exec(line) ?? [];
      if (inWasm) name = position && !/wasm-function\[/.test(name) ? name.replace(/^.*\.wasm\./, '') : (called ?? '');
      var place = (!inWasm && /([^()\s]*?):(\d+):(\d+)\)?\s*$/.exec(at)) || [];
      return { 'kind': inWasm ? 'wasm' : 'javascript', 'name': name, 'position': parseInt(position, 16) || 0, 'functionIndex': +(index ?? -1), 'script': place[1] ?? '', 'line': place[2] | 0, 'column': place[3] | 0 };
    });
  },

  $tidemarkSiteFrame__deps: ['$tidemarkFrame', '$tidemarkLineFrame'],
  // The same of a structured frame of V8. The text, which takes a microsecond, is made for new places only.
  $tidemarkSiteFrame: (site) => {
    var position = site['getPosition']();
    var script = site['getScriptNameOrSourceURL']() ?? site['getFileName']() ?? '';
    var key = script.startsWith('wasm:') ? position : `${script} ${position} ${site['getFunctionName']() ?? ''}`;
    var frame = tidemarkProfile.frameOf.get(key);
    if (frame === undefined) {
      frame = tidemarkLineFrame(`    at ${site.toString()}`);
      tidemarkProfile.frameOf.set(key, frame);
    }
    return frame;
  },

  $tidemarkScopeFrames__deps: ['$tidemarkFrame', 'tidemark_profiler_scope', '$UTF8ToString', '$HEAPU32'],
  $tidemarkScopeFrames: () => {
    var frames = [];
    for (var scope = _tidemark_profiler_scope() >>> 2; scope && frames.length < tidemarkProfile['maxFrames']; scope = HEAPU32[scope + 1] >>> 2) {
      var name = HEAPU32[scope];
      frames.push(tidemarkFrame(`scope ${name}`, () => ({ 'kind': 'scope', 'name': UTF8ToString(name), 'position': 0, 'functionIndex': -1, 'script': '', 'line': 0, 'column': 0 })));
    }
    return frames;
  },

  $tidemarkStack__deps: ['$tidemarkProfile', '$tidemarkTrace', '$tidemarkSiteFrame', '$tidemarkLineFrame', '$tidemarkScopeFrames', 'tidemark_on_sampled'],
  // The frames of the stack that called tidemark_on_sampled, the innermost first: WebAssembly, named scopes, JavaScript.
  $tidemarkStack: () => {
    var profile = tidemarkProfile;
    var scopes = tidemarkScopeFrames();
    if (profile['stacks'] == 'scopes') return scopes;
    var stack = tidemarkTrace(profile['maxFrames'], (frames) => frames.map(tidemarkSiteFrame), _tidemark_on_sampled);
    if (typeof stack == 'string') {
      stack = stack.split('\n').map(tidemarkLineFrame).filter((frame) => frame >= 0);
      var own = stack.findIndex((frame) => profile['frames'][frame]['kind'] == 'wasm');
      stack = stack.slice(Math.max(own, 0), profile['maxFrames']);
    }
    if (scopes.length) {
      var outside = stack.findIndex((frame) => profile['frames'][frame]['kind'] != 'wasm');
      stack.splice(outside < 0 ? stack.length : outside, 0, ...scopes);
    }
    return stack;
  },

  $tidemarkSite__deps: ['$tidemarkProfile'],
  $tidemarkSite: (stack) => {
    var node;
    var next = tidemarkProfile.root;
    for (var i = stack.length; i-- > 0; ) {
      node = next.get(stack[i]);
      if (!node) next.set(stack[i], (node = { next: new Map(), site: null }));
      next = node.next;
    }
    if (!node) {
      node = tidemarkProfile.root.get(-1);
      if (!node) tidemarkProfile.root.set(-1, (node = { next: new Map(), site: null }));
    }
    if (!node.site) {
      node.site = { 'frames': stack, 'liveBytes': 0, 'liveBlocks': 0, 'totalBytes': 0, 'totalBlocks': 0, 'temporaryBytes': 0, 'temporaryBlocks': 0, fallOf: 0, fallBytes: 0, fallBlocks: 0 };
      tidemarkProfile['sites'].push(node.site);
    }
    return node.site;
  },

  $tidemarkCount__deps: ['$tidemarkProfile'],
  // What was alive at the peak is what is alive now, less what has come since: each site keeps what it has since risen by.
  $tidemarkCount: (site, bytes, blocks) => {
    var profile = tidemarkProfile;
    if (site.fallOf != profile['peakCount']) {
      site.fallOf = profile['peakCount'];
      site.fallBytes = site.fallBlocks = 0;
    }
    site['liveBytes'] += bytes;
    site['liveBlocks'] += blocks;
    site.fallBytes += bytes;
    site.fallBlocks += blocks;
    profile['live'] += bytes;
    if (profile['live'] > profile['peak']) {
      profile['peak'] = profile['live'];
      profile['peakCount']++;
    }
  },

  tidemark_on_sampled__deps: ['$tidemarkProfile', '$tidemarkStack', '$tidemarkSite', '$tidemarkCount', '$tidemarkRelax'],
  tidemark_on_sampled: (block, bytes, meanBytes) => {
    var profile = tidemarkProfile;
    bytes >>>= 0;
    profile['samples']++;
    profile['meanBytes'] = meanBytes;
    // Its chance to be sampled was 1 - exp(-bytes / meanBytes).
    var weight = meanBytes && bytes ? -1 / Math.expm1(-bytes / meanBytes) : 1;
    var site = tidemarkSite(tidemarkStack());
    site['totalBytes'] += bytes * weight;
    site['totalBlocks'] += weight;
    profile['blocks'].set(block >>> 0, { 'site': site, 'bytes': bytes, 'weight': weight });
    tidemarkCount(site, bytes * weight, weight);
    tidemarkRelax();
  },

  tidemark_on_sample_freed__deps: ['$tidemarkProfile', '$tidemarkCount'],
  tidemark_on_sample_freed: (block, temporary) => {
    var profile = tidemarkProfile;
    var known = profile['blocks'].get(block >>> 0);
    if (!known) return; // of before a reset
    profile['blocks'].delete(block >>> 0);
    var bytes = known['bytes'] * known['weight'];
    if (temporary) {
      known['site']['temporaryBytes'] += bytes;
      known['site']['temporaryBlocks'] += known['weight'];
    }
    tidemarkCount(known['site'], -bytes, -known['weight']);
  },

  tidemark_on_sample_moved__deps: ['$tidemarkProfile'],
  tidemark_on_sample_moved: (from, to) => {
    var blocks = tidemarkProfile['blocks'];
    var known = blocks.get(from >>> 0);
    blocks.delete(from >>> 0);
    if (known) blocks.set(to >>> 0, known);
  },

  // Handlers run while malloc does: they may note what happened, and nothing else; but for onExhausted, which may free.
  tidemark_on_exhausted__deps: ['$tidemarkProfile'],
  tidemark_on_exhausted: (bytes) => (tidemarkProfile['onExhausted']?.(bytes >>> 0) ? 1 : 0),

  tidemark_on_alarm__deps: ['$tidemarkProfile'],
  tidemark_on_alarm: () => tidemarkProfile['onAlarm']?.(),

  $tidemarkRelax__deps: ['$tidemarkProfile', 'tidemark_profiler_relax'],
  // Sampling that was made rarer because it took too much time has to be made denser again when the program is calmer.
  $tidemarkRelax: () => {
    if (tidemarkProfile.relaxing || tidemarkProfile['samples'] % 16 || !globalThis.setInterval) return;
    tidemarkProfile.relaxing = true;
    var timer = setInterval(() => {
      if (!ABORT && _tidemark_profiler_relax()) return;
      tidemarkProfile.relaxing = false;
      clearInterval(timer);
    }, 100);
    timer.unref?.();
  },

  $tidemarkStartProfiler__deps: ['$tidemark', '$tidemarkProfile'],
  $tidemarkStartProfiler__postset: 'tidemarkStartProfiler();',
  $tidemarkStartProfiler: () => {
    var profile = tidemarkProfile;
    tidemark['profiler'] = profile;
    profile['startedAt'] = Date.now();
    // What was alive when most was: { bytes, blocks } of a site.
    profile['atPeak'] = (site) => {
      var since = site.fallOf == profile['peakCount'];
      return {
        'bytes': site['liveBytes'] - (since ? site.fallBytes : 0),
        'blocks': site['liveBlocks'] - (since ? site.fallBlocks : 0),
      };
    };
    // Forgets everything that was sampled; blocks that are alive are not seen any more.
    profile['reset'] = () => {
      profile['frames'].length = profile['sites'].length = 0;
      profile['blocks'].clear();
      profile.root.clear();
      profile.frameOf.clear();
      profile['samples'] = profile['live'] = profile['peak'] = profile['peakCount'] = 0;
      profile['startedAt'] = Date.now();
    };
    // Sections of the program's code that have no place in memory, by name: 'name', 'sourceMappingURL', '.debug_line', …
    profile['sections'] = (name) => WebAssembly.Module.customSections(tidemarkProgram.module, name);
    // Where the code was loaded from, or its bytes; null where the page instantiated it by itself.
    profile['source'] = () => wasmBinaryFile ?? null;
    profile['codeExports'] = () => WebAssembly.Module.exports(tidemarkProgram.module).filter((e) => e.kind == 'function').map((e) => e.name);
  },
});

extraLibraryFuncs.push('$tidemarkStartProfiler');
