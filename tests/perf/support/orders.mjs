// SQLite at work, for what is measured beside it: rounds of ten steps, each of which fills a table and reads all of it; the
// table is emptied after the tenth.
const rowsAStep = 300;
const stepsARound = 10;

/** Of a program of tests/shrink/programs/database.c: a function that does one step, and fails where an answer is wrong. */
export function orders(module) {
  if (!module._open_database()) throw new Error('no database');
  let first = 0;
  return () => {
    if (!module._insert(first, rowsAStep)) throw new Error('insert failed');
    first += rowsAStep;
    if (!module._begin_query()) throw new Error('query failed');
    let row;
    do row = module._next_row();
    while (row >= 0);
    if (row !== -1) throw new Error('wrong row');
    if (first % (rowsAStep * stepsARound) === 0) module._delete_but(2 ** 30);
  };
}
