/**
 * What all adapters share. They listen to what each vendor documents and say it in one vocabulary (SEMANTICS 10); they
 * never read what is written in a chat, and never take the place of a callback that the page set itself.
 */
import { guard } from '../src/env.js';

/** @type {any} */
const w = window;

/** Early calls wait for the core, whichever script comes first (A7.7). */
w.desireline =
  w.desireline ||
  function () {
    (w.desireline.q = w.desireline.q || []).push([arguments, Date.now(), location.href]);
  };

/** @typedef {(name: string, props?: Record<string, any>) => void} Say */

/**
 * Says what happened in the chat of `provider`. A chat starts once, until it ends.
 * @param {string} provider
 * @returns {Say}
 */
export const speaker = (provider) => {
  let started = false;
  /** @type {Say} */
  const say = (name, props) => {
    if (name == 'chat_started') {
      if (started) return;
      started = true;
    }
    if (name == 'chat_ended') started = false;
    w.desireline('track', name, { ...props, provider });
  };
  return say;
};

/** A visitor's message starts a chat where the vendor has no event for that. @param {Say} say @param {string} role */
export const message = (say, role) => {
  if (role == 'visitor') say('chat_started');
  say('chat_message', { role });
};

/**
 * Looks for a vendor that may load later: every half second for five minutes, which costs one property read each.
 * @param {() => any} find
 * @param {(found: any) => void} then
 */
export const whenFound = (find, then) => {
  let left = 600;
  const look = guard(() => {
    const found = find();
    if (found) then(found);
    else if (left--) setTimeout(look, 500);
  });
  look();
};

/** @param {EventTarget} target @param {Record<string, (detail: any) => void>} handlers */
export const listen = (target, handlers) =>
  Object.keys(handlers).forEach((name) =>
    target.addEventListener(
      name,
      guard((event) => handlers[name](event.detail))
    )
  );
