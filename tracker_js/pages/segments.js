// How many people a segment has, while its conditions are chosen. Without this script a button counts.
const PAUSE = 400;

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
    said.textContent = (await answer.json()).text;
  };
  form.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(count, PAUSE);
  });
}
