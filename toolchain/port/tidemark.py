"""Tidemark as an Emscripten port, installed to share/tidemark beside lib/ and include/.

  emcc … --use-port=PREFIX/share/tidemark/tidemark.py               Tidemark's malloc
  emcc … --use-port=PREFIX/share/tidemark/tidemark.py:harden=true   the same, looking for more mistakes
  emcc … --use-port=PREFIX/share/tidemark/tidemark.py:small=true    the same in half of the code
  emcc … --use-port=PREFIX/share/tidemark/tidemark.py:runtime=true  and Module.tidemark: shrink, compact, statistics,
                                                                    and all that tidemark/attach talks to

With -Oz or -Os on the command line that links, the malloc alone is the small one, unless small=false says otherwise.
With -msimd128 on the command line that links, the runtime has SIMD too.
"""

import glob
import os
import re
import sys

from tools import system_libs
from tools.settings import settings as link_settings
from tools.settings import user_settings
from tools.utils import exit_with_error, path_from_root

OPTIONS = {
    'runtime': 'link the shrink runtime too, Module.tidemark (default: false)',
    'simd': 'with the runtime: search for leaks with SIMD (default: true where -msimd128 is on the command line)',
    'small': 'a malloc in half of the code; not with the runtime or harden (default: true where linked with -Oz or -Os)',
    'harden': 'canaries, quarantine, fill on free, random places; not with the runtime (default: false)',
}

LICENSE = 'MIT'
LEAST_EMSCRIPTEN = '6.0.5'  # as toolchain/versions has it

share = os.path.dirname(os.path.abspath(__file__))
prefix = os.path.dirname(os.path.dirname(share))
opts = {'runtime': False, 'simd': False, 'harden': False, 'small': None}
embind = []  # its archive, which Emscripten adds for -lembind only


def needed(settings):
  return False


def add_libraries(paths):
  link_settings.JS_LIBRARIES += [path for path in paths if path not in link_settings.JS_LIBRARIES]


def require_emscripten():
  with open(path_from_root('emscripten-version.txt')) as file:
    version = file.read().strip().strip('"')
  numbers = [[int(number) for number in re.findall(r'\d+', text)[:3]] for text in (version, LEAST_EMSCRIPTEN)]
  if numbers[0] < numbers[1]:
    exit_with_error(f'tidemark.py: emcc is Emscripten {version}, and {LEAST_EMSCRIPTEN} or later is needed')


def handle_options(options, error_handler):
  has_simd = bool({'-msimd128', '-mrelaxed-simd'} & {*sys.argv, *os.environ.get('EMCC_CFLAGS', '').split()})
  for name in opts:
    if name == 'small' and name not in options:
      opts[name] = None  # the level of optimisation says it, which is not known yet
      continue
    default = 'true' if name == 'simd' and has_simd else 'false'
    value = options.get(name, default).lower()
    if value not in {'true', 'false'}:
      error_handler(f'{name}={value}: true or false is expected')
    opts[name] = value == 'true'
  if opts['runtime'] and opts['harden']:
    error_handler('harden=true does not go with runtime=true')
  if opts['small'] and (opts['runtime'] or opts['harden']):
    error_handler('small=true does not go with runtime=true or harden=true')
  if opts['runtime']:
    link_settings.EMBIND = 1
    add_libraries([path_from_root('src/lib', name) for name in ['libembind.js', 'libemval.js']])
    add_libraries(sorted(glob.glob(os.path.join(glob.escape(share), '*.js'))))


def process_args(ports):
  return ['-isystem', os.path.join(prefix, 'include')]


def linker_setup(ports, settings):
  if not os.path.isfile(os.path.join(prefix, 'lib', 'libtidemark.a')):
    exit_with_error(f'tidemark.py: there is no {prefix}/lib/libtidemark.a: the port works where `cmake --install` has put it, in share/tidemark of the prefix')
  if settings.PTHREADS or settings.SHARED_MEMORY or settings.WASM_WORKERS:
    exit_with_error('tidemark.py: Tidemark does not work with threads (-pthread, -sSHARED_MEMORY, -sWASM_WORKERS)')
  if settings.MEMORY64:
    exit_with_error('tidemark.py: Tidemark works with addresses of 32 bits: leave -sMEMORY64 out')
  if user_settings.get('MALLOC', 'none') != 'none':
    exit_with_error(f'tidemark.py: -sMALLOC={user_settings["MALLOC"]} is another malloc: leave it out')
  if settings.USE_ASAN or settings.USE_LSAN:
    exit_with_error('tidemark.py: the address and leak sanitizers (-fsanitize=address, -fsanitize=leak) bring a malloc of their own: leave Tidemark out, or use harden=true instead of them')
  if opts['runtime'] and settings.MAIN_MODULE == 1:
    # So does tidemark.js, but after Emscripten has made its libraries for it, which takes minutes.
    exit_with_error('tidemark.py: the shrink runtime does not work with -sMAIN_MODULE=1, which links every archive as a whole: leave runtime=true out, or use -sMAIN_MODULE=2')
  settings.MALLOC = 'none'
  if opts['small'] is None:
    opts['small'] = settings.SHRINK_LEVEL > 0 and not opts['runtime'] and not opts['harden']
  if opts['runtime']:
    settings.LINK_AS_CXX = True  # a program in C with -sSTRICT has no C++ library else, which Embind needs
    embind[:] = [system_libs.Library.get_usable_variations()['libembind'].build()]


def get(ports, settings, shared):
  # In the order of the linker, backwards: Emscripten turns it round.
  names = ['libtidemark.a']
  if opts['runtime']:
    if opts['simd']:
      names.append('libtidemark_simd.a')
    names.append('libtidemark_js.a')
  if opts['small']:
    names.append('libtidemark_small.a')
  if opts['harden']:
    names.append('libtidemark_hardened.a')
  return embind + [os.path.join(prefix, 'lib', name) for name in names]


def clear(ports, settings, shared):
  pass


def show():
  return 'tidemark (--use-port=PREFIX/share/tidemark/tidemark.py; MIT license)'


# Here, because nothing else of a port is called before libraries are taken for granted where it is used without options. A
# setting on the command line still goes first.
require_emscripten()
add_libraries([os.path.join(share, 'growth.js')])
