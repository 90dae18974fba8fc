/**
 * Intercom documents `ready` and `onShow` and no event for messages, so its chats are known as shown and opened. While
 * its snippet still queues calls, a listener of the page is joined with ours instead of being put beside it.
 */
import { guard } from '../src/env.js';
import { VISITOR, speaker, whenFound } from './common.js';

/** @type {any} */
const w = window;

export const intercom = () => {
  const say = speaker('intercom', (visitor) => w.Intercom('update', { [VISITOR]: visitor }));
  whenFound(
    () => typeof w.Intercom == 'function' && w.Intercom,
    (found) => {
      const opened = guard(() => say('chat_opened'));
      const queued = Array.isArray(found.q) && Array.from(found.q).find((call) => call[0] == 'onShow');
      if (queued) {
        const theirs = queued[1];
        queued[1] = function () {
          opened();
          return theirs.apply(this, arguments);
        };
      } else found('onShow', opened);
      found('ready', guard(() => say('chat_shown')));
    }
  );
};
