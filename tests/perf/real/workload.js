// Work as scripts do it: objects and arrays, Map and Set, JSON there and back, strings and regular expressions, closures.
(function (scale) {
  let state = 12345;
  const random = (n) => (state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff) % n;
  let sum = 0;
  const add = (x) => (sum = (sum * 31 + x) % 1000000007);

  function orders(count) {
    const list = [];
    for (let i = 0; i < count; i++) {
      list.push({
        id: i,
        customer: `customer ${random(700)}`,
        lines: Array.from({ length: 1 + random(4) }, () => ({ item: random(1000), price: random(10000) / 100 })),
      });
    }
    const copy = JSON.parse(JSON.stringify(list));
    const byCustomer = new Map();
    for (const order of copy) {
      if (!byCustomer.has(order.customer)) byCustomer.set(order.customer, []);
      byCustomer.get(order.customer).push(order);
    }
    const totals = [...byCustomer].map(([name, all]) => ({
      name,
      total: all.flatMap((order) => order.lines).reduce((total, line) => total + line.price, 0),
    }));
    totals.sort((a, b) => b.total - a.total || (a.name < b.name ? -1 : 1));
    totals.forEach((entry, i) => add(Math.round(entry.total) + i));
  }

  function text(lines) {
    let whole = '';
    for (let i = 0; i < lines; i++) whole += `${i}: key${random(100)} = value ${random(100000)};\n`;
    const keys = new Set();
    for (const [, key, value] of whole.matchAll(/(key\d+) = value (\d+)/g)) keys.add(key + value.slice(-1));
    add(keys.size);
    add(
      whole
        .replace(/value/g, (word) => word.toUpperCase() + random(10))
        .split('\n')
        .map((line) => line.trim())
        .join('').length,
    );
  }

  function tree(depth) {
    if (depth === 0) return { value: random(100) };
    return { left: tree(depth - 1), right: tree(depth - 1), visit: (f) => f(depth) };
  }
  const walk = (node) => node.value ?? node.visit((depth) => depth) + walk(node.left) + walk(node.right);

  for (let i = Math.max(1, Math.floor(8 * scale)); i > 0; i--) {
    orders(2500);
    text(1500);
    add(walk(tree(12)));
  }
  return sum;
});
