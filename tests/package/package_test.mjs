// What `cmake --install` and `npm pack` give, used from a folder that is not the repository. The last line counts.
import assert from 'node:assert/strict';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { loadEnvironment, main, root, run } from '../../scripts/environment.mjs';
import { oneComponent, sizeOfImport } from './loaded_bytes.mjs';

const work = mkdtempSync(join(tmpdir(), 'tidemark-package-'));
const prefix = join(work, 'prefix');
const archive = join(prefix, 'lib/libtidemark.a');
const inPrefix = `-Dtidemark_DIR=${prefix}/lib/cmake/tidemark`; // Emscripten lets CMake look in its own folders only
const inWork = { cwd: work, capture: true };

const results = { passed: 0, failed: 0 };

async function test(name, body) {
  try {
    await body();
    results.passed += 1;
  } catch (error) {
    results.failed += 1;
    console.log(`FAILED ${name}: ${error.message}\n${error.output ?? error.stack}`);
  }
}

async function outputOf(program) {
  return (await run(process.execPath, [program], inWork)).stdout;
}

/** What a configuration that must fail has printed. */
async function refusedConfiguration(args, env = loadEnvironment()) {
  const folder = join(work, 'refused');
  rmSync(folder, { recursive: true, force: true });
  const { code, output } = await run('cmake', ['-G', 'Ninja', '-B', folder, ...args], {
    ...inWork,
    env,
    mayFail: true,
  });
  assert.notEqual(code, 0, 'the configuration was accepted');
  return output.replace(/\s+/g, ' ');
}

async function installedFiles() {
  await run('cmake', ['--install', join(root, 'build/wasm'), '--prefix', prefix], inWork);
  for (const file of [
    'lib/libtidemark.a',
    'include/tidemark/heap_stats.h',
    'lib/cmake/tidemark/tidemark-config.cmake',
  ]) {
    assert.ok(existsSync(join(prefix, file)), `${file} was not installed`);
  }
}

async function cmakePackage() {
  const boost = `-DBOOST_INCLUDE=${loadEnvironment().TIDEMARK_BOOST_INCLUDE}`;
  cpSync(join(root, 'tests/package/project'), join(work, 'project'), { recursive: true });
  await run(
    'emcmake',
    ['cmake', '-G', 'Ninja', '-S', 'project', '-B', 'build', inPrefix, '-DWANTED_VERSION=0.1', boost],
    inWork,
  );
  await run('cmake', ['--build', 'build'], inWork);
  assert.equal(await outputOf('build/app_c.js'), 'C\nheld 1000 1\n');
  assert.equal(await outputOf('build/app_cpp.js'), 'C++\nheld 1000 2\n');
  assert.equal(
    await outputOf('build/structures_cpp.js'),
    'map 100000 found compact\nset 2, array 999, cache evicted\n',
  );
  assert.equal(await outputOf('build/pool_cpp.js'), 'one 0 1 0 0\n');
}

/** What managing.cpp says, line by line: each is a promise of tidemark/manager.h. */
const managed = `limits 1 0
can 1 0
handler: reason 1, level 4
served 1, cache 0, pressure 2
cache ran 1, gained 4 MiB
handler: reason 1, level 4
null 1
handler: reason 1, level 4
bad_alloc
handler: reason 0, level 4
handler: reason 1, level 4
full: within 1, refusals 3
removed 1 0
again 1
charged 1, over 1
left 0, peak 2 MiB
collected 1, whole 1, relieved 0
`;

async function managerWithoutJavaScript() {
  assert.equal(await outputOf('build/managing_cpp.js'), managed);
}

async function commandLine() {
  const source = join(root, 'tests/package/project/app.c');
  const strict = ['-std=c99', '-Wall', '-Wextra', '-pedantic', '-Werror'];
  await run('emcc', [source, ...strict, `-I${prefix}/include`, '-sMALLOC=none', archive, '-o', 'plain.js'], inWork);
  assert.equal(await outputOf('plain.js'), 'C\nheld 1000 1\n');
}

