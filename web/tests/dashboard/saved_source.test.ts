import { expect, test } from 'vitest';
import { parse } from '../../src/dashboard/saved_source.js';

test.each(['', '{', 'null', '"The tide rises"', '[]', '{}', '[1, 2]', '{"moduleId": 7}', '{"stats": {}}'])(
  '%s is no report, and is refused by the name of its file',
  (text) => expect(() => parse('poem.json', text)).toThrow('poem.json'),
);
