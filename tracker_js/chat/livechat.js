/** LiveChat (text.com): LiveChatWidget.on takes any number of listeners, also before the widget has loaded. */
import { guard } from '../src/env.js';
import { message, speaker, whenFound } from './common.js';

/** @type {any} */
const w = window;
/** good and bad on the five steps that every provider's score is on; `none` takes a rating back */
const SCORES = { good: 5, bad: 1 };

export const livechat = () => {
  const say = speaker('livechat');
  let chatting = false;
  /** @type {Record<string, (data: any) => void>} */
  const handlers = {
    ready: () => say('chat_shown'),
    visibility_changed: (data) => data.visibility == 'maximized' && say('chat_opened'),
    customer_status_changed: (data) => {
      const now = data.status == 'chatting';
      if (now) say('chat_started');
      else if (chatting && data.status == 'browsing') say('chat_ended');
      chatting = now;
    },
    // a greeting is the site's own, sent to everybody
    new_event: (event) =>
      message(say, event.greeting ? 'bot' : event.author && event.author.type == 'customer' ? 'visitor' : 'agent'),
    rating_submitted: (value) => SCORES[value] && say('chat_rated', { score: SCORES[value] }),
    form_submitted: (form) => (form.type || form) == 'ticket' && say('chat_offline_form'),
  };
  whenFound(
    () => w.LiveChatWidget && w.LiveChatWidget.on && w.LiveChatWidget,
    (widget) => Object.keys(handlers).forEach((name) => widget.on(name, guard(handlers[name])))
  );
};
