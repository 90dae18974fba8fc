// tawk.to: a callback on Tawk_API, and an event on window for each.
// The vendor loads when load() is called, and things happen in its chat when happen() is.
var Tawk_API = {onChatStarted() { theirs.push('started') }}; function load() {}
function happen() { Tawk_API.onChatStarted(); const tell = (n, d) => fire(window, 'tawk' + n, d);tell('Load');
  tell('ChatMaximized');
  tell('ChatStarted');
  tell('ChatMessageVisitor', 'my secret');
  tell('AgentJoinChat', {name: 'Mara'});tell('ChatMessageAgent', 'hello');
  tell('ChatMessageSystem', 'x');
  tell('ChatSatisfaction', 1);
  tell('ChatEnded');
  tell('OfflineSubmit', {email: 'a@b.example'})
}
