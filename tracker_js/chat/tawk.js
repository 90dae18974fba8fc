/** tawk.to tells every callback of its JavaScript API as an event on window too, so callbacks of the page stay alone. */
import { listen, message, speaker } from './common.js';

export const tawk = () => {
  const say = speaker('tawk.to');
  listen(window, {
    tawkLoad: () => say('chat_shown'),
    tawkChatMaximized: () => say('chat_opened'),
    tawkChatStarted: () => say('chat_started'),
    tawkChatMessageVisitor: () => message(say, 'visitor'),
    tawkChatMessageAgent: () => message(say, 'agent'),
    tawkAgentJoinChat: () => say('chat_agent_joined'),
    tawkChatEnded: () => say('chat_ended'),
    // -1, 0 or 1; told on the five steps that every provider's score is on
    tawkChatSatisfaction: (score) => say('chat_rated', { score: 3 + 2 * score }),
    tawkOfflineSubmit: () => say('chat_offline_form'),
  });
};
