// Keeps the live parts of a page fresh while somebody looks at it: asks for them every few seconds and puts in what
// changed. What was opened stays open, and what had the focus keeps it.
const PERIOD = 5_000;
const LONGEST = 60_000;

let wait = PERIOD;
let timer = 0;
let asking = false;

function parts(root) {
  return [...root.querySelectorAll('[data-live]')];
}

function keyed(part, key) {
  return part.querySelector(`[data-key="${CSS.escape(key)}"]`);
}

// What stands where an element stood: the same link, or the head of the same event.
function twin(part, held) {
  if (!held) return null;
  if (held.matches('a[href]')) return part.querySelector(`a[href="${CSS.escape(held.getAttribute('href'))}"]`);
  const key = held.closest('[data-key]')?.dataset.key;
  return key && keyed(part, key)?.querySelector('summary');
}

function put(part, fresh) {
  const open = [...part.querySelectorAll('[data-key] details[open]')].map((one) => one.closest('[data-key]').dataset.key);
  const held = part.contains(document.activeElement) ? document.activeElement : null;
  part.replaceChildren(...document.adoptNode(fresh).childNodes);
  for (const key of open) {
    const details = keyed(part, key)?.querySelector('details');
    if (details) details.open = true;
  }
  twin(part, held)?.focus({ preventScroll: true });
  document.dispatchEvent(new Event('fresh'));
}

// What the server said last, to leave the page alone where it says the same again.
const said = new Map(parts(document).map((part) => [part.dataset.live, part.innerHTML]));

async function ask(address) {
  const answer = await fetch(address, { headers: { Accept: 'text/html' } });
  // A login that ran out leads elsewhere: then the page stays as it is.
  if (!answer.ok || answer.redirected) throw new Error(`answered ${answer.status}`);
  return new DOMParser().parseFromString(await answer.text(), 'text/html');
}

async function refresh() {
  const addresses = new Set(parts(document).map((part) => part.dataset.from || location.href));
  for (const address of addresses) {
    for (const fresh of parts(await ask(address))) {
      const part = document.querySelector(`[data-live="${CSS.escape(fresh.dataset.live)}"]`);
      if (!part || said.get(fresh.dataset.live) === fresh.innerHTML) continue;
      said.set(fresh.dataset.live, fresh.innerHTML);
      put(part, fresh);
    }
  }
}

async function round() {
  clearTimeout(timer);
  if (asking || document.visibilityState !== 'visible') return;
  asking = true;
  try {
    await refresh();
    wait = PERIOD;
  } catch {
    wait = Math.min(wait * 2, LONGEST); // the collector may be restarting: ask again, less often
  }
  asking = false;
  timer = setTimeout(round, wait);
}

if (said.size) {
  for (const mark of document.querySelectorAll('[data-live-mark]')) mark.hidden = false;
  document.addEventListener('visibilitychange', round);
  timer = setTimeout(round, PERIOD);
}
