// A report that is still worked on: says how far it is, and shows the answer once it is there.
const PERIOD = 500;
const SLOWER = 1.2;
const SLOWEST = 3000;
const box = document.querySelector('.working[data-state]');

/** Whether to go on asking. */
async function look() {
  const answer = await fetch(box.dataset.state, { headers: { Accept: 'application/json' } });
  if (!answer.ok) {
    // Logged out, most likely: the page itself says so.
    location.reload();
    return false;
  }
  const { state, share, told } = await answer.json();
  if (state === 'stopped') {
    location.replace(box.dataset.stopped);
    return false;
  }
  if (state !== 'working') {
    location.reload();
    return false;
  }
  if (share > 0) box.querySelector('progress').value = share;
  const words = box.querySelector('.working-told');
  if (words.textContent !== told) words.textContent = told;
  return true;
}

async function run(pause) {
  let more = true;
  try {
    more = await look();
  } catch {
    more = true; // the collector may be restarting: the next round asks again
  }
  if (more) setTimeout(run, pause, Math.min(pause * SLOWER, SLOWEST));
}

if (box) run(PERIOD);
