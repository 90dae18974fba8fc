// The blend builder: one document, three addresses, moved through by the History API.
(() => {
  "use strict";
  const STEPS = ["roast", "body", "grind"];
  const form = document.getElementById("builder");
  const title = document.querySelector("h1");
  const here = () => STEPS.find((step) => location.pathname === "/build/" + step) || STEPS[0];
  const show = (focus) => {
    const step = here();
    for (const part of form.querySelectorAll("fieldset")) part.hidden = part.id !== step;
    for (const link of document.querySelectorAll(".steps a")) {
      if (link.pathname === "/build/" + step) link.setAttribute("aria-current", "step");
      else link.removeAttribute("aria-current");
    }
    document.title = "Build a blend: " + step + " - Harbour Coffee";
    document.getElementById("next").hidden = step === "grind";
    document.getElementById("done").hidden = step !== "grind";
    if (focus) title.focus();
  };
  const go = (step) => { history.pushState({}, "", "/build/" + step); show(true); };
  document.querySelector(".steps").addEventListener("click", (event) => {
    const link = event.target.closest("a");
    if (!link || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    go(link.pathname.split("/").pop());
  });
  document.getElementById("next").addEventListener("click", () => go(STEPS[STEPS.indexOf(here()) + 1]));
  addEventListener("popstate", () => show(true));
  show(false);
})();
