// Without this, the page is a plain form that asks again by itself. With it, nothing is loaded anew, and a vote that
// the network loses is sent again until it has arrived.
(() => {
  "use strict";
  const POLL = document.querySelector("form.host") ? 1000 : 2000;
  const net = document.getElementById("net");
  let newest = 0;
  let timer;

  const say = (words) => {
    if (net.textContent !== words) net.textContent = words;
  };

  const show = (html) => {
    const old = document.getElementById("page");
    const page = new DOMParser().parseFromString(html, "text/html").getElementById("page");
    if (!page || page.outerHTML === old.outerHTML) return;
    const focus = document.activeElement;
    const name = focus && old.contains(focus) ? [focus.tagName, focus.value || ""] : null;
    old.replaceWith(document.adoptNode(page));
    if (!name) return;
    const same = [...page.querySelectorAll(name[0])].find((it) => (it.value || "") === name[1]);
    if (same) same.focus({ preventScroll: true });
  };

  const ask = async (body) => {
    const stop = new AbortController();
    const late = setTimeout(() => stop.abort(), 8000);
    try {
      const answer = await fetch(location.href, {
        method: body ? "POST" : "GET",
        body,
        signal: stop.signal,
        credentials: "same-origin",
      });
      // Told to wait, and not told what the page is.
      if (answer.status === 429 || answer.status === 503) return null;
      return await answer.text();
    } catch {
      return null;
    } finally {
      clearTimeout(late);
    }
  };

  const again = (time) => {
    clearTimeout(timer);
    timer = setTimeout(look, time * (0.8 + 0.4 * Math.random()));
  };

  const look = async () => {
    if (document.hidden) return again(POLL);
    const mine = newest;
    const html = await ask();
    if (mine === newest) {
      if (html !== null) show(html);
      say(html === null ? "No connection. Trying again …" : "");
    }
    again(POLL);
  };

  document.addEventListener("submit", async (event) => {
    event.preventDefault();
    const form = event.target;
    const fields = [...form.querySelectorAll("input")].map((it) => [it.name, it.value]);
    if (event.submitter) fields.push([event.submitter.name, event.submitter.value]);
    const body = new URLSearchParams(fields);
    const mine = ++newest;
    clearTimeout(timer);
    for (let tries = 0; mine === newest; tries += 1) {
      say(tries ? "No connection. Sending it again …" : "");
      const html = await ask(body);
      if (mine !== newest) return;
      if (html !== null) {
        say("");
        show(html);
        break;
      }
      await new Promise((done) => setTimeout(done, Math.min(500 * (tries + 1), 3000)));
    }
    again(POLL);
  });

  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) again(0);
  });
  again(POLL);
})();
