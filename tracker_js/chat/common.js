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

/** The name under which a vendor keeps the visitor for its webhooks (docs/webhooks.md). */
export const VISITOR = 'desireline_visitor';
/** Only where the site says so on the tag is a vendor told who the visitor is. */
const linked = document.currentScript && document.currentScript.hasAttribute('data-webhooks');

/**
 * Says what happened in the chat of `provider`. A chat starts once, until it ends.
 * @param {string} provider
 * @param {(visitor: string) => void} [introduce] gives the vendor the visitor, again when it is another one
 * @returns {Say}
 */
export const speaker = (provider, introduce) => {
  let started = false;
  /** @type {string} */
  let known;
  /** @type {Say} */
  const say = (name, props) => {
    if (linked && introduce)
      w.desireline(
        'visitor',
        guard((id) => id != known && introduce((known = id)))
      );
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