/** The linker knows of the archive, by itself, that it is for one thread. No libraries: those for threads take minutes to be made. */
async function threadsAreRefused() {
  const source = join(root, 'tests/package/project/app.c');
  for (const flag of ['-pthread', '-sWASM_WORKERS']) {
    for (const name of ['tidemark', 'tidemark_small', 'tidemark_hardened']) {
      const archives = [join(prefix, `lib/lib${name}.a`), archive];
      const args = [source, `-I${prefix}/include`, '-sMALLOC=none', flag, '-nostdlib', ...archives, '-o', 'threads.js'];
      const { code, output } = await run('emcc', [...args, '-sERROR_ON_UNDEFINED_SYMBOLS=0'], {
        ...inWork,
        mayFail: true,
      });
      assert.notEqual(code, 0, `${name} was linked with ${flag}`);
      assert.match(output, /shared-memory is disallowed by malloc\.cpp\.o/);
    }
  }
}

async function pkgConfig() {
  const env = { ...loadEnvironment(), PKG_CONFIG_PATH: `${prefix}/lib/pkgconfig` };
  for (const [compiler, source, expected] of [
    ['emcc', 'app.c', 'C\nheld 1000 1\n'],
    ['em++', 'app.cpp', 'C++\nheld 1000 2\n'],
  ]) {
    const line = `${compiler} "$1" $(pkg-config --cflags --libs tidemark) -o by_pkg_config.js`;
    await run('bash', ['-c', line, 'bash', join(root, 'tests/package/project', source)], { ...inWork, env });
    assert.equal(await outputOf('by_pkg_config.js'), expected);
  }
}

/** A shrink of a program with the runtime, linked in whichever way. */
async function shrinks(file, kept) {
  const { default: create } = await import(pathToFileURL(join(work, file)).href);
  const program = await create();
  assert.equal(program.UTF8ToString(program._peak()), kept);
  const { returnedBytes } = program.tidemark.shrink();
  assert.ok(returnedBytes > 32 << 20, `${file}: only ${returnedBytes} bytes came back`);
  assert.equal(program.UTF8ToString(program._peak()), kept);
}

async function cmakeRuntime() {
  await shrinks('build/shrinking_c.mjs', 'kept by C');
  await shrinks('build/shrinking_cpp.mjs', 'kept by C++, and movable');
}

async function emscriptenPort() {
  const project = join(root, 'tests/package/project');
  const port = `--use-port=${prefix}/share/tidemark/tidemark.py`;
  for (const [compiler, source, greeting] of [
    ['emcc', 'app.c', 'C\nheld 1000 1\n'],
    ['em++', 'app.cpp', 'C++\nheld 1000 2\n'],
  ]) {
    await run(compiler, [join(project, source), port, '-o', 'port.js'], inWork);
    assert.equal(await outputOf('port.js'), greeting);
  }
  const module = ['--no-entry', '-sALLOW_MEMORY_GROWTH', '-sMODULARIZE', '-sEXPORT_ES6'];
  const flags = [...module, '-sEXPORTED_RUNTIME_METHODS=UTF8ToString', '-O2'];
  for (const [compiler, source, kept] of [
    ['emcc', 'shrinking.c', 'kept by C'],
    ['em++', 'shrinking.cpp', 'kept by C++, and movable'],
  ]) {
    const file = `port_${source.replace('.', '_')}.mjs`;
    await run(compiler, [join(project, source), `${port}:runtime=true`, ...flags, '-o', file], inWork);
    await shrinks(file, kept);
  }
  const help = await run('emcc', [`${port}:help`], inWork);
  assert.match(help.output, /runtime: link the shrink runtime too, Module\.tidemark \(default: false\)/);
  for (const [options, reason] of [
    ['runtime=perhaps', /runtime=perhaps: true or false is expected/],
    ['nonsense=1', /`nonsense` is not supported; available options are .*runtime/],
  ]) {
    const app = join(project, 'app.c');
    const { code, output } = await run('emcc', [app, `${port}:${options}`], { ...inWork, mayFail: true });
    assert.notEqual(code, 0);
    assert.match(output, reason);
  }
}

/** Python's `tools` of an Emscripten of another version, as far as the port asks it before all else. */
const toolsOf = (version) => `
import sys, types
for name in ['tools', 'tools.settings', 'tools.utils', 'tools.system_libs']: sys.modules[name] = types.ModuleType(name)
sys.modules['tools'].system_libs = sys.modules['tools.system_libs']
sys.modules['tools.settings'].settings = types.SimpleNamespace(JS_LIBRARIES=[])
sys.modules['tools.settings'].user_settings = {}
sys.modules['tools.utils'].exit_with_error = sys.exit
sys.modules['tools.utils'].path_from_root = lambda *path: sys.argv[1]
open(sys.argv[1], 'w').write('"${version}"')
sys.path.insert(0, sys.argv[2])
import tidemark
`;

