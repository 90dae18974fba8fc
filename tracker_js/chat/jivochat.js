/**
 * JivoChat calls functions of the page by name when something happens. Each is wrapped, not replaced, and looked at
 * again for a while, because a page may define its own later.
 */
import { guard } from '../src/env.js';
import { message, speaker, whenFound } from './common.js';

/** @type {any} */
const w = window;

export const jivochat = () => {
  const say = speaker('jivochat');
  /** @type {Record<string, (data: any) => void>} */
  const ours = {
    jivo_onOpen: () => say('chat_opened'),
    jivo_onClientStartChat: () => say('chat_started'),
    // the first one only, as documented
    jivo_onMessageSent: () => message(say, 'visitor'),
    jivo_onMessageReceived: () => message(say, 'agent'),
    jivo_onAccept: () => say('chat_agent_joined'),
    jivo_onCallStart: () => say('call_started'),
    jivo_onCallEnd: () => say('call_ended'),
  };
  const wrappers = new Set();

  const wrap = (name) => {
    const theirs = w[name];
    if (wrappers.has(theirs)) return;
    const both = function () {
      guard(ours[name])();
      if (typeof theirs == 'function') return theirs.apply(this, arguments);
    };
    wrappers.add(both);
    w[name] = both;
  };

  whenFound(
    () => w.jivo_api,
    () => {
      say('chat_shown');
      // never "found", so that it looks until its time is over
      whenFound(() => Object.keys(ours).forEach(wrap), guard);
    }
  );
};
