// JivoChat: functions of the page, called by name.
// The vendor loads when load() is called, and things happen in its chat when happen() is.
function jivo_onOpen() { theirs.push('open'); return 7 }
function load() { window.jivo_api = {} }
function happen() {
  const tell = (n, ...a) => window['jivo_on' + n] && window['jivo_on' + n](...a); window.answer = tell('Open');
  tell('ClientStartChat');
  tell('MessageSent');
  tell('Accept');
  tell('MessageReceived');
  tell('CallStart');
  tell('CallEnd', {result: 'ok'})
}
