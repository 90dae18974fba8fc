// Matcher fields: suggestions from what was really seen, and how many people a matcher finds.
const PAUSE = 200;
const AGAIN = 2000;

function later(run) {
  let timer = 0;
  return (...given) => {
    clearTimeout(timer);
    timer = setTimeout(() => run(...given), PAUSE);
  };
}

async function ask(address, name, text) {
  const url = new URL(address, location.href);
  url.searchParams.set(name, text);
  const answer = await fetch(url, { headers: { Accept: 'application/json' } });
  return { ok: answer.ok, body: await answer.json() };
}

// The whole list is written anew on each answer, so that an old suggestion never stays.
function fill(list, found) {
  list.replaceChildren(
    ...found.map((item) => {
      const option = document.createElement('option');
      option.value = item.matcher;
      option.label = item.label;
      return option;
    }),
  );
}

function wire(field) {
  const list = document.getElementById(field.getAttribute('list'));
  const says = document.getElementById(field.dataset.says);
  const suggest = later(async (text) => {
    const { ok, body } = await ask(field.dataset.suggest, 'q', text);
    if (ok && field.value.trim() === text) fill(list, body.suggestions);
  });
  const check = later(async (text) => {
    const { ok, body } = await ask(field.dataset.match, 'matcher', text);
    if (field.value.trim() !== text) return;
    // Where the server has no time for it just now, nothing is wrong with what was typed.
    const fits = !ok || !body.error;
    says.textContent = body.error ? `${body.error} ${body.hint}` : body.text;
    says.classList.toggle('wrong', !fits);
    field.setAttribute('aria-invalid', String(!fits));
    if (body.again) setTimeout(() => field.value.trim() === text && check(text), AGAIN);
  });
  const react = () => {
    const text = field.value.trim();
    suggest(text);
    if (text && text.includes(':')) check(text);
    else says.textContent = '';
  };
  field.addEventListener('input', react);
  field.addEventListener('focus', () => suggest(field.value.trim()), { once: true });
  if (field.value.trim()) check(field.value.trim());
}

for (const field of document.querySelectorAll('input[data-suggest]')) wire(field);

// A change of a plain choice asks at once; without this script the form's own button does. The panel it stands in
// stays open on the page that answers.
const OPEN = 'asked open';
const panel = document.querySelector('details.asked');
if (panel && sessionStorage.getItem(OPEN) === location.pathname) panel.open = true;
sessionStorage.removeItem(OPEN);
for (const form of document.querySelectorAll('form[data-auto]')) {
  form.addEventListener('change', (event) => {
    if (!event.target.matches('select, input[type="checkbox"]')) return;
    if (event.target.closest('details.asked')) sessionStorage.setItem(OPEN, location.pathname);
    form.requestSubmit();
  });
}
