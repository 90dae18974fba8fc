/** Forms: that somebody began, sent, failed or left one, and which field was last. Never a value (A5.1). */
import { d, later, loc, now, on } from './env.js';
import { clicked } from './click.js';
import { FIELD, attr, declared, is, trail } from './dom.js';
import { emit } from './emit.js';
import { tag } from './state.js';

/** @type {Map<any, {_at: number, _last?: string, _fields: Set<string>}>} */
const begun = new Map();
/** fields that one failed attempt found invalid @type {string[]} */
const wrong = [];

/** @param {string} type @param {any} form @param {any} [props] */
const tell = (type, form, props) =>
  is(form, '[data-dl-ignore],[data-dl-ignore] *') ||
  emit(type, {
    name: attr(form, 'id') || attr(form, 'name') || new URL(attr(form, 'action'), loc.href).pathname,
    props,
  });

const field = (el) => attr(el, 'name') || attr(el, 'id') || attr(el, 'type');

const facts = (state) =>
  state && {
    last_field: state._last,
    ms: now() - state._at,
    touched: state._fields.size,
    fields: state._fields.size,
  };

// Browsers fire it for a form that is valid, or that asked not to be checked (A5.3).
const submit = (event) => {
  const form = event.target;
  const state = begun.get(form);
  begun.delete(form);
  if (is(form, '[data-dl-event]')) emit('event', declared(form));
  tell('form', form, facts(state));
};

/** Leaves behind every form that was begun and not sent. */
export const abandon = () => {
  begun.forEach((state, form) => tell('form_abandon', form, facts(state)));
  begun.clear();
};

if (tag.forms != 'off') {
  on(d, 'focusin input', (event) => {
    const el = trail(event)[0];
    // by its form attribute too (A5.6)
    const form = el?.form;
    if (!form || !is(el, FIELD)) return;
    let state = begun.get(form);
    if (!state) {
      // Pages focus fields by themselves; a beginning is what somebody puts in.
      if (event.type != 'input') return;
      begun.set(form, (state = { _at: now(), _fields: new Set() }));
      tell('form_start', form);
      // submit does not leave a shadow root (A5.5)
      if (form.getRootNode() != d) on(form, 'submit', submit);
    }
    state._fields.add((state._last = field(el)));
  });

  on(d, 'submit', submit);

  on(d, 'invalid', (event) => {
    const el = trail(event)[0];
    // Pages also ask for validity while somebody types; only what follows a click is an attempt.
    if (!el?.form || now() - clicked > 500) return;
    wrong.push(field(el));
    // all fields of an attempt are told in one go, and the first timer takes them all
    later(() => wrong[0] && tell('form_failed', el.form, { invalid: wrong.splice(0) }));
  });
}
