// Crisp: one listener an event, and a queue that a later object takes over.
// The vendor loads when load() is called, and things happen in its chat when happen() is.
var $crisp = []; $crisp.push(['on', 'chat:opened', () => theirs.push('opened')]);
const on = {}; const run = ([verb, name, fn]) => { if (verb == 'on') on[name] = fn; if (verb == 'off') delete on[name] };
function load() { const queue = window.$crisp; window.$crisp = {push(...c) { c.forEach(run) }, is() { return false }}; queue.forEach(run) }
function happen() {
  const tell = (n, d) => on[n] && on[n](d);
  tell('session:loaded', 's');
  tell('chat:opened');
  tell('chat:initiated');
  tell('message:sent', {content: 'my secret'});
  $crisp.push(['on', 'message:received', () => theirs.push('received')]);
  tell('message:received', {content: 'hi', automated: true});
  tell('message:received', {content: 'hello', from: 'operator'});
  $crisp.push(['off', 'chat:opened']);
  tell('chat:opened')
}