async function portElsewhere() {
  const share = join(prefix, 'share/tidemark');
  const { least } = /^least +emscripten +(?<least>\S+)/m.exec(
    readFileSync(join(root, 'toolchain/versions'), 'utf8'),
  ).groups;
  for (const [version, refused] of [
    ['3.1.69', true],
    ['6.0.4-git', true],
    [least, false],
    ['6.0.10', false],
    ['10.0.0-git', false],
  ]) {
    const args = ['-c', toolsOf(version), join(work, 'emscripten-version.txt'), share];
    const { code, output } = await run('python3', args, { ...inWork, mayFail: true });
    assert.equal(code, refused ? 1 : 0, output);
    assert.equal(
      output.trim(),
      refused ? `tidemark.py: emcc is Emscripten ${version}, and ${least} or later is needed` : '',
    );
  }
  // Without options, too, it brings what the archive alone is refused without.
  const app = join(root, 'tests/package/project/app.c');
  const growable = ['-sGROWABLE_ARRAYBUFFERS=2', '-sALLOW_MEMORY_GROWTH', '-o', 'growable.js'];
  await run('emcc', [app, `--use-port=${share}/tidemark.py`, ...growable], inWork);
  // In the checkout, or copied out of the prefix, it has nothing to link.
  const port = join(root, 'toolchain/port/tidemark.py');
  const source = join(root, 'tests/package/project/app.c');
  const args = [source, `-I${prefix}/include`, `--use-port=${port}`, '-o', 'elsewhere.js'];
  const { code, output } = await run('emcc', args, { ...inWork, mayFail: true });
  assert.notEqual(code, 0);
  assert.match(output, /tidemark\.py: there is no .*libtidemark\.a: the port works where `cmake --install` has put it/);
}

/** Which malloc a program has is told by its size: the small one's is less than half of the other's. */
async function smallMalloc() {
  const project = join(root, 'tests/package/project');
  const port = `--use-port=${prefix}/share/tidemark/tidemark.py`;
  const bytesOf = async (...flags) => {
    await run('emcc', [join(project, 'app.c'), ...flags, '-o', 'small.js'], inWork);
    assert.equal(await outputOf('small.js'), 'C\nheld 1000 1\n');
    return statSync(join(work, 'small.wasm')).size;
  };
  for (const level of ['-Oz', '-Os', '-O2']) {
    const [whole, small] = [await bytesOf(level, `${port}:small=false`), await bytesOf(level, `${port}:small=true`)];
    assert.ok(small < whole - 3000, `${level}: ${small} bytes with the small malloc, ${whole} with the other`);
    assert.equal(await bytesOf(level, port), level === '-O2' ? whole : small, `${level}: what the port chooses`);
  }
  for (const other of ['harden', 'runtime']) {
    const flags = [join(project, 'app.c'), '-Oz', `${port}:small=true:${other}=true`];
    const { code, output } = await run('emcc', flags, { ...inWork, mayFail: true });
    assert.notEqual(code, 0);
    assert.match(output, /small=true does not go with runtime=true or harden=true/);
  }
  assert.equal(await outputOf('build/app_c_small.js'), 'C\nheld 1000 1\n');
  const [small, whole] = ['build/app_c_small.wasm', 'build/app_c.wasm'].map((file) => statSync(join(work, file)).size);
  assert.ok(small < whole - 3000, `tidemark::small: ${small} bytes, tidemark::malloc: ${whole}`);
}

