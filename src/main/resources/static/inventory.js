// Product ids, reasons and errors are untrusted text: they are only ever set as textContent.

const API = 'api/inventory';
const PAGE = 50;
const BACKLOG_EVERY = 2000;
const STREAM_RETRY = 5000;
const LATE_SECONDS = 30;
const PARTS = ['available', 'reserved', 'committed'];

const element = id => document.getElementById(id);
const products = new Map();
let rows = new Map();
let prefix = '';
let next = null;
let loading = 0;
let eventsAreStale = true;
let deadMessages = null;
let deadLetters = null;

const number = new Intl.NumberFormat('en');

function node(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function age(seconds) {
  if (seconds < 60) return `${Math.round(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86400)} d`;
}

function time(iso) {
  const moment = new Date(iso);
  const clock = moment.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', second: '2-digit' });
  const today = moment.toDateString() === new Date().toDateString();
  const made = node('time', '', today ? clock : `${moment.toLocaleDateString([], { day: 'numeric', month: 'short' })}, ${clock}`);
  made.dateTime = iso;
  return made;
}

async function ask(path) {
  let response;
  try {
    response = await fetch(`${API}/${path}`, { cache: 'no-store' });
  } catch {
    throw new Error('The worker cannot be reached.');
  }
  if (response.ok) return response.json();
  const problem = await response.json().catch(() => ({}));
  throw new Error(problem.detail ?? `The worker answers with status ${response.status}.`);
}

function trouble(message) {
  const place = element('trouble');
  const text = message ? `${message} The page may show old data; it tries again.` : '';
  if (place.textContent !== text) place.textContent = text;
  place.hidden = !message;
}

function connection(state, text) {
  const place = element('connection');
  place.dataset.state = state;
  if (place.textContent !== text) place.textContent = text;
}

// Stock

function bar() {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('class', 'bar');
  svg.setAttribute('aria-hidden', 'true');
  for (const part of PARTS) {
    const rect = document.createElementNS('http://www.w3.org/2000/svg', 'rect');
    rect.setAttribute('class', part);
    rect.setAttribute('height', '100%');
    svg.append(rect);
  }
  return svg;
}

function rowOf(stock) {
  const tr = node('tr');
  const name = node('th', '', stock.productId);
  name.scope = 'row';
  const share = node('td', 'share');
  share.append(bar());
  tr.append(name, share, ...PARTS.map(part => node('td', `number ${part}`)));
  return tr;
}

function units(stock) {
  return PARTS.map(part => stock[`${part}Stock`]);
}

function draw(stock, most) {
  const tr = rows.get(stock.productId);
  const percent = count => `${100 * count / most}%`;
  let before = 0;
  units(stock).forEach((count, i) => {
    const rect = tr.querySelectorAll('rect')[i];
    rect.setAttribute('x', percent(before));
    rect.setAttribute('width', percent(count));
    before += count;
    const cell = tr.querySelectorAll('.number')[i];
    cell.textContent = number.format(count);
    cell.classList.toggle('none', PARTS[i] === 'available' && count === 0);
  });
}

function drawAll() {
  const most = Math.max(1, ...Array.from(products.values(), stock => stock.totalStock + stock.committedStock));
  products.forEach(stock => draw(stock, most));
  element('more').hidden = next === null;
  const none = element('no-products');
  none.hidden = products.size > 0;
  none.textContent = prefix ? `No product id begins with “${prefix}”.` : 'There are no products yet. A RestockInventory command makes one.';
}

/** Keeps a state of a product, unless a later one is known. Returns whether it is new. */
function take(stock) {
  const known = products.get(stock.productId);
  if (known && (known.version > stock.version
      || known.version === stock.version && (known.committedAsOf ?? '') >= (stock.committedAsOf ?? ''))) return false;
  products.set(stock.productId, stock);
  return true;
}

async function loadStock(after) {
  const mine = ++loading;
  const page = await ask(`stock?limit=${PAGE}&prefix=${encodeURIComponent(prefix)}&after=${encodeURIComponent(after)}`);
  // Another prefix was typed meanwhile.
  if (mine !== loading) return;
  if (!after) {
    const seen = new Map(page.items.map(stock => [stock.productId, products.get(stock.productId)]));
    products.clear();
    seen.forEach((stock, id) => stock && products.set(id, stock));
    rows = new Map();
    element('products').replaceChildren();
  }
  for (const stock of page.items) {
    take(stock);
    const row = rowOf(stock);
    rows.set(stock.productId, row);
    element('products').append(row);
  }
  next = page.next;
  drawAll();
}

function changed(stock) {
  eventsAreStale = true;
  const row = rows.get(stock.productId);
  if (!row) {
    // A new product, which may belong to the shown part of the list.
    if (stock.version === 1 && next === null && stock.productId.startsWith(prefix)) reload();
    return;
  }
  const before = units(products.get(stock.productId));
  if (!take(stock)) return;
  drawAll();
  if (units(stock).every((count, i) => count === before[i])) return;
  row.classList.remove('changed');
  requestAnimationFrame(() => requestAnimationFrame(() => row.classList.add('changed')));
}

// Work

function atLeast(count, limit) {
  return number.format(count) + (count >= limit ? '+' : '');
}

function tile(id, count, text, limit, bad) {
  const place = element(id);
  place.querySelector('strong').textContent = atLeast(count, limit);
  place.querySelector('small').textContent = text;
  place.toggleAttribute('data-bad', bad);
}

async function loadBacklog() {
  const backlog = await ask('backlog');
  const limit = backlog.countLimit;
  const oldest = (count, seconds) => count ? `oldest ${age(seconds)}` : 'nothing waits';
  tile('outbox', backlog.outbox.unpublished, oldest(backlog.outbox.unpublished, backlog.outbox.oldestAge), limit, backlog.outbox.oldestAge > LATE_SECONDS);
  tile('inbox', backlog.inbox.parked, oldest(backlog.inbox.parked, backlog.inbox.oldestAge), limit, backlog.inbox.oldestAge > LATE_SECONDS);
  tile('summary', backlog.summary.behind, oldest(backlog.summary.behind, backlog.summary.oldestAge), limit, backlog.summary.oldestAge > LATE_SECONDS);
  tile('orders', backlog.orders.waiting, oldest(backlog.orders.waiting, backlog.orders.oldestAge), limit, backlog.orders.waiting > 0);
  deadLetters = backlog.deadLetters;
  drawDead(backlog.dead, limit);
}

/** Counts both the failed messages of the inbox and those in the dead-letter queues of Service Bus. */
function drawDead(dead, limit) {
  const known = deadLetters.sources.filter(({ messages }) => messages !== null);
  const lettered = known.reduce((sum, { messages }) => sum + messages, 0);
  const more = known.some(({ messages }) => messages >= deadLetters.countLimit);
  const unknown = known.length < deadLetters.sources.length;
  const parts = [];
  if (dead.messages) parts.push(`first ${age(dead.oldestAge)} ago`);
  if (lettered) parts.push(`${number.format(lettered)}${more ? '+' : ''} dead-lettered`);
  if (unknown) parts.push('dead letters not known');
  tile('dead', dead.messages + lettered, parts.join(', ') || 'nothing', more ? 0 : limit, dead.messages + lettered > 0 || unknown);
  element('dead-letters').replaceChildren(...deadLetters.sources.filter(({ messages }) => messages !== 0).map(({ source, messages }) => {
    const li = node('li');
    li.append(node('div', 'first', source), node('div', 'second', messages === null ? 'Its dead-letter queue cannot be read.'
      : `${atLeast(messages, deadLetters.countLimit)} in its dead-letter queue`));
    return li;
  }));
  drawNothingGivenUp();
}

function drawNothingGivenUp() {
  element('no-dead-messages').hidden = deadMessages !== 0 || !deadLetters || deadLetters.sources.some(({ messages }) => messages !== 0);
}

const WHAT = {
  InventoryReserved: event => `${event.quantityReserved} of ${event.productId} for order ${event.orderId}, ${event.remainingStock} remain`,
  InventoryInsufficient: event => `${event.requestedQuantity} of ${event.productId} for order ${event.orderId}, ${event.availableStock} available`,
  InventoryReleased: event => `${event.quantityReleased} of ${event.productId} from order ${event.orderId}: ${event.reason}`,
  InventoryCommitted: event => `${event.quantityCommitted} of ${event.productId} for order ${event.orderId}`,
  InventoryRestocked: event => `${event.quantityAdded} of ${event.productId}, ${event.newTotalQuantity} in all`,
  InventoryAdjusted: event => `${event.quantityChange} of ${event.productId}: ${event.reason}`,
};

function item(title, iso, second, why) {
  const li = node('li');
  const first = node('div', 'first');
  first.append(node('span', '', title), time(iso));
  li.append(first, node('div', 'second', second));
  if (why) li.append(node('div', 'why', why));
  return li;
}

async function loadEvents() {
  eventsAreStale = false;
  const { items } = await ask('events?limit=12');
  element('events').replaceChildren(...items.map(event => item(event.type.replace(/^Inventory/, ''), event.createdAt,
    WHAT[event.type]?.(event.body) ?? '', '')));
  element('no-events').hidden = items.length > 0;
}

async function loadDead() {
  const { items } = await ask('dead-messages?limit=12');
  element('dead-messages').replaceChildren(...items.map(message => item(message.messageType, message.deadAt,
    `${message.partitionKey ?? message.messageId}, after ${message.attempts} ${message.attempts === 1 ? 'attempt' : 'attempts'}`, message.error)));
  deadMessages = items.length;
  drawNothingGivenUp();
}

// When

let rounds = 0;

async function refresh() {
  if (!document.hidden) {
    try {
      await loadBacklog();
      if (eventsAreStale || rounds % 5 === 0) await loadEvents();
      if (rounds % 5 === 0) await loadDead();
      rounds++;
      trouble(null);
    } catch (problem) {
      rounds = 0;
      trouble(problem.message);
    }
  }
  setTimeout(refresh, BACKLOG_EVERY);
}

async function reload() {
  try {
    await loadStock('');
  } catch (problem) {
    trouble(problem.message);
    setTimeout(reload, STREAM_RETRY);
  }
}

function listen() {
  const stream = new EventSource(`${API}/stream`);
  stream.onopen = () => {
    connection('live', 'Live');
    // Changes from before the stream was open.
    reload();
  };
  stream.addEventListener('stock', event => changed(JSON.parse(event.data)));
  stream.onerror = () => {
    connection('cut', 'Not live, reconnecting …');
    // After a refusal the browser gives up; after a broken connection it reconnects by itself.
    if (stream.readyState === EventSource.CLOSED) setTimeout(listen, STREAM_RETRY);
  };
}

let typing;
element('filter').addEventListener('submit', event => event.preventDefault());
element('prefix').addEventListener('input', event => {
  clearTimeout(typing);
  typing = setTimeout(() => {
    prefix = event.target.value;
    reload();
  }, 250);
});
element('more').addEventListener('click', () => loadStock(next).catch(problem => trouble(problem.message)));

reload();
refresh();
listen();
