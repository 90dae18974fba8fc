/** Chatwoot tells what happens by events on window. message_type: 0 visitor, 1 agent or bot, 2 activity, 3 template. */
import { VISITOR, listen, message, speaker } from './common.js';

/** @type {any} */
const w = window;

export const chatwoot = () => {
  const say = speaker('chatwoot', (visitor) => w.$chatwoot.setCustomAttributes({ [VISITOR]: visitor }));
  listen(window, {
    'chatwoot:ready': () => say('chat_shown'),
    'chatwoot:opened': () => say('chat_opened'),
    'chatwoot:on-start-conversation': () => say('chat_started'),
    'chatwoot:on-message': (detail) => {
      const type = detail && detail.message_type;
      if (type === 0) message(say, 'visitor');
      if (type === 1) message(say, /bot/i.test(detail.sender_type || (detail.sender || {}).type) ? 'bot' : 'agent');
      if (type === 3) message(say, 'bot');
    },
  });
};
