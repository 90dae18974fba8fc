/** The pretend chat of the demo shop: events on document. */
import { listen, speaker } from './common.js';

export const demo = () => {
  const say = speaker('demo');
  const role = (detail) => ({ role: (detail && detail.role) || 'visitor' });
  listen(document, {
    'demochat:shown': () => say('chat_shown'),
    'demochat:opened': () => say('chat_opened'),
    'demochat:started': () => say('chat_started'),
    'demochat:message': (detail) => say('chat_message', role(detail)),
    'demochat:agent_joined': ({ agent, team } = {}) => say('chat_agent_joined', { agent, team }),
    'demochat:ended': () => say('chat_ended'),
    'demochat:rated': (detail) => say('chat_rated', { score: detail.score }),
    'demochat:offline_form': () => say('chat_offline_form'),
  });
};
