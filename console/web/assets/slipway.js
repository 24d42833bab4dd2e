// Keeps a page up to date: it is read anew after each event of the stream that it names, and every so many seconds, and what
// differs is changed in place. Without this, everything can be read and done by loading the page again.
(() => {
  "use strict";

  const main = document.getElementById("content");
  const light = document.getElementById("live");
  let stream = main.dataset.live;
  const atMost = 250; // milliseconds between two readings
  let every = Number(main.dataset.every || 0) * 1000;
  const kinds = (main.dataset.kinds || "").split(" ");
  if (!every) return;

  let source = null;
  let timer = 0;
  let reading = false;
  let again = false;

  const tell = (on) => {
    light.className = on ? "live on" : "live off";
    light.textContent = on ? light.dataset.liveText : light.dataset.awayText;
  };

  // busy tells that somebody is about to send a form, which is not to change under their hands.
  const busy = () => main.contains(document.activeElement) && document.activeElement.matches("input, select, textarea");

  const read = async () => {
    if (reading) {
      again = true;
      return;
    }
    reading = true;
    clearTimeout(timer);
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" }, redirect: "manual", cache: "no-store" });
      if (answer.type === "opaqueredirect") { // the session has ended: nobody is to go on reading what is shown
        location.reload();
        return;
      }
      if (answer.ok && !busy()) {
        const next = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("content");
        Idiomorph.morph(main, next.innerHTML, { morphStyle: "innerHTML", ignoreActiveValue: true });
        if (!next.dataset.live) { // nothing comes any more, also when somebody comes back to it
          stream = "";
          end();
        }
        if (!next.dataset.every) every = 0;
      }
      tell(answer.ok);
    } catch {
      tell(false);
    }
    reading = false;
    if (every) timer = setTimeout(read, again ? atMost : every);
    again = false;
  };

  const end = () => {
    if (source) source.close();
    source = null;
  };

  const begin = () => {
    if (!stream || source) return;
    source = new EventSource(stream);
    source.onopen = () => tell(true);
    source.onerror = () => {
      if (source && source.readyState === EventSource.CLOSED) end();
    };
    for (const kind of kinds) source.addEventListener(kind, read);
  };

  // A page that nobody looks at holds no connection: a browser has few to one address.
  const look = () => {
    if (document.hidden) {
      clearTimeout(timer);
      end();
    } else if (every) {
      begin();
      read();
    }
  };

  document.addEventListener("visibilitychange", look);
  window.addEventListener("pagehide", end);
  begin();
  tell(true);
  timer = setTimeout(read, every);
})();
