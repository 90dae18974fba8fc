// The live check of the install page: asks every two seconds until the first event is here.
const PERIOD = 2000;
const box = document.querySelector('[data-check]');

async function look() {
  const answer = await fetch(box.dataset.check, { headers: { Accept: 'application/json' } });
  if (!answer.ok) return false;
  const { state, title, text } = await answer.json();
  if (box.dataset.state !== state || box.querySelector('.check-text').textContent !== text) {
    box.dataset.state = state;
    box.querySelector('.check-title').textContent = title;
    box.querySelector('.check-text').textContent = text;
  }
  box.querySelector('.check-next').hidden = state !== 'ok';
  return state === 'ok';
}

async function run() {
  let done = false;
  try {
    done = await look();
  } catch {
    done = false; // the collector may be restarting: the next round asks again
  }
  if (!done) setTimeout(run, PERIOD);
}

if (box && box.dataset.state !== 'ok') run();
