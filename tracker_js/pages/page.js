// Small things that every page may use: copying a text, one menu open at a time, and what was opened stays open.
for (const button of document.querySelectorAll('button[data-copy]')) {
  button.hidden = false;
  button.addEventListener('click', async () => {
    const from = document.getElementById(button.dataset.copy);
    await navigator.clipboard.writeText(from.textContent.trim());
    const said = button.textContent;
    button.textContent = button.dataset.done;
    setTimeout(() => {
      button.textContent = said;
    }, 2000);
  });
}

const menus = [...document.querySelectorAll('details.menu')];
document.addEventListener('click', (event) => {
  for (const menu of menus) if (menu.open && !menu.contains(event.target)) menu.open = false;
});
document.addEventListener('keydown', (event) => {
  if (event.key !== 'Escape') return;
  for (const menu of menus) {
    if (menu.open) {
      menu.open = false;
      menu.querySelector('summary').focus();
    }
  }
});

// What somebody opened or closed stays so on the next page of this browser.
for (const details of document.querySelectorAll('details[data-kept]')) {
  const key = details.dataset.kept;
  const kept = localStorage.getItem(key);
  if (kept && !details.querySelector('[aria-current]')) details.open = kept === 'open';
  details.querySelector('summary').addEventListener('click', () => localStorage.setItem(key, details.open ? 'shut' : 'open'));
}
