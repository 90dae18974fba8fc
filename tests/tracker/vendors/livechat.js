// LiveChat: any number of listeners, queued until the widget has loaded.
// The vendor loads when load() is called, and things happen in its chat when happen() is.
const queue = [], on = {}; var LiveChatWidget = {_h: null, on(n, f) { this._h ? this._h(n, f) : queue.push([n, f]) }};
LiveChatWidget.on('new_event', () => theirs.push('event'));
function load() { LiveChatWidget._h = (n, f) => (on[n] = on[n] || []).push(f); queue.forEach(c => LiveChatWidget._h(...c)) }
function happen() {
  const tell = (n, d) => (on[n] || []).forEach(f => f(d));
  tell('ready', {state: {}});
  tell('visibility_changed', {visibility: 'minimized'});
  tell('new_event', {type: 'message', author: {type: 'agent'}, greeting: {id: 1}});
  tell('visibility_changed', {visibility: 'maximized'});
  tell('customer_status_changed', {status: 'chatting'});
  tell('new_event', {type: 'message', author: {type: 'customer'}});
  tell('new_event', {type: 'file', author: {type: 'agent'}});
  tell('form_submitted', {type: 'prechat'});
  tell('rating_submitted', 'bad');
  tell('rating_submitted', 'none');
  tell('customer_status_changed', {status: 'browsing'});
  tell('form_submitted', {type: 'ticket'})
}
