-- Work as scripts do it: records in tables, strings that are built, split and replaced, closures, sorting, and a tree.
local scale = ...
local state = 12345
local function random(n)
  state = (state * 1103515245 + 12345) % 2147483648
  return state // 65536 % n + 1
end

local sum = 0
local function add(x) sum = (sum * 31 + x) % 1000000007 end

local function people(count)
  local list = {}
  for i = 1, count do
    list[i] = { name = 'person ' .. random(5000), age = random(90), tags = { random(9), random(9) }, next = list[i - 1] }
  end
  table.sort(list, function(a, b) return a.age ~= b.age and a.age < b.age or a.age == b.age and a.name < b.name end)
  local by_name = {}
  for _, person in ipairs(list) do
    local same = by_name[person.name]
    if not same then
      same = {}
      by_name[person.name] = same
    end
    same[#same + 1] = person
  end
  for _, person in ipairs(list) do add(#by_name[person.name] + person.tags[1]) end
end

local function text(lines)
  local parts = {}
  for i = 1, lines do parts[#parts + 1] = string.format('%d: key%d = value %d;', i, random(100), random(100000)) end
  local whole = table.concat(parts, '\n')
  local counts = {}
  for key, value in whole:gmatch('(key%d+) = (value %d+)') do counts[key] = (counts[key] or '') .. value:sub(-1) end
  for i = 1, 100 do add(#(counts['key' .. i] or '')) end
  add(#whole:gsub('value', function(word) return word:upper() .. random(10) end))
end

local function tree(depth)
  if depth == 0 then return { value = random(100) } end
  return { left = tree(depth - 1), right = tree(depth - 1), visit = function(f) return f(depth) end }
end
local function walk(node)
  if node.value then return node.value end
  return node.visit(function(depth) return depth end) + walk(node.left) + walk(node.right)
end

for _ = 1, math.max(1, math.floor(10 * scale)) do
  people(4000)
  text(3000)
  add(walk(tree(12)))
end
return sum
