// A pretend live chat. It tells the page what happens by events on `document`, as chat vendors' widgets do.
(() => {
  "use strict";
  const tell = (name, detail = {}) => document.dispatchEvent(new CustomEvent("demochat:" + name, { detail }));
  const make = (tag, attributes, ...children) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  };
  const ANSWERS = [
    "Good question! Most people start with the Cup plan and change later: you can do that any month.",
    "We roast on Tuesdays and post on Wednesdays, so it reaches you within the week.",
    "If it is not your taste, tell us and the next bag is on us.",
    "Anything else I can pour you?",
  ];
  let started = false, joined = false, said = 0, closed = false;

  const log = make("div", { class: "chat-log", role: "log", "aria-live": "polite", "aria-label": "Conversation", tabindex: "0" });
  const text = make("input", { id: "chat-text", "aria-label": "Your message", autocomplete: "off", maxlength: "500", placeholder: "Ask about beans, plans, posting" });
  const send = make("button", { type: "button", id: "chat-send" }, "Send");
  const close = make("button", { type: "button", class: "quiet", id: "chat-close", "aria-label": "Close chat" }, "Close");
  const end = make("button", { type: "button", class: "quiet", id: "chat-end" }, "End chat");
  const note = make("button", { type: "button", class: "quiet", id: "chat-note" }, "Leave a note instead");
  const write = make("div", { class: "chat-write" }, text, send);
  const more = make("div", { class: "chat-more" }, end, note);
  const panel = make("div", { class: "chat", role: "dialog", "aria-label": "Chat with Harbour Coffee", hidden: "" },
    make("div", { class: "chat-head" }, make("h2", {}, "Ask the roastery"), close), log, write, more);
  const launcher = make("button", { type: "button", class: "chat-launcher", id: "chat-open", "aria-expanded": "false" }, "Chat with us");

  const line = (who, words) => {
    log.append(make("p", { class: who }, words));
    log.scrollTop = log.scrollHeight;
  };
  const reply = (role, words, wait) => setTimeout(() => {
    if (closed) return;
    if (role === "agent" && !joined) {
      joined = true;
      line("note", "Mara from the roastery joined");
      tell("agent_joined", { agent: "Mara", team: "roastery" });
    }
    line(role, words);
    tell("message", { role });
  }, wait);

  const open = (show) => {
    panel.hidden = !show;
    launcher.setAttribute("aria-expanded", String(show));
    if (show) {
      tell("opened");
      if (!log.childElementCount) line("note", "We usually answer within a minute.");
      text.focus();
    } else launcher.focus();
  };
  const speak = () => {
    const words = text.value.trim();
    if (!words || closed) return;
    text.value = "";
    if (!started) { started = true; tell("started"); }
    line("visitor", words);
    tell("message", { role: "visitor" });
    if (said === 0) reply("bot", "Thanks! Someone from the roastery will be right with you.", 300);
    reply("agent", ANSWERS[Math.min(said, ANSWERS.length - 1)], said ? 700 : 1500);
    said += 1;
  };
  const rate = () => {
    const row = make("div", { class: "chat-more", role: "group", "aria-label": "Rate this chat from 1 to 5" }, "How was it?");
    for (let score = 1; score <= 5; score += 1) {
      const star = make("button", { type: "button", class: "quiet", "aria-label": score + " of 5" }, String(score));
      star.addEventListener("click", () => { tell("rated", { score }); row.replaceChildren("Thank you!"); close.focus(); });
      row.append(star);
    }
    more.replaceWith(row);
    row.querySelector("button").focus(); // the button that had it is gone
  };
  const leaveNote = () => {
    const field = make("textarea", { id: "chat-note-text", "aria-label": "Your note", rows: "3", maxlength: "1000" });
    const post = make("button", { type: "button", id: "chat-note-send" }, "Send note");
    const box = make("div", {}, field, post);
    write.replaceWith(box);
    note.hidden = true;
    field.focus();
    post.addEventListener("click", () => {
      if (!field.value.trim()) return;
      tell("offline_form");
      box.replaceChildren("Thank you, we will write back.");
    });
  };

  launcher.addEventListener("click", () => open(panel.hidden));
  close.addEventListener("click", () => open(false));
  panel.addEventListener("keydown", (event) => { if (event.key === "Escape") open(false); });
  send.addEventListener("click", speak);
  text.addEventListener("keydown", (event) => { if (event.key === "Enter") speak(); });
  note.addEventListener("click", leaveNote);
  end.addEventListener("click", () => {
    if (!started || closed) return;
    closed = true;
    line("note", "The chat has ended");
    write.hidden = true;
    tell("ended");
    rate();
  });
  document.body.append(panel, launcher);
  tell("shown");
})();
