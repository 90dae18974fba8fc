// The pretend chat of the demo shop.
// The vendor loads when load() is called, and things happen in its chat when happen() is.
function load() {}
function happen() {
  const tell = (n, d = {}) => fire(document, 'demochat:' + n, d);
  tell('shown');
  tell('opened');
  tell('started');
  tell('message', {role: 'visitor'});
  tell('message', {role: 'bot'});
  tell('agent_joined');
  tell('message', {role: 'agent'});
  tell('rated', {score: 4});
  tell('ended');
  tell('offline_form')
}
