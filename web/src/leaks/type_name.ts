// Names of C++ types, as far as the leak detector needs them: mangled names of the Itanium C++ ABI (section 5.1), which type
// information has. Of a shared_ptr's control block it is the type of the object that counts.

/** `app::Node` of `N3app4NodeE`; the text itself where it is nothing that is understood. */
export function typeNameOf(mangled: string): string {
  const object =
    /(?:__shared_ptr_emplace|__shared_ptr_pointer|_Sp_counted_ptr_inplace|_Sp_counted_ptr|_Sp_counted_deleter)I(P?)(.*)$/.exec(
      mangled,
    );
  const name = readName(object?.[2] ?? mangled);
  return name ?? mangled;
}

function readName(text: string): string | null {
  const nested = text.startsWith('N');
  let rest = nested ? text.slice(1).replace(/^[KVr]+/, '') : text;
  const parts: string[] = [];
  for (;;) {
    if (rest.startsWith('St')) {
      parts.push('std');
      rest = rest.slice(2);
      if (!nested) continue;
    }
    if (rest.startsWith('12_GLOBAL__N_1')) {
      rest = rest.slice('12_GLOBAL__N_1'.length);
      continue;
    }
    const length = /^\d+/.exec(rest)?.[0];
    if (length === undefined) break;
    const end = length.length + Number(length);
    if (rest.length < end) return null;
    parts.push(rest.slice(length.length, end));
    rest = rest.slice(end);
    if (rest.startsWith('I')) {
      // A template's arguments are left out, up to where the name goes on or ends.
      parts.push(`${parts.pop() ?? ''}<…>`);
      break;
    }
    if (!nested) break;
  }
  const shown = parts.filter((part) => !/^__[a-z0-9]+$/.test(part) || parts.length === 1);
  return shown.length > 0 ? shown.join('::') : null;
}
