/**
 * The optional script of experiments, before the tag and not deferred, so that a page can ask before it shows anything:
 * desireline.assign(name, share, outside, unit) says at once what this browser is shown, desireline.exposed(name) tells
 * the collector, in the moment the choice made a difference. docs/experiments.md
 */
import { guard, loc, now, w } from '../src/env.js';
import { assign } from './assign.js';
import { S, repeated, tidy, unit } from './unit.js';

/** What this page asked for: who is outside of an experiment is not there. @type {Record<string, any>} */
const variants = {};

/** The page's stub, ours, or the tracker. @type {any} */
let inner =
  w.desireline ||
  function () {
    (outer.q = outer.q || []).push([arguments, now(), loc.href]);
  };

/** What a call says about consent counts here too. @param {IArguments} args */
const heed = guard((args) => {
  if (args[0] != 'consent') return;
  S._consent = args[1];
  tidy();
});

/** @type {any} */
const outer = function () {
  heed(arguments);
  return inner.apply(w, arguments);
};

const start = guard(() => {
  (inner.q || []).map((entry) => heed(entry[0]));
  Object.assign(outer, inner, {
    assign: (name, share, outside, user) => {
      guard(() => {
        const id = user || unit();
        variants[name] = id && assign(id, name, share);
      })();
      return (variants[name] || { variant: outside || 'off' }).variant;
    },
    exposed: guard((name) => {
      const told = variants[name];
      if (told && !repeated(name + ':' + told.variant)) outer('track', 'experiment_exposed', told);
    }),
  });
  // The tracker takes the place of the stub; what is asked of it goes through here all the same.
  Object.defineProperty(w, 'desireline', {
    configurable: true,
    get: () => outer,
    set: (fn) => {
      if (fn != outer) inner = fn;
    },
  });
  tidy();
});

// A second copy of this script changes nothing.
if (!w.desireline?.assign) start();
