"use strict";
// Shows a lesson question by question, and keeps the answers in this browser. Without it everything can be read.
(() => {
  const { course, lesson } = document.body.dataset;
  const KEPT = "asyncdemo course " + course;
  const load = () => {
    try {
      const kept = JSON.parse(localStorage.getItem(KEPT));
      return kept && typeof kept === "object" ? kept : {};
    } catch {
      return {};
    }
  };
  const save = (all) => {
    try {
      localStorage.setItem(KEPT, JSON.stringify(all));
    } catch {
      // A browser that keeps nothing: the page works all the same.
    }
  };
  const all = load();
  const has = (answers, key) => Object.hasOwn(answers, key);
  document.documentElement.classList.add("js");
  for (const act of document.querySelectorAll(".act")) act.hidden = false;

  // What is wider than the page can be scrolled with the keys.
  const scrollable = () => {
    for (const box of document.querySelectorAll("pre, .lanes, .scroll")) {
      if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
      else box.removeAttribute("tabindex");
    }
  };
  addEventListener("resize", scrollable);
  addEventListener("toggle", scrollable, true);

  const forget = (what) => {
    document.querySelector(".forget").addEventListener("click", () => {
      what();
      location.reload();
    });
  };

  if (!lesson) {
    for (const item of document.querySelectorAll("[data-of]")) {
      const keys = item.dataset.keys.split(" ").filter(Boolean);
      const answers = all[item.dataset.of] || {};
      const done = keys.filter((key) => has(answers, key)).length;
      if (done) item.querySelector(".progress").textContent = ` · ${done} of ${keys.length} answered`;
      item.classList.toggle("done", done === keys.length);
    }
    forget(() => save({}));
    scrollable();
    return;
  }

  const answers = all[lesson] && typeof all[lesson] === "object" ? all[lesson] : {};
  const steps = [...document.querySelectorAll(".step")];
  const questions = steps.filter((step) => step.dataset.key);
  const inputs = (step) => [...step.querySelectorAll("fieldset input")];

  // Up to the first question that has no answer yet.
  const show = () => {
    let reached = true;
    for (const step of steps) {
      step.hidden = !reached;
      if (step.dataset.key && !has(answers, step.dataset.key)) reached = false;
    }
    document.querySelector(".end").hidden = !reached;
    const done = questions.filter((step) => has(answers, step.dataset.key)).length;
    document.querySelector("header .progress").textContent = ` ${done} of ${questions.length} answered.`;
    scrollable();
  };

  const verdict = (step, answer) => {
    const labels = [...step.querySelectorAll(".choices label")];
    if (answer.text) return "You said: " + answer.text;
    if (!answer.chosen.length) return "You went on without an answer.";
    const judged = labels.some((label) => "judged" in label.dataset);
    const right = labels.every((label, at) => "right" in label.dataset === answer.chosen.includes(at));
    const said = labels.filter((_, at) => answer.chosen.includes(at));
    // Code is called by its letter: it stands right above.
    const called = (label) => label.querySelector(label.querySelector(".words > code:only-child") ? ".letter" : ".words");
    const words = said.map((label) => called(label).textContent.trim()).join("; ");
    return (judged ? (right ? "✓ Right. " : "✗ Not quite. ") : "") + "You said: " + words;
  };

  const reveal = (step, answer) => {
    inputs(step).forEach((input, at) => {
      if (input.type === "text") input.value = answer.text || "";
      else input.checked = answer.chosen.includes(at);
      input.disabled = true;
    });
    step.classList.add("answered");
    step.querySelectorAll(".choices label").forEach((label, at) => {
      label.classList.toggle("right", "right" in label.dataset);
      label.classList.toggle("wrong", answer.chosen.includes(at) && !("right" in label.dataset));
    });
    for (const outcome of step.querySelectorAll(".outcome")) {
      outcome.hidden = !("right" in outcome.dataset || answer.chosen.includes(Number(outcome.dataset.choice)));
    }
    step.querySelector(".act").hidden = true;
    step.querySelector(".said").textContent = verdict(step, answer);
    const told = step.querySelector(".told");
    told.hidden = false;
    told.open = true;
  };

  const answered = (step, answer) => {
    answers[step.dataset.key] = answer;
    // Another page of the course may have kept something meanwhile.
    save({ ...load(), [lesson]: answers });
    reveal(step, answer);
    show();
    step.querySelector(".told > summary").focus();
  };

  for (const step of questions) {
    const answer = () => {
      const chosen = inputs(step).flatMap((input, at) => (input.checked ? [at] : []));
      const text = inputs(step).map((input) => (input.type === "text" ? input.value.trim() : "")).join("");
      if (chosen.length || text) answered(step, { chosen, text });
      else step.querySelector(".said").textContent = "Choose one first. It costs nothing to be wrong.";
    };
    step.querySelector(".answer").addEventListener("click", answer);
    step.querySelector(".skip").addEventListener("click", () => answered(step, { chosen: [], text: "" }));
    step.querySelector("fieldset").addEventListener("keydown", (event) => {
      if (event.key === "Enter" && event.target.tagName === "INPUT") answer();
    });
    const kept = answers[step.dataset.key];
    const usable = kept && Array.isArray(kept.chosen);
    if (usable) reveal(step, kept);
    else {
      delete answers[step.dataset.key];
      step.querySelector(".told").hidden = true;
    }
  }
  forget(() => save({ ...load(), [lesson]: {} }));
  show();
})();
