// Small things that every page may use: copying a text, one menu open at a time, what was opened stays open, where
// one is stands in sight, tables that a narrow window has no room for stand as cards, and paper shows what the screen folds.
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

// Where the navigation is longer than the window, the page that is shown is in sight.
const side = document.querySelector('.side');
const here = side?.querySelector('[aria-current]');
if (here && here.offsetTop + here.offsetHeight > side.clientHeight) side.scrollTop = here.offsetTop - side.clientHeight / 2;

// On paper nothing can be opened: tables under plots and the like are opened for it, the question and menus are not. A
// dashboard is a page to look at, and stays as it is.
let opened = [];
addEventListener('beforeprint', () => {
  opened = [...document.querySelectorAll('main details:not([open], .menu, .more-columns, .tile *, .asked, .asked-who, .event *, .fold *)')];
  for (const details of opened) details.open = true;
});
addEventListener('afterprint', () => {
  for (const details of opened) details.open = false;
});

const TALLEST = 120;
const CARDS = 8;
const narrow = matchMedia('screen and (max-width: 48rem)');

// Each cell is told its heading, which stands before it where the table is folded.
function label(table) {
  const heads = [...table.querySelectorAll('thead tr:last-child > *')].map((head) =>
    head.querySelector('.visually-hidden') ? '' : head.textContent.trim(),
  );
  for (const row of table.tBodies[0]?.rows ?? []) {
    [...row.cells].forEach((cell, at) => {
      cell.dataset.label = heads[at] ?? '';
      cell.classList.toggle('nothing-said', at > 0 && !cell.children.length && ['', '–'].includes(cell.textContent.trim()));
      cell.classList.toggle('wide-cell', cell.textContent.trim().length > 14);
    });
  }
}

// Too wide for its place, or so narrow in a column that its words make a tower.
const cramped = (wrap, table) =>
  wrap.scrollWidth > wrap.clientWidth + 1 || [...table.rows].some((row) => row.offsetHeight > TALLEST);

// Of many cards the first are shown, the others to whoever asks for them.
function cut(wrap, table) {
  if (!wrap.dataset.all || 'whole' in wrap.dataset || table.tBodies[0].rows.length < CARDS + 3) return;
  const more = document.createElement('button');
  more.type = 'button';
  more.className = 'btn btn-quiet all-rows no-print';
  more.textContent = wrap.dataset.all;
  more.addEventListener('click', () => {
    wrap.dataset.whole = '';
    fold(wrap);
  });
  table.classList.add('cut');
  wrap.after(more);
}

function fold(wrap) {
  const table = wrap.querySelector('table.data');
  if (!table) return;
  table.classList.remove('folded', 'cut');
  if (wrap.nextElementSibling?.matches('.all-rows')) wrap.nextElementSibling.remove();
  if (!narrow.matches || !cramped(wrap, table)) return;
  label(table);
  table.classList.add('folded');
  cut(wrap, table);
}

// What is read after the answer takes its room on a narrow window when it is asked for.
if (narrow.matches) for (const details of document.querySelectorAll('details.roomy')) details.open = false;

const foldAll = () => document.querySelectorAll('.table-wrap').forEach(fold);
foldAll();
let width = innerWidth;
addEventListener('resize', () => {
  if (width !== innerWidth) foldAll();
  width = innerWidth;
});
// A table inside of what was closed has no width before, and one that was put in anew is not folded yet.
document.addEventListener('toggle', (event) => event.target.querySelectorAll?.('.table-wrap').forEach(fold), true);
document.addEventListener('fresh', foldAll);