/** The examples in C and C++ of README.md and of the guides, with what is left out there (…) left out here. */
async function examplesOfTheGuides() {
  const guides = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'));
  const strict = [
    '-fsyntax-only',
    '-Wall',
    '-Wextra',
    '-Wpedantic',
    '-Werror',
    '-Wno-unused',
    '-Wno-unused-parameter',
    `-I${prefix}/include`,
  ];
  let count = 0;
  for (const guide of ['README.md', ...guides.map((name) => `docs/${name}`)]) {
    const text = readFileSync(join(root, guide), 'utf8');
    for (const [, language, code] of text.matchAll(/```(c|cpp)\n([\s\S]*?)```\n/g)) {
      const lines = code.replaceAll('…', '').split('\n');
      const includes = ['#include <tidemark/profile.h>', ...lines.filter((line) => line.startsWith('#'))];
      const body = lines.filter((line) => !line.startsWith('#')).join('\n');
      const whole = /^void \w+\(\) \{/m.test(body) ? body : `void example(void);\nvoid example(void) {\n${body}}\n`;
      writeFileSync(join(work, `example.${language}`), `${includes.join('\n')}\n${whole}`);
      const [compiler, standards] = language === 'c' ? ['emcc', ['c99', 'c23']] : ['em++', ['c++20', 'c++23']];
      for (const standard of standards) {
        await run(compiler, [`example.${language}`, `-std=${standard}`, ...strict], inWork);
      }
      count += 1;
    }
  }
  assert.equal(count, 3);
}

/** Each header by itself and twice, for whoever warns of more than we do. */
async function headersAlone() {
  const strict = ['-fsyntax-only', '-Wall', '-Wextra', '-Wpedantic', '-Wshadow', '-Wconversion', '-Wundef', '-Werror'];
  const folder = join(prefix, 'include/tidemark');
  const found = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith('.h'));
  const headers = found.filter((name) => name !== 'object_pool.h'); // which needs Boost's
  assert.ok(headers.length >= 9, headers.join());
  const builds = [
    ['emcc', 'c', ['c99', 'c23'], headers.filter((name) => !name.includes('/'))],
    ['em++', 'cpp', ['c++20', 'c++23'], headers],
    ['em++', 'cpp', ['c++17'], headers.filter((name) => !name.includes('/'))],
  ];
  for (const [compiler, suffix, standards, names] of builds) {
    const sources = names.map((name) => {
      const file = `alone_${name.replace(/\W/g, '_')}.${suffix}`;
      writeFileSync(join(work, file), `#include <tidemark/${name}>\n#include <tidemark/${name}>\n`);
      return file;
    });
    for (const standard of standards) {
      await run(compiler, [...sources, `-std=${standard}`, ...strict, `-I${prefix}/include`], inWork);
    }
  }
}

/** Nothing but malloc changes: what only calls malloc needs neither header nor further flag, whatever else it is built with. */
async function commandLineVariants() {
  const source = join(work, 'variant.cpp');
  writeFileSync(
    source,
    `#include <cstdio>\n#include <stdexcept>\n#include <string>\n#include <map>\n
    int main() {
      std::map<int, std::string> map;
      for (int i = 0; i < 1000; ++i) map[i] = std::string(100, 'x');
      try { (void)map.at(1000); } catch (const std::out_of_range&) { std::puts("caught"); }
      std::printf("%zu\\n", map.size());
    }\n`,
  );
  for (const flags of [
    ['-O3', '-fexceptions'],
    ['-Oz', '-flto', '-fwasm-exceptions', '-sALLOW_MEMORY_GROWTH'],
  ]) {
    await run('em++', [source, ...flags, '-sMALLOC=none', archive, '-o', 'variant.js'], inWork);
    assert.equal(await outputOf('variant.js'), 'caught\n1000\n', flags.join(' '));
  }
}

async function refusals() {
  const toPrefix = [inPrefix, '-S', 'project'];
  assert.match(await refusedConfiguration(toPrefix), /is built for WebAssembly: configure the project with emcmake/);
  const emscripten = join(loadEnvironment().TIDEMARK_EMSCRIPTEN, 'cmake/Modules/Platform/Emscripten.cmake');
  assert.match(
    await refusedConfiguration([...toPrefix, `-DCMAKE_TOOLCHAIN_FILE=${emscripten}`, '-DEMSCRIPTEN_VERSION=3.1.69']),
    /emcc is Emscripten 3\.1\.69, and \d+\.\d+\.\d+ or later is needed/,
  );
  const toolchain = `-DCMAKE_TOOLCHAIN_FILE=${root}/toolchain/cmake/emscripten.cmake`;
  assert.match(
    await refusedConfiguration([...toPrefix, toolchain, '-DWANTED_VERSION=99']),
    /compatible with requested version "99"/,
  );
  assert.match(
    await refusedConfiguration(['-S', root, '-DTIDEMARK_OPTIMIZE=O2']),
    /TIDEMARK_OPTIMIZE is O2; it may be O3 or Oz/,
  );
  assert.match(
    await refusedConfiguration(['-S', root, `-DTIDEMARK_GOOGLETEST=${work}/none`]),
    /GoogleTest's sources are not in .*Run toolchain\/setup/,
  );

  // A PATH with nothing on it but what CMake needs to come as far as the toolchain file.
  const bin = join(work, 'bin');
  mkdirSync(bin);
  for (const program of ['cmake', 'ninja']) {
    const { stdout } = await run('bash', ['-c', `command -v ${program}`], inWork);
    symlinkSync(stdout.trim(), join(bin, program));
  }
  const wasm = ['-S', root, toolchain];
  assert.match(
    await refusedConfiguration(wasm, { ...loadEnvironment(), PATH: bin }),
    /emcc is not on PATH\. Run toolchain\/setup once, then `source toolchain\/env\.sh`/,
  );

  const old = join(work, 'old');
  mkdirSync(join(old, 'cmake/Modules/Platform'), { recursive: true });
  writeFileSync(join(old, 'cmake/Modules/Platform/Emscripten.cmake'), 'set(EMSCRIPTEN_VERSION 3.1.6)\n');
  writeFileSync(join(old, 'emcc'), '#!/bin/sh\n');
  chmodSync(join(old, 'emcc'), 0o755);
  assert.match(
    await refusedConfiguration(wasm, { ...loadEnvironment(), PATH: `${old}${delimiter}${bin}` }),
    /is Emscripten 3\.1\.6; \d+\.\d+\.\d+ or later is needed/,
  );
}

