// Small comforts; every page works without them.
document.documentElement.classList.add("js");

document.addEventListener("click", async event => {
  const button = event.target.closest("button[data-copy]");
  if (!button) return;
  const source = document.getElementById(button.dataset.copy);
  const said = button.textContent;
  try {
    await navigator.clipboard.writeText(source.textContent.trim());
    button.textContent = "Copied";
  } catch {
    getSelection().selectAllChildren(source);
    button.textContent = "Selected";
  }
  setTimeout(() => { button.textContent = said; }, 1600);
});

// A second click while a form is on its way sends nothing.
document.addEventListener("submit", event => {
  if (event.submitter?.formTarget === "_blank") return;
  if (event.target.dataset.sent) { event.preventDefault(); return; }
  event.target.dataset.sent = "1";
});
addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach(form => { delete form.dataset.sent; }));

// Times in the reader's own zone; the machine-readable one stays.
for (const time of document.querySelectorAll("time[datetime]")) {
  const at = new Date(time.dateTime);
  if (!Number.isNaN(at.getTime())) time.title = at.toLocaleString(undefined, { dateStyle: "full", timeStyle: "long" });
}

for (const filter of document.querySelectorAll("select[data-submit]")) filter.addEventListener("change", () => filter.form.requestSubmit());

// What happens elsewhere is read again, but not under the hands of somebody who is at a control, marks text or has opened something, nor where nobody looks.
const isBusy = () => document.hidden || !getSelection().isCollapsed || document.activeElement?.matches("a, button, input, select, textarea, summary, pre") || document.querySelector("details[open]");
for (const part of document.querySelectorAll("[data-refresh]")) setInterval(() => { if (!isBusy()) location.reload(); }, part.dataset.refresh * 1000);

// The file is written while it is sent: the answer begins with how many objects it will have, and each begins a line of its own.
for (const link of document.querySelectorAll("a[data-export]")) link.addEventListener("click", async event => {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const shown = document.getElementById(link.dataset.export), bar = shown.querySelector("progress"), said = shown.querySelector("[role=status]");
  if (shown.dataset.busy) return;
  shown.dataset.busy = "1";
  shown.hidden = false;
  try {
    const answer = await fetch(link.href, { redirect: "manual" }), total = Number(answer.headers.get("Configuration-Objects"));
    if (!answer.ok) { location.assign(link.href); return; }
    const parts = [], begin = "\n      {", text = new TextDecoder();
    bar.max = total || 1;
    for (let count = 0, tail = "", reader = answer.body.getReader(), part; !(part = await reader.read()).done;) {
      parts.push(part.value);
      tail += text.decode(part.value, { stream: true });
      count += tail.split(begin).length - 1;
      tail = tail.slice(1 - begin.length);
      bar.value = count;
      said.textContent = `${count} of ${total} objects`;
    }
    const file = document.createElement("a");
    file.href = URL.createObjectURL(new Blob(parts, { type: "application/json" }));
    file.download = link.download;
    file.click();
    setTimeout(() => URL.revokeObjectURL(file.href), 60000);
  } catch {
    said.textContent = "The export broke off. Try again.";
  } finally {
    delete shown.dataset.busy;
  }
});
