// Intercom: a function that queues calls until the real one takes its place.
// The vendor loads when load() is called, and things happen in its chat when happen() is.
const on = {}; var Intercom = function () { Intercom.c(arguments) }; Intercom.q = []; Intercom.c = a => Intercom.q.push(a);
Intercom('onShow', () => theirs.push('show'));
function load() { const queue = Intercom.q; window.Intercom = function (name, fn) { on[name] = fn }; queue.forEach(c => window.Intercom(...c)) }
function happen() { on.ready(); on.onShow()
}