async function npmPackage() {
  const { stdout } = await run('npm', ['pack', '--workspace', 'web', '--json', '--pack-destination', work], {
    capture: true,
  });
  const [{ filename, files }] = JSON.parse(stdout);
  const paths = files.map(({ path }) => path);
  for (const path of ['README.md', 'LICENSE', 'dist/index.js', 'dist/index.d.ts']) {
    assert.ok(paths.includes(path), `${path} is not in the package`);
  }
  assert.deepEqual(
    paths.filter((path) => !/^(README\.md|LICENSE|package\.json|dist\/.*)$/.test(path)),
    [],
  );

  const checker = (path, ...args) => run(process.execPath, [join(root, 'node_modules', path), ...args], inWork);
  await checker('publint/src/cli.js', 'run', join(work, filename), '--strict');
  const entries = ['--profile', 'esm-only', '--exclude-entrypoints', 'tidemark.wasm'];
  await checker('@arethetypeswrong/cli/dist/index.js', join(work, filename), ...entries);

  const consumer = join(work, 'consumer');
  const inConsumer = { cwd: consumer, capture: true };
  cpSync(join(root, 'tests/package/consumer.ts'), join(consumer, 'consumer.ts'));
  writeFileSync(join(consumer, 'package.json'), '{ "private": true, "type": "module" }\n');
  await run('npm', ['install', '--offline', '--no-audit', '--no-fund', join(work, filename)], inConsumer);
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  const options = ['--strict', '--module', 'nodenext', '--target', 'es2022'];
  await run(process.execPath, [compiler, ...options, 'consumer.ts'], inConsumer);
  const { liveBlocks, refusal } = await import(pathToFileURL(join(consumer, 'consumer.js')).href);
  const { default: createProgram } = await import(pathToFileURL(join(root, 'build/wasm/web/linked.mjs')).href);
  const program = await createProgram();
  const before = liveBlocks(program);
  program._hold(10);
  assert.equal(liveBlocks(program), before + 1);
  assert.equal(refusal(), 'invalid-module');
}

await main(async () => {
  try {
    await test('the installed files', installedFiles);
    await test('find_package(tidemark) from C and C++', cmakePackage);
    await test('tidemark::runtime from C and C++', cmakeRuntime);
    await test('tidemark/manager.h in a program of C++ alone', managerWithoutJavaScript);
    await test('--use-port=tidemark.py, with and without the runtime, from C and C++', emscriptenPort);
    await test('the port of another Emscripten, and in another place', portElsewhere);
    await test('the small malloc, chosen and by default with -Oz and -Os', smallMalloc);
    await test('emcc app.c -sMALLOC=none libtidemark.a', commandLine);
    await test('the archive alone is refused in a program with threads', threadsAreRefused);
    await test('pkg-config from C and C++', pkgConfig);
    await test('with both kinds of exceptions, and link-time optimisation', commandLineVariants);
    await test('examples of the guides in C and C++', examplesOfTheGuides);
    await test('each header by itself, in C99 to C23 and C++17 to C++23', headersAlone);
    await test('what cannot be configured is refused with a reason', refusals);
    await test('the npm package, packed and installed', npmPackage);
    await test('what an import of the npm package loads', () => sizeOfImport(join(work, 'consumer')));
    await test('a bundle of one component, without the others', () => oneComponent(join(work, 'consumer'), outputOf));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  console.log(`${results.passed} passed, ${results.failed} failed`);
  return results.failed > 0 ? 1 : 0;
});
