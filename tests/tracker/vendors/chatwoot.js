// Chatwoot: events on window.
// The vendor loads when load() is called, and things happen in its chat when happen() is.
function load() { fire(window, 'chatwoot:ready') }
function happen() {
  const tell = (n, d) => fire(window, 'chatwoot:' + n, d);
  tell('opened');
  tell('on-start-conversation', {hasConversation: false});
  tell('on-message', {message_type: 0, content: 'my secret'});
  tell('on-message', {message_type: 3});
  tell('on-message', {message_type: 1, sender_type: 'AgentBot'});
  tell('on-message', {message_type: 2});
  tell('on-message', {message_type: 1, sender: {type: 'user'}});
  tell('closed')
}
