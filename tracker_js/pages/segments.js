// How many people a segment has, while its conditions are chosen. Without this script a button counts.
const PAUSE = 400;
const AGAIN = 2000;

for (const form of document.querySelectorAll('form[data-count]')) {
  const said = form.querySelector('output');
  let timer = 0;
  let asked = 0;
  const count = async () => {
    const number = ++asked;
    const rows = new URLSearchParams(new FormData(form));
    rows.delete('csrf_token');
    const answer = await fetch(`${form.dataset.count}?${rows}`, { headers: { Accept: 'application/json' } });
    if (!answer.ok || number !== asked) return;
    const body = await answer.json();
    said.textContent = body.text;
    if (body.again) timer = setTimeout(count, AGAIN);
  };
  form.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(count, PAUSE);
  });
}
